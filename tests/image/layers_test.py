"""Layers that images share, and layers on top of others."""
import io
import json
import os
import subprocess
import tarfile
import unittest

from reading_test import Writer
from support import COMMAND, LATEST, ImageTest, Layout, build, refused, run, tree, uncompressed


class Layers(ImageTest):
    def layers(self, layout, tag):
        image = Layout(layout)
        return list(zip(image.config(tag)['rootfs']['diff_ids'], [h['comment'].split(':')[0] for h in image.config(tag)['history']], strict=True))

    def members(self, layout, tag, number):
        image = Layout(layout)
        layer = image.manifest(tag)['layers'][number]
        return run('tar', '-t', input=uncompressed(layer['mediaType'], image.blob(layer['digest']))).decode().split()

    def test_images_from_one_root_share_the_loader_and_libc(self):
        layout = self.path('layout')
        programs = ['xz', 'sort', 'curl', 'python3', 'bash']
        for name in programs:
            build('--oci', layout, '--tag', name, '--layers', 'split', '/usr/bin/' + name)
        self.assertEqual({self.layers(layout, name)[0] for name in programs}, {self.layers(layout, 'xz')[0]})
        self.assertEqual([name for _, name in self.layers(layout, 'curl')], ['loader and libc', 'libraries', 'data', 'entries'])
        lowest = [name for name in self.members(layout, 'curl', 0) if not name.endswith('/')]
        self.assertIn('usr/lib/x86_64-linux-gnu/libc.so.6', lowest)
        self.assertTrue(all('ld-linux' in name or 'libc.so' in name or name in ('lib', 'lib64') for name in lowest), lowest)
        self.assertIn('usr/bin/curl', self.members(layout, 'curl', 3))
        self.assertTrue(all('.so' in name or name.endswith('/') or name in ('lib', 'lib64') for name in self.members(layout, 'curl', 1)))
        # A name stands in one layer only, but for parents.
        names = [name for number in range(4) for name in self.members(layout, 'curl', number) if not name.endswith('/')]
        self.assertEqual(len(names), len(set(names)))
        build('--dir', self.path('dir'), '/usr/bin/curl')
        run('umoci', 'unpack', '--image', f'{layout}:curl', self.path('bundle'))
        self.assertEqual(tree(self.path('bundle/rootfs')), tree(self.path('dir')))

    def test_hard_links_stay_in_one_layer(self):
        root = self.path('root')
        build('--dir', root, '/usr/bin/xz')
        os.link(root / 'usr/bin/xz', root / 'usr/bin/unxz2')
        os.link(root / 'usr/bin/xz', root / 'a-name-before')
        layout = self.path('layout')
        build('--root', root, '--oci', layout, '--layers', 'split', '/usr/bin/xz', '--include', '/usr/bin/unxz2', '--include', '/a-name-before')
        run('umoci', 'unpack', '--image', f'{layout}:latest', self.path('bundle'))
        inodes = {os.stat(self.path('bundle/rootfs') / name).st_ino for name in ('usr/bin/xz', 'usr/bin/unxz2', 'a-name-before')}
        self.assertEqual(len(inodes), 1)


class Attached(ImageTest):
    """What is about an image that a layout no longer has."""

    def build(self, tag, *words):
        build('--oci', self.path('layout'), '--tag', tag, '--sbom', 'spdx', '--sbom-file', self.path('sbom'), *words)

    def about(self):
        """The digests that attached documents are about, by index.json."""
        layout = Layout(self.path('layout'))
        return sorted(layout.document(d['digest'])['subject']['digest'] for d in layout.index['manifests'] if 'artifactType' in d)

    def digest(self, tag):
        return Layout(self.path('layout')).descriptor(tag)['digest']

    def test_what_is_about_a_replaced_image_goes_with_it(self):
        self.build('a', '/usr/bin/xz')
        self.build('b', '/usr/bin/sort')
        old = self.digest('a')
        self.build('a', '/usr/bin/xz')
        self.assertEqual(self.about(), sorted([old, self.digest('b')]))
        self.build('a', '--env', 'A=1', '/usr/bin/xz')
        self.assertNotEqual(self.digest('a'), old)
        self.assertEqual(self.about(), sorted([self.digest('a'), self.digest('b')]))

    def test_what_refers_to_that_goes_too_and_what_has_a_name_stays(self):
        self.build('a', '/usr/bin/xz')
        layout = Layout(self.path('layout'))
        [sbom] = [d for d in layout.index['manifests'] if 'artifactType' in d]
        signature = Writer(self.path('signature')).document({**layout.document(sbom['digest']), 'subject': sbom, 'annotations': {'of': 'sbom'}}, sbom['mediaType'], artifactType='application/x-signature')
        named = Writer(self.path('named')).document({**layout.document(sbom['digest']), 'annotations': {'is': 'named'}}, sbom['mediaType'], artifactType='application/spdx+json', annotations={LATEST: 'kept'})
        for place in ('signature', 'named'):
            run('cp', '-rn', self.path(place) / 'blobs', self.path('layout'))
        index = dict(layout.index, manifests=[signature, *layout.index['manifests'], named])
        (self.path('layout') / 'index.json').write_text(json.dumps(index))
        self.build('a', '--env', 'A=1', '/usr/bin/xz')
        left = Layout(self.path('layout')).index['manifests']
        self.assertNotIn(signature['digest'], [d['digest'] for d in left])
        self.assertNotIn(sbom['digest'], [d['digest'] for d in left])
        self.assertIn(named, left)

    def test_it_stays_where_an_index_still_names_the_image(self):
        self.build('a', '/usr/bin/xz')
        old = self.digest('a')
        run(COMMAND, 'index', '--tag', 'all', self.path('layout'), 'a')
        self.build('a', '--env', 'A=1', '/usr/bin/xz')
        self.assertEqual(self.about(), sorted([old, self.digest('a')]))
        run(COMMAND, 'index', '--tag', 'all', self.path('layout'), 'a')
        self.assertEqual(self.about(), [self.digest('a')])


class Base(ImageTest):
    def setUp(self):
        super().setUp()
        self.layout = self.path('layout')
        build('--oci', self.layout, '--tag', 'base', '--env', 'A=1', '--label', 'from=base', '--cmd', 'gone', '--workdir', '/tmp', '/usr/bin/sort')

    def unpacked(self, tag, layout=None):
        run('umoci', 'unpack', '--image', f'{layout or self.layout}:{tag}', self.path('bundle-' + tag))
        return tree(self.path('bundle-' + tag) / 'rootfs')

    def test_only_what_the_base_lacks_is_carried(self):
        build('--oci', self.layout, '--tag', 'app', '--base', f'{self.layout}:base', '--env', 'B=2', '--no-package-metadata', '/usr/bin/xz')
        base, app = Layout(self.layout).manifest('base'), Layout(self.layout).manifest('app')
        self.assertEqual(app['layers'][0], base['layers'][0])
        self.assertEqual(len(app['layers']), 2)
        self.assertEqual(app['annotations']['org.opencontainers.image.base.digest'], Layout(self.layout).descriptor('base')['digest'])
        image = Layout(self.layout)
        layer = app['layers'][1]
        names = run('tar', '-t', input=uncompressed(layer['mediaType'], image.blob(layer['digest']))).decode().split()
        self.assertIn('usr/bin/xz', names)
        self.assertFalse([name for name in names if 'libc.so' in name or 'ld-linux' in name or name.endswith('/')], names)
        config = image.config('app')
        self.assertEqual(config['config']['Env'][1:], ['A=1', 'B=2'])
        self.assertEqual(config['config']['Labels'], {'from': 'base'})
        self.assertEqual(config['config']['WorkingDir'], '/tmp')
        self.assertEqual(config['config']['Entrypoint'], ['/usr/bin/xz'])
        self.assertNotIn('Cmd', config['config'])
        self.assertEqual(len(config['history']), 2)
        below, above = self.unpacked('base'), self.unpacked('app')
        self.assertEqual({name: above[name] for name in below}, below)
        self.assertIn('usr/bin/xz', above)

    def test_the_packages_of_both_are_described(self):
        # Of base-files the base has a configuration file more, so that dpkg's stanza is another one.
        build('--oci', self.layout, '--tag', 'more', '/usr/bin/sort', '--include', '/etc/host.conf')
        said = refused('build', '--oci', self.layout, '--tag', 'app', '--base', f'{self.layout}:more', '/usr/bin/xz', status=0)
        # The base's own cache of libraries stays; all else that both have is the same.
        self.assertEqual([line for line in said.splitlines() if 'the base has' in line and '/etc/ld.so.cache' not in line], [])
        found = self.unpacked('app')
        for package in ('coreutils', 'xz-utils', 'libc6'):
            self.assertTrue([name for name in found if name.startswith('var/lib/dpkg/status.d/' + package) and not name.endswith('.md5sums')], package)

    def test_the_base_is_described_as_well(self):
        manifest = self.path('app.json')
        build('--oci', self.layout, '--tag', 'app', '--base', f'{self.layout}:base', '--sbom', 'spdx', '--sbom-file', self.path('sbom'), '--manifest', manifest, '/usr/bin/xz')
        self.assertEqual(run(COMMAND, 'verify', '--manifest', manifest, f'oci:{self.layout}:app'), b'')
        lacking = subprocess.run([COMMAND, 'verify', '--manifest', manifest, f'oci:{self.layout}:base'], capture_output=True, text=True)
        self.assertEqual(lacking.returncode, 1)
        self.assertIn('/usr/bin/xz', lacking.stdout)
        described = json.loads(manifest.read_text())
        files = {file['path']: file for file in described['files'] + described['layer']}
        self.assertEqual({name: what[-1] for name, what in self.unpacked('app').items() if what[0] == 'file'},
                         {path[1:]: file['sha256'] for path, file in files.items() if file['type'] == 'file'}, 'as umoci has it')
        self.assertTrue({'coreutils', 'xz-utils', 'libc6'} <= {package['name'] for package in described['packages']})
        self.assertEqual(files['/usr/bin/sort'].get('reasons', []), [], 'nothing of this image asks for it')
        self.assertEqual({reason['kind'] for reason in next(file for path, file in files.items() if path.endswith('/libc.so.6'))['reasons']}, {'needed'})
        bill = json.loads(self.path('sbom').read_text())
        self.assertTrue({'coreutils', 'xz-utils'} <= {package['name'] for package in bill['packages']})
        self.assertTrue({'./usr/bin/sort', './usr/bin/xz'} <= {file['fileName'] for file in bill['files']})
        attached = [d for d in Layout(self.layout).index['manifests'] if 'spdx' in d.get('artifactType', '')]
        self.assertEqual(len(attached), 1)

    def test_a_base_in_another_place_comes_along(self):
        run('skopeo', 'copy', f'oci:{self.layout}:base', f'oci-archive:{self.path("base.tar")}')
        build('--oci', self.path('other'), '--base', self.path('base.tar'), '--no-package-metadata', '/usr/bin/xz')
        Layout(self.path('other')).check()
        self.assertEqual(Layout(self.path('other')).manifest()['layers'][0], Layout(self.layout).manifest('base')['layers'][0])
        build('--docker-archive', self.path('docker.tar'), '--tag', 'x:y', '--base', f'oci:{self.layout}:base', '/usr/bin/xz')
        self.assertEqual(len(json.loads(run('skopeo', 'inspect', f'docker-archive:{self.path("docker.tar")}'))['Layers']), 2)

    def test_what_the_base_has_otherwise_stays_and_is_said(self):
        root = self.path('root')
        build('--dir', root, '/usr/bin/sort')
        (root / 'etc').mkdir(exist_ok=True)
        (root / 'etc/conf').write_text('of the base\n')
        os.symlink('/usr/lib', root / 'opt')
        build('--root', root, '--oci', self.layout, '--tag', 'conf', '/usr/bin/sort', '--include', '/etc/conf', '--include', '/opt')
        (root / 'etc/conf').write_text('of the program\n')
        os.unlink(root / 'opt')
        (root / 'opt').mkdir()
        (root / 'opt/new').write_text('x')
        done = refused('build', '--root', root, '--oci', self.layout, '--tag', 'app', '--base', f'oci:{self.layout}:conf', '/usr/bin/sort', '--include', '/etc/conf', '--include', '/opt/new', status=0)
        self.assertIn('/etc/conf: the base has another file there', done)
        found = self.unpacked('app')
        self.assertEqual((self.path('bundle-app/rootfs') / 'etc/conf').read_text(), 'of the base\n')
        self.assertEqual(found['opt'], ('link', '/usr/lib'))
        self.assertEqual((self.path('bundle-app/rootfs') / 'usr/lib/new').read_text(), 'x')

    def test_paths_that_are_one_in_the_base_do_not_mix(self):
        below, above = self.path('below'), self.path('above')
        (below / 'b').mkdir(parents=True)
        (below / 'a').symlink_to('b')
        for name in ('a', 'b', 'b/x'):
            (above / name).mkdir(parents=True)
        (above / 'a/f').write_text('one')
        (above / 'b/f').write_text('two')
        (above / 'a/x').symlink_to('/etc')
        (above / 'b/x/evil').write_text('x')
        build('--root', below, '--oci', self.layout, '--tag', 'links', '--platform', 'linux/amd64', '/a', '/b')
        said = refused('build', '--root', above, '--oci', self.layout, '--tag', 'app', '--base', f'{self.layout}:links', '/a', '/b', status=0)
        self.assertIn('/b/f: by a link of the base', said)
        self.assertIn('/b/x: by a link of the base', said)
        names = [name for layer in Layout(self.layout).manifest('app')['layers'][1:]
                 for name in run('tar', '-t', input=uncompressed(layer['mediaType'], Layout(self.layout).blob(layer['digest']))).decode().split()]
        self.assertEqual(names, ['b/f', 'b/x'])

    def test_what_the_base_allows_less_is_said(self):
        root = self.path('root')
        build('--dir', root, '/usr/bin/sort')
        (root / 'usr/bin/sort').chmod(0o644)
        build('--root', root, '--oci', self.layout, '--tag', 'closed', '/usr/bin/sort')
        self.assertIn('/usr/bin/sort: the base has it with fewer permissions',
                      refused('build', '--oci', self.layout, '--tag', 'app', '--base', f'{self.layout}:closed', '/usr/bin/sort', status=0))

    def test_a_base_may_set_many_variables_ports_and_labels(self):
        """Each was looked for among all that came before it, so that a small document took minutes."""
        count = 100_000
        layer = io.BytesIO()
        tarfile.open(fileobj=layer, mode='w').close()
        writer = Writer(self.path('many'))
        writer.image([layer.getvalue()], config_change=lambda config: config.update(config={
            'Env': [f'{i:x}={i}' for i in range(count)] + ['7=last', 'PATH=/own'], 'Labels': {f'l{i}': '' for i in range(1000)}}))
        build('--oci', self.path('layout'), '--base', writer.close(), '--env', '7=seven', '--env', 'NEW=1', '--expose', '1-65535', '--label', 'l7=x', '--tag', 'many', '/usr/bin/sort')
        run_config = Layout(self.path('layout')).config('many')['config']
        self.assertEqual(run_config['Env'], ['PATH=/own', *(f'{i:x}=' + ('seven' if i == 7 else str(i)) for i in range(count)), 'NEW=1'])
        self.assertEqual(list(run_config['ExposedPorts']), sorted(f'{i}/tcp' for i in range(1, 65536)))
        self.assertEqual(run_config['Labels'], {f'l{i}': 'x' if i == 7 else '' for i in range(1000)})

    def test_a_base_that_is_no_image_is_refused(self):
        build('--tar', self.path('root.tar'), '/usr/bin/sort')
        self.assertIn('no image', refused('build', '--oci', self.layout, '--base', self.path('root.tar'), '/usr/bin/xz'))

    def test_a_base_for_another_machine_is_refused(self):
        program = self.compiled('hello', 'int main(void) { return 0; }\n', '-static', '-m32')
        self.assertIn('linux/amd64', refused('build', '--oci', self.layout, '--base', f'oci:{self.layout}:base', program))


if __name__ == '__main__':
    unittest.main()
