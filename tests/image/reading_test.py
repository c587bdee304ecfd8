"""Images as roots: what is found in them is what is found in the same tree as a directory.

The oracles are the tree itself, `tar`, `skopeo` and `umoci`, which unpacks layers by image-spec's layer.md on its own.
"""
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import unittest

from support import COMMAND, LATEST, ImageTest, build, refused, run, tree

GZIP, ZSTD = '+gzip', '+zstd'
LAYER = 'application/vnd.oci.image.layer.v1.tar'
PROGRAM = '/usr/bin/sort'


def sha256(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


class Writer:
    """An image layout, written byte by byte as image-layout.md says."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        (self.path / 'blobs/sha256').mkdir(parents=True)
        (self.path / 'oci-layout').write_text('{"imageLayoutVersion":"1.0.0"}')
        self.manifests = []

    def blob(self, data, media_type, **more):
        digest = sha256(data)
        (self.path / 'blobs/sha256' / digest[7:]).write_bytes(data)
        return {'mediaType': media_type, 'digest': digest, 'size': len(data), **more}

    def document(self, value, media_type, **more):
        return self.blob(json.dumps(value).encode(), media_type, **more)

    def image(self, tars, tag='latest', architecture='amd64', pack=None, change=lambda manifest: None, config_change=lambda config: None):
        layers = []
        for data in tars:
            stored, suffix = (data, '') if pack is None else pack(data)
            layers.append(self.blob(stored, LAYER + suffix))
        config = {'architecture': architecture, 'os': 'linux', 'rootfs': {'type': 'layers', 'diff_ids': [sha256(data) for data in tars]}}
        config_change(config)
        manifest = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
                    'config': self.document(config, 'application/vnd.oci.image.config.v1+json'), 'layers': layers}
        change(manifest)
        self.manifests.append(self.document(manifest, manifest['mediaType'], annotations={LATEST: tag} if tag else {}))
        return self.manifests[-1]

    def close(self):
        index = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.index.v1+json', 'manifests': self.manifests}
        (self.path / 'index.json').write_text(json.dumps(index))
        return 'oci:' + str(self.path)


def member(name, content=None, **fields):
    """A file with content; else what the fields say."""
    info = tarfile.TarInfo(name)
    info.mode = 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    if content is not None:
        info.size = len(content)
    return info, content


def folder(name, mode=0o755):
    return member(name, type=tarfile.DIRTYPE, mode=mode)


def link(name, target):
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def tar_of(*members, form=tarfile.PAX_FORMAT):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode='w', format=form) as archive:
        for info, content in members:
            archive.addfile(info, None if content is None else io.BytesIO(content))
    return file.getvalue()


def closure(root, *entries, **more):
    """What `resolve` says, but for the root's name."""
    answer = json.loads(run(COMMAND, 'resolve', '--root', root, '--format', 'json', *entries, **more))
    del answer['root']
    return answer


def carried(test, root, *entries):
    """The tree that `build` writes of the entries; `/` is all there is."""
    out = test.path('carried')
    shutil.rmtree(out, ignore_errors=True)
    build('--root', root, '--times', 'root', '--data', 'none', '--dir', out, *entries)
    return tree(out)


class TreeTest(ImageTest):
    """One tree of a real program, a script, hard links, holes and names of all kinds."""

    def setUp(self):
        super().setUp()
        self.root = self.path('root')
        build('--dir', self.root, PROGRAM, '/usr/bin/xzgrep')
        extra = self.root / 'srv'
        extra.mkdir()
        (extra / 'Főtanúsítvány').write_text('name')
        os.symlink('Főtanúsítvány', extra / 'to-it')
        (extra / ('long' * 50)).mkdir()
        (extra / ('long' * 50) / ('name' * 40)).write_text('long')
        (extra / 'one').write_bytes(random.Random(1).randbytes(3 << 20))
        os.link(extra / 'one', extra / 'two')
        with open(extra / 'holes', 'wb') as file:
            for place in (0, 1 << 20, 5 << 20):
                file.seek(place)
                file.write(b'data at %d' % place)
            file.truncate(9 << 20)
        (extra / 'secret').write_text('not for others')
        os.chmod(extra / 'secret', 0o600)
        for path in [self.root, *self.root.rglob('*')]:  # in whole seconds: writers round what is left in their own ways
            os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)
        self.entries = [PROGRAM, '/usr/bin/xzgrep', *('/srv/' + str(path.relative_to(extra)) for path in sorted(extra.rglob('*')))]
        self.expected = closure(self.root, *self.entries)
        build('--root', self.root, '--tar', self.path('expected.tar'), '--times', 'root', *self.entries)

    def check(self, reference, *options, **more):
        answer = json.loads(run(COMMAND, 'resolve', '--root', reference, *options, '--format', 'json', *self.entries, **more))
        self.assertEqual(answer.pop('root'), str(reference))
        self.assertEqual(answer, self.expected)
        build('--root', reference, *options, '--tar', self.path('actual.tar'), '--times', 'root', *self.entries, **more)
        self.assertEqual(self.path('actual.tar').read_bytes(), self.path('expected.tar').read_bytes(), reference)

    def test_tars_of_every_format_and_compression(self):
        for form in ('gnu', 'posix', 'pax-sparse', 'gnu-sparse'):
            words = ['--format=' + form.split('-')[0].replace('pax', 'posix')] + (['-S'] if 'sparse' in form else [])
            file = self.path(form + '.tar')
            run('tar', '-cf', file, *words, '-C', self.root, '.')
            with self.subTest(form):
                self.check(file)
        run('gzip', '-k', file)
        run('zstd', '-qk', file)
        self.check(f'{file}.gz')
        self.check(f'{file}.zst')
        with self.subTest('several members and frames'):
            data = file.read_bytes()
            pieces = [data[i:i + 3_000_000] for i in range(0, len(data), 3_000_000)]
            self.path('many.tar.gz').write_bytes(b''.join(gzip.compress(piece) for piece in pieces) + bytes(1000))
            self.check(self.path('many.tar.gz'))
            self.path('many.tar.zst').write_bytes(b'\x50\x2a\x4d\x18\x03\0\0\0abc' + b''.join(run('zstd', '-c', input=piece) for piece in pieces))
            self.check(self.path('many.tar.zst'))

    def test_images_of_skopeo_and_umoci(self):
        layout = self.path('layout')
        run('umoci', 'init', '--layout', layout)
        run('umoci', 'new', '--image', f'{layout}:one')
        run('umoci', 'insert', *(['--rootless'] if os.getuid() != 0 else []), '--image', f'{layout}:one', self.root, '/')
        self.check(f'oci:{layout}')
        self.check(f'oci:{layout}:one')
        for kind, file in (('oci-archive', 'oci.tar'), ('docker-archive', 'docker.tar')):
            run('skopeo', 'copy', '-q', f'oci:{layout}:one', f'{kind}:{self.path(file)}')
            with self.subTest(kind):
                self.check(self.path(file))
                run('gzip', '-k', self.path(file))
                self.check(self.path(file + '.gz'))
        run('skopeo', 'copy', '-q', '--dest-compress-format', 'zstd', f'oci:{layout}:one', f'dir:{self.path("zstd")}')
        run('skopeo', 'copy', '-q', f'dir:{self.path("zstd")}', f'oci:{self.path("zstd-layout")}:z')
        self.check(f'oci:{self.path("zstd-layout")}:z')

    def test_a_rule_for_make_names_the_image(self):
        run('tar', '-cf', self.path('root.tar'), '-C', self.root, '.')
        build('--root', self.root, '--oci', self.path('layout'), PROGRAM)
        for reference, file in ((self.path('root.tar'), self.path('root.tar')), (f'oci:{self.path("layout")}:latest', self.path('layout/index.json'))):
            build('--root', reference, '--tar', self.path('out.tar'), '--depfile', self.path('out.d'), PROGRAM)
            self.assertEqual(self.path('out.d').read_text().split(), [f'{self.path("out.tar")}:', '\\', str(file)])

    def test_our_own_images(self):
        for compression in ('none', 'gzip', 'zstd'):
            layout = self.path(compression)
            build('--root', self.root, '--data', 'none', '--times', 'root', '--oci', layout, '--compression', compression, '--layers', 'split', *self.entries)
            with self.subTest(compression):
                again = carried(self, f'oci:{layout}', '/srv', *self.entries)
                self.assertEqual(again, carried(self, self.root, '/srv', *self.entries))

    def test_an_ordinary_user_needs_no_rights(self):
        if os.getuid() != 0:
            self.skipTest('is one already')
        file = self.path('root.tar')
        run('tar', '-cf', file, '-C', self.root, '.')
        os.chmod(file, 0o644)
        os.chmod(self.directory, 0o755)
        home = self.path('home')
        home.mkdir()
        os.chown(home, 65534, 65534)
        command = self.path('rootlet')  # the build's own directory may be nobody's business
        shutil.copy(COMMAND, command)
        as_nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', command]
        run(*as_nobody, 'build', '-q', '--root', file, '--times', 'root', '--tar', home / 'out.tar', *self.entries)
        self.assertEqual((home / 'out.tar').read_bytes(), self.path('expected.tar').read_bytes())


class LayersTest(ImageTest):
    """layer.md, "Applying Changesets", against what umoci unpacks."""

    def stacked(self, *layers):
        writer = Writer(self.path('layout'))
        writer.image([tar_of(*layer) for layer in layers])
        return writer.close()

    def check(self, *layers, expected=None):
        """All that is left of the layers is what umoci leaves of them, or what is expected: paths with content, target or None."""
        reference = self.stacked(*layers)
        if expected is None:
            run('umoci', 'unpack', *(['--rootless'] if os.getuid() != 0 else []), '--image', str(self.path('layout')) + ':latest', self.path('bundle'))
            expected = {'/' + name: self.said(self.path('bundle') / 'rootfs' / name) for name in tree(self.path('bundle') / 'rootfs')}
        found = {}
        names = sorted({'/' + part for name in [info.name for layer in layers for info, _ in layer] + [path[1:] for path in expected]
                        for part in self.parents(name.replace('.wh.', ''))})
        for name in names:
            done = subprocess.run([COMMAND, 'resolve', '--root', reference, '--data', 'none', '--format', 'json', name], capture_output=True)
            if done.returncode != 2:
                out = self.path('one')
                shutil.rmtree(out, ignore_errors=True)
                build('--root', reference, '--data', 'none', '--dir', out, name)
                if os.path.lexists(out / name[1:]):  # else it is found by a link, under another name
                    found[name] = self.said(out / name[1:])
        # An entry is followed where it is a link, and a link to nothing is none.
        self.assertEqual(found, {name: what for name, what in expected.items() if not self.dangles(name, expected)})

    @staticmethod
    def parents(name):
        parts = [part for part in name.split('/') if part not in ('', '.', '..', '..opq', '.opq')]
        return ['/'.join(parts[:i + 1]) for i in range(len(parts))]

    @staticmethod
    def said(path):
        return os.readlink(path) if path.is_symlink() else None if path.is_dir() else path.read_bytes()

    def dangles(self, name, expected):
        target = expected[name]
        return isinstance(target, str) and os.path.normpath(os.path.join(os.path.dirname(name), target)) not in expected

    def test_whiteouts_take_away_what_is_below(self):
        self.check([folder('a'), member('a/kept', b'1'), member('a/gone', b'2'), folder('d'), folder('d/e'), member('d/e/f', b'3')],
                   [folder('a'), member('a/.wh.gone', b''), member('.wh.d', b'')])

    def test_a_whiteout_is_of_lower_layers_only_whatever_the_order(self):
        lower = [folder('a'), member('a/old', b'1'), member('a/both', b'old')]
        self.check(lower, [folder('a'), member('a/both', b'new'), member('a/.wh.both', b''), member('a/.wh.old', b'')],
                   expected={'/a': None, '/a/both': b'new'})

    def test_opaque_directories_hide_what_is_below(self):
        self.check([folder('a'), member('a/old', b'1'), folder('a/b'), member('a/b/c', b'2')], [folder('a'), member('a/.wh..wh..opq', b''), member('a/new', b'3')])

    def test_opaque_is_of_lower_layers_only_whatever_the_order(self):
        self.check([folder('a'), member('a/old', b'1'), folder('a/b'), member('a/b/c', b'2')],
                   [folder('a'), member('a/b/new', b'3'), member('a/.wh..wh..opq', b'')],
                   expected={'/a': None, '/a/b': None, '/a/b/new': b'3'})

    def test_a_whiteout_of_the_same_path_again_and_a_file_after_it(self):
        self.check([member('a', b'1')], [member('.wh.a', b'')], [member('a', b'3')])

    def test_files_directories_and_links_replace_each_other(self):
        self.check([folder('a'), member('a/x', b'1'), member('b', b'2'), folder('c'), member('c/y', b'3'), folder('real'), link('l', 'real')],
                   [member('a', b'now a file'), folder('b'), member('b/x', b'now below'), link('c', 'real'), folder('l'), member('l/z', b'4')])

    def test_the_last_of_several_members_counts(self):
        self.check([member('a', b'1'), member('a', b'2'), member('./a', b'3')], expected={'/a': b'3'})

    def test_names_are_what_they_mean(self):
        self.check([member('./a', b'1'), member('/b', b'2'), member('c//./d', b'3')], expected={'/a': b'1', '/b': b'2', '/c': None, '/c/d': b'3'})

    def test_of_two_images_for_one_platform_none_is_taken(self):
        writer = Writer(self.path('both'))
        writer.image([tar_of(member('v', b'old'))], tag=None)  # as skopeo leaves what had the tag before
        writer.image([tar_of(member('v', b'new'))], tag='latest')
        reference = writer.close()
        self.assertIn('several for linux/amd64', refused('resolve', '--root', reference, '--platform', 'linux/amd64', '/v'))
        build('--root', reference + ':latest', '--dir', self.path('out'), '/v')
        self.assertEqual((self.path('out') / 'v').read_bytes(), b'new')

    def test_one_manifest_named_twice_is_one(self):
        writer = Writer(self.path('twice'))
        writer.manifests.append(writer.image([tar_of(member('v', b'1'))], tag=None))
        self.assertIn(b'/v', run(COMMAND, 'resolve', '--root', writer.close(), '--platform', 'linux/amd64', '--format', 'paths', '/v'))

    def test_a_docker_archive_as_go_containerregistry_and_jib_name_its_members(self):
        build('--docker-archive', self.path('docker.tar'), '--tag', 'x:1', '/usr/bin/xz')
        with tarfile.open(self.path('docker.tar')) as archive:
            manifest = json.load(archive.extractfile('manifest.json'))
            config = archive.extractfile(manifest[0]['Config']).read()
            layer = archive.extractfile(manifest[0]['Layers'][0]).read()
        digest = hashlib.sha256(config).hexdigest()
        for name in (f'sha256:{digest}', 'config.json'):
            manifest[0]['Config'] = name
            other = self.path('other.tar')
            other.write_bytes(tar_of(member(name, config), member(manifest[0]['Layers'][0], layer), member('manifest.json', json.dumps(manifest).encode())))
            self.assertIn(b'/usr/bin/xz', run(COMMAND, 'resolve', '--root', other, '--format', 'paths', '/usr/bin/xz'))
            run('skopeo', 'inspect', f'docker-archive:{other}')

    def test_a_hole_larger_than_any_file_is_refused(self):
        sparse = tarfile.TarInfo('big')
        sparse.pax_headers = {'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', 'GNU.sparse.name': 'big', 'GNU.sparse.size': str(1 << 50), 'GNU.sparse.map': '0,5'}
        sparse.size = 5
        self.path('big.tar').write_bytes(tar_of((sparse, b'start')))
        self.assertIn(f'{1 << 50} bytes with its holes', refused('resolve', '--root', self.path('big.tar'), '/big'))

    def test_nothing_climbs(self):
        self.check([member('../up', b'1'), member('a/../../up2', b'2'), member('fine', b'3'), folder('d'), member('d/..', b'4'), member('.wh...', b''), member('.wh.', b'')],
                   expected={'/fine': b'3', '/d': None})

    def test_a_parent_that_is_a_link_is_followed_inside(self):
        self.check([folder('usr'), folder('usr/lib'), link('lib', 'usr/lib'), link('abs', '/usr'), link('up', '../../../usr')],
                   [member('lib/a', b'1'), member('abs/b', b'2'), member('up/c', b'3'), member('lib/.wh.none', b'')],
                   expected={'/usr': None, '/usr/lib': None, '/lib': 'usr/lib', '/abs': '/usr', '/up': '../../../usr', '/usr/lib/a': b'1', '/lib/a': b'1', '/usr/b': b'2', '/usr/c': b'3'})

    def test_hard_links_cross_layers(self):
        self.check([member('a', b'1')], [member('b', type=tarfile.LNKTYPE, linkname='a')], [member('.wh.a', b'')])

    def test_links_in_a_circle_and_to_nothing(self):
        said = refused('resolve', '--root', self.stacked([link('a', 'b'), link('b', 'a'), member('a/x', b'')]), '/x')
        self.assertIn('40 symbolic links', said)

    def test_a_hard_link_to_nothing_is_no_file(self):
        said = refused('resolve', '--root', self.stacked([member('a', type=tarfile.LNKTYPE, linkname='none')]), '/a')
        self.assertIn('a is a hard link to none', said)

    def test_devices_and_pipes_are_neither_files_nor_read(self):
        reference = self.stacked([member('null', type=tarfile.CHRTYPE), member('pipe', type=tarfile.FIFOTYPE)])
        self.assertIn('/null', refused('build', '--root', reference, '--dir', self.path('out'), '/null'))


class ChoiceTest(ImageTest):
    def several(self):
        writer = Writer(self.path('layout'))
        for tag, architecture in (('x', 'amd64'), ('y', 'arm64')):
            writer.image([tar_of(member('which', tag.encode()))], tag, architecture)
        return writer

    def which(self, reference, *options):
        build('--root', reference, *options, '--data', 'none', '--dir', self.path('out'), '/which')
        try:
            return (self.path('out') / 'which').read_text()
        finally:
            shutil.rmtree(self.path('out'))

    def test_a_tag_says_which_image(self):
        reference = self.several().close()
        self.assertEqual(self.which(reference + ':x'), 'x')
        self.assertEqual(self.which(reference + ':y'), 'y')
        said = refused('resolve', '--root', reference, '/which')
        self.assertIn('its tags are x, y', said)
        self.assertIn(f'{reference}:x', said)
        self.assertIn('its tags are x, y', refused('resolve', '--root', reference + ':z', '/which'))

    def docker(self, *names):
        """As `docker save` of Docker 25 and later names images: the whole name, and the tag alone."""
        writer = Writer(self.path('layout'))
        for name in names:
            writer.image([tar_of(member('which', name.encode()))], name.rsplit(':', 1)[1])
            writer.manifests[-1]['annotations']['io.containerd.image.name'] = name
        writer.close()
        manifest = [{'Config': 'blobs/sha256/' + json.loads((writer.path / 'blobs/sha256' / m['digest'][7:]).read_text())['config']['digest'][7:],
                     'RepoTags': [n.removeprefix('docker.io/').removeprefix('library/')]} for m, n in zip(writer.manifests, names)]
        (writer.path / 'manifest.json').write_text(json.dumps(manifest))
        run('tar', '-cf', self.path('docker.tar'), '-C', writer.path, '.')
        shutil.rmtree(writer.path)
        return f'oci:{self.path("docker.tar")}'

    def test_images_of_docker_are_called_as_docker_calls_them(self):
        reference = self.docker('docker.io/library/one:latest', 'docker.io/library/other:latest', 'docker.io/me/mine:1', 'quay.io/x/y:2')
        for name, which in (('docker.io/library/other:latest', 'docker.io/library/other:latest'), ('library/other:latest', 'docker.io/library/other:latest'),
                            ('other:latest', 'docker.io/library/other:latest'), ('other', 'docker.io/library/other:latest'), ('one', 'docker.io/library/one:latest'),
                            ('me/mine:1', 'docker.io/me/mine:1'), ('1', 'docker.io/me/mine:1'), ('quay.io/x/y:2', 'quay.io/x/y:2'), ('2', 'quay.io/x/y:2')):
            with self.subTest(name):
                self.assertEqual(self.which(f'{reference}:{name}'), which)
        for name in ('x/y:2', 'ther:latest', 'me/mine', 'other:', 'docker.io/library/other:late'):
            self.assertIn(f'has no image "{name}"; its tags are docker.io/library/one:latest, ', refused('resolve', '--root', f'{reference}:{name}', '/which'))
        said = refused('resolve', '--root', f'{reference}:latest', '/which')
        self.assertIn('has several images "latest": docker.io/library/one:latest, docker.io/library/other:latest; name one: ' + reference + ':docker.io/library/one:latest', said)
        self.assertNotIn('--platform', said)
        self.assertIn('its tags are docker.io/library/one:latest, docker.io/library/other:latest', refused('resolve', '--root', reference, '/which'))

    def test_documents_about_an_image_are_no_images(self):
        writer = self.several()
        writer.manifests[1] = dict(writer.manifests[1], artifactType='application/spdx+json', annotations={})
        self.assertEqual(self.which(writer.close()), 'x')

    def test_a_platform_says_which_of_an_index(self):
        writer = self.several()
        inner = [dict(m, annotations={}, platform={'os': 'linux', 'architecture': a}) for m, a in zip(writer.manifests, ('amd64', 'arm64'))]
        attestation = dict(inner[0], platform={'os': 'unknown', 'architecture': 'unknown'}, annotations={'vnd.docker.reference.type': 'attestation-manifest'})
        index = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.index.v1+json', 'manifests': [*inner, attestation]}
        writer.manifests = [writer.document(index, index['mediaType'], annotations={LATEST: 'all'})]
        reference = writer.close()
        self.assertEqual(self.which(reference, '--platform', 'linux/arm64'), 'y')
        self.assertEqual(self.which(reference, '--platform', 'linux/amd64'), 'x')
        said = refused('resolve', '--root', reference, '/which')
        self.assertIn('linux/amd64, linux/arm64', said)
        self.assertIn('--platform', said)
        self.assertIn('none for linux/riscv64', refused('resolve', '--root', reference, '--platform', 'linux/riscv64', '/which'))
        self.assertIn('OS/ARCHITECTURE', refused('resolve', '--root', reference, '--platform', 'arm64', '/which'))

    def test_a_single_image_for_another_platform_is_not_taken_for_it(self):
        writer = Writer(self.path('layout'))
        writer.image([tar_of(member('which', b'1'))])
        reference = writer.close()
        self.assertIn('is for linux/amd64, not for linux/arm64', refused('resolve', '--root', reference, '--platform', 'linux/arm64', '/which'))

    def test_names_with_colons(self):
        path = self.path('lay:out')
        writer = Writer(path)
        writer.image([tar_of(member('which', b'1'))], 'registry:5000/app:1')
        reference = writer.close()
        self.assertEqual(self.which(reference), '1')
        self.assertEqual(self.which(reference + ':registry:5000/app:1'), '1')


class HostileTest(ImageTest):
    def damaged(self, change=lambda manifest: None, config_change=lambda config: None, break_it=lambda writer: None, pack=None):
        writer = Writer(self.path('layout'))
        writer.image([tar_of(member('a', b'1'))], change=change, config_change=config_change, pack=pack)
        reference = writer.close()
        break_it(writer)
        said = refused('resolve', '--root', reference, '/a')
        shutil.rmtree(self.path('layout'))
        return said

    def test_digests_and_sizes_are_compared(self):
        def changed(name, data):
            def change(writer):
                manifest = json.loads((writer.path / 'blobs/sha256' / writer.manifests[0]['digest'][7:]).read_text())
                digest = {'manifest': writer.manifests[0], 'config': manifest['config'], 'layer': manifest['layers'][0]}[name]['digest']
                file = writer.path / 'blobs/sha256' / digest[7:]
                file.write_bytes(data(file.read_bytes()))
            return change
        for name in ('manifest', 'config', 'layer'):
            with self.subTest(name):
                said = self.damaged(break_it=changed(name, lambda data: data[:-1] + b'!'))
                self.assertRegex(said, 'the blob sha256:[0-9a-f]{64} has the digest sha256:[0-9a-f]{64}')
                self.assertRegex(self.damaged(break_it=changed(name, lambda data: data + b' ')), 'has [0-9]+ bytes, and should have [0-9]+')
        for pack in (lambda data: (gzip.compress(data), GZIP), lambda data: (run('zstd', '-c', input=data), ZSTD)):
            said = self.damaged(pack=pack, break_it=changed('layer', lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:]))
            self.assertRegex(said, 'the blob sha256:[0-9a-f]{64} has the digest sha256:[0-9a-f]{64}')

    def test_diff_ids_are_compared(self):
        def other(config):
            config['rootfs']['diff_ids'] = [sha256(b'other')]
        self.assertIn('its diff ID is ' + sha256(b'other'), self.damaged(config_change=other))
        self.assertIn('diff ID is', self.damaged(config_change=other, pack=lambda data: (gzip.compress(data), GZIP)))
        self.assertIn('has 1 layers, and its configuration 0', self.damaged(config_change=lambda config: config['rootfs'].update(diff_ids=[])))

    def test_digests_are_no_paths(self):
        for digest in ('sha256:../../../../etc/passwd', 'sha256:' + 'A' * 64, 'sha256:', '', '../x', 'sha256:' + '0' * 63 + '/'):
            with self.subTest(digest):
                self.assertIn('layers[0].digest', self.damaged(lambda manifest: manifest['layers'][0].update(digest=digest)))
        self.assertIn('another algorithm', self.damaged(lambda manifest: manifest['layers'][0].update(digest='sha512:' + '0' * 128)))

    def test_layers_of_other_kinds_are_said_to_be(self):
        self.assertIn('is encrypted', self.damaged(lambda manifest: manifest['layers'][0].update(mediaType=LAYER + '+gzip+encrypted')))
        self.assertIn('is no tar', self.damaged(lambda manifest: manifest['layers'][0].update(mediaType='application/octet-stream')))
        foreign = {'mediaType': 'application/vnd.oci.image.layer.nondistributable.v1.tar', 'digest': sha256(b'away'), 'size': 4}
        self.assertIn('had from elsewhere', self.damaged(lambda manifest: manifest['layers'].__setitem__(0, foreign)))
        self.assertIn('compressed by xz', self.damaged(pack=lambda data: (run('xz', '-c', input=data), '')))
        self.assertIn('compressed by bzip2', self.damaged(pack=lambda data: (run('bzip2', '-c', input=data), '')))

    def test_every_prefix_of_a_tar_is_read_or_refused(self):
        whole = tar_of(folder('d'), member('d/' + 'n' * 200, b'x' * 700), link('l', 'd'), member('last', b'content'))
        for form, data in (('plain', whole), ('gzip', gzip.compress(whole)), ('zstd', run('zstd', '-c', input=whole))):
            for length in range(0, len(data), 97 if form == 'plain' else 3):
                self.path('prefix').write_bytes(data[:length])
                done = subprocess.run([COMMAND, 'resolve', '--root', self.path('prefix'), '--data', 'none', '/last'], capture_output=True, text=True)
                self.assertIn(done.returncode, (0, 2), (form, length, done.stderr))
                if done.returncode == 0:
                    self.assertGreaterEqual(length, whole.rindex(b'content') + 512, form)
                    self.assertEqual(form, 'plain')

    def test_a_small_file_that_becomes_large_takes_no_memory(self):
        info = tarfile.TarInfo('zeros')
        info.size = 4 << 30
        with open(self.path('bomb.zst'), 'wb') as out:
            packer = subprocess.Popen(['zstd', '-qc'], stdin=subprocess.PIPE, stdout=out)
            packer.stdin.write(info.tobuf())
            for _ in range(4 << 10):
                packer.stdin.write(bytes(1 << 20))
            packer.stdin.write(tar_of(member('a', b'1')))
            packer.stdin.close()
            self.assertEqual(packer.wait(), 0)
        self.assertLess(self.path('bomb.zst').stat().st_size, 4 << 20)
        child = subprocess.Popen([COMMAND, 'resolve', '--root', self.path('bomb.zst'), '--data', 'none', '/a'], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(status, 0)
        self.assertLess(usage.ru_maxrss, 600 << 10)  # KiB

    def test_names_of_an_archive_take_no_memory(self):
        """Of an image's archive the names were kept, however long, before anything else was looked at."""
        def archive(name, count, length):
            members = [member('oci-layout', b'{"imageLayoutVersion":"1.0.0"}'), member('index.json', b'{"schemaVersion":2,"manifests":[]}')]
            with open(self.path(name), 'wb') as out:
                packer = subprocess.Popen(['zstd', '-qc'], stdin=subprocess.PIPE, stdout=out)
                for info, content in members:
                    packer.stdin.write(info.tobuf() + content.ljust(512, b'\0'))
                for number in range(count):
                    long = tarfile.TarInfo(f'blobs/{number:08}'.ljust(length, 'A'))
                    packer.stdin.write(long.tobuf(tarfile.GNU_FORMAT))
                packer.stdin.write(bytes(1024))
                packer.stdin.close()
                self.assertEqual(packer.wait(), 0)
            child = subprocess.Popen([COMMAND, 'resolve', '--root', f'oci:{self.path(name)}:tag', '/a'], stderr=subprocess.PIPE)
            said = child.stderr.read().decode()
            child.stderr.close()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 2)
            self.assertLess(usage.ru_maxrss, 600 << 10)  # KiB
            return said
        self.assertIn('no archive of images', archive('long', 700, (1 << 20) - 1))
        self.assertIn('no archive of images', archive('many', 20_000, 4000))
        self.assertIn('has no image "tag"', archive('few', 100, 4000))

    def test_more_members_than_any_image_has(self):
        one = tarfile.TarInfo('a').tobuf()
        with open(self.path('many.tar'), 'wb') as file:
            for _ in range(1001):
                file.write(one * 1000)
            file.write(bytes(1024))
        self.assertIn('more members than the 1000000', refused('resolve', '--root', self.path('many.tar'), '/a'))

    def test_names_that_imply_more_directories_than_any_image_has(self):
        members = [member(f'{i}/' + '/'.join('a' * 1900), b'') for i in range(600)]
        self.path('deep.tar').write_bytes(tar_of(*members))
        self.assertIn('more entries than', refused('resolve', '--root', self.path('deep.tar'), '/a'))
        chain = [folder('/'.join('a' * 1500)), link('l', '/'.join('a' * 1500)), folder('l/' + '/'.join('a' * 1500))]
        self.path('deeper.tar').write_bytes(tar_of(*chain))
        self.assertIn('deeper than', refused('resolve', '--root', self.path('deeper.tar'), '/a'))

    def test_what_is_no_image(self):
        self.path('text').write_text('hello\n' * 1000)
        self.assertIn('is no directory, and neither a tar nor', refused('resolve', '--root', self.path('text'), '/a'))
        self.path('directory').mkdir()
        self.assertIn('is no image layout', refused('resolve', '--root', f'oci:{self.path("directory")}', '/a'))
        self.assertIn('there is no image layout', refused('resolve', '--root', f'oci:{self.path("none")}:tag', '/a'))
        os.mkfifo(self.path('directory') / 'oci-layout')
        refused('resolve', '--root', f'oci:{self.path("directory")}', '/a')

    def test_indexes_that_name_each_other_end(self):
        writer = Writer(self.path('layout'))
        inner = writer.image([tar_of(member('a', b'1'))])
        for _ in range(8):
            index = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.index.v1+json', 'manifests': [inner]}
            inner = writer.document(index, index['mediaType'], annotations={LATEST: 'deep'})
        writer.manifests = [inner]
        self.assertIn('nested deeper', refused('resolve', '--root', writer.close(), '/a'))


if __name__ == '__main__':
    unittest.main(argv=sys.argv)
