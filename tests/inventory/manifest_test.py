"""Manifests, verify and diff of the command, against what sha256sum, dpkg, jq and stat say of the same files."""
import json
import os
import shutil
import stat
import subprocess
import unittest

from support import COMMAND, HAS_DPKG, Case, command, digests, dpkg_owners, dpkg_versions, everything

PROGRAM = '/usr/bin/xz'


class Manifest(Case):
    def test_says_of_every_path_what_other_tools_say(self):
        directory, manifest = self.build('layer', PROGRAM, '/usr/bin/awk')
        entries = {entry['path']: entry for entry in manifest['files'] + manifest['layer']}
        self.assertEqual(set(entries) - {'/'}, everything(directory))
        self.assertEqual({path: entry['sha256'] for path, entry in entries.items() if entry['type'] == 'file'}, digests(directory))
        for path, entry in entries.items():
            status = os.lstat(f'{directory}{path}')
            if entry['type'] == 'symlink':
                self.assertEqual(os.readlink(f'{directory}{path}'), entry['target'])
            else:
                self.assertEqual(f'{stat.S_IMODE(status.st_mode):04o}', entry['mode'], path)
            if entry['type'] == 'file':
                self.assertEqual(status.st_size, entry['size'])

    @unittest.skipUnless(HAS_DPKG, 'this machine has no dpkg')
    def test_names_the_packages_that_dpkg_names(self):
        _, manifest = self.build('layer', PROGRAM, '--no-package-metadata')
        versions = dpkg_versions()
        for package in manifest['packages']:
            self.assertEqual((package['version'], package['source']), versions[package['name'], package['architecture']])
        for entry in manifest['files']:
            if entry['type'] == 'file' and not entry.get('generated'):
                owners = dpkg_owners(entry['path'])
                name = entry.get('package', '').split(' ')[0]
                self.assertTrue({name, f"{name}:{entry.get('architecture')}"} & (owners or {''}), (entry['path'], owners))
        named = {entry['package'] for entry in manifest['files'] if 'package' in entry}
        self.assertEqual({f"{package['name']} {package['version']}" for package in manifest['packages']}, named)

    @unittest.skipUnless(HAS_DPKG, 'this machine has no dpkg')
    def test_has_the_packages_that_the_layer_says_it_has(self):
        directory, manifest = self.build('layer', PROGRAM)
        said = {path.name for path in (directory / 'var/lib/dpkg/status.d').iterdir() if not path.name.endswith('.md5sums')}
        self.assertEqual({package['name'] for package in manifest['packages']}, said)
        self.assertEqual(command('diff', self.place / 'layer.json', directory), '')

    def test_is_resolves_json_with_more_members(self):
        self.build('layer', PROGRAM)
        resolved = command('resolve', '--format', 'json', PROGRAM)
        (self.place / 'resolved.json').write_text(resolved)
        # Links to directories have no package in a manifest.
        program = ('$m[0] as $m | . as $r | [.files[] | select(.type != "symlink")] | map(. as $f | $m.files[] | select(.path == $f.path) '
                   '| del(.sha256, .architecture, .uid, .gid, .capability) == $f) | all')
        words = ['jq', '--slurpfile', 'm', self.place / 'layer.json', program, self.place / 'resolved.json']
        self.assertEqual(subprocess.run(words, capture_output=True, text=True, check=True).stdout, 'true\n')

    def test_is_the_same_whoever_writes_it_and_when(self):
        texts = set()
        for name, zone, umask in (('a', 'UTC', 0o022), ('b', 'Asia/Tokyo', 0o077)):
            manifest = self.place / (name + '.m')
            command('build', '-q', '--tar', self.place / (name + '.tar'), '--manifest', manifest, PROGRAM, umask=umask, env={**os.environ, 'TZ': zone})
            texts.add(manifest.read_text())
        self.assertEqual(len(texts), 1)


class Verify(Case):
    def setUp(self):
        super().setUp()
        self.layer, self.manifest = self.build('layer', PROGRAM)
        self.words = ('verify', '--manifest', self.place / 'layer.json', self.layer)

    def test_a_layer_that_is_as_it_was_is_silent(self):
        self.assertEqual(command(*self.words), '')
        self.assertTrue(json.loads(command(*self.words, '--format', 'json'))['same'])

    def test_says_what_was_added_removed_and_changed(self):
        self.layer.joinpath('etc').mkdir(exist_ok=True)
        self.layer.joinpath('etc/new').write_text('x')
        program = self.layer / 'usr/bin/xz'
        program.chmod(0o700)
        with program.open('ab') as file:
            file.write(b'!')
        gone = next(path for path in sorted(everything(self.layer)) if '/libc.so.6' in path)
        os.remove(f'{self.layer}{gone}')
        said = command(*self.words, status=1)
        self.assertRegex(said, r'(?m)^\+ /etc/new \(1 B\)$')
        self.assertRegex(said, rf'(?m)^- {gone} ')
        self.assertRegex(said, r'(?m)^~ /usr/bin/xz \(content; mode 0755, now 0700; .*\) entry: /usr/bin/xz$')
        changes = {change['path']: change for change in json.loads(command(*self.words, '--format', 'json', status=1))['files']}
        self.assertEqual(changes['/usr/bin/xz']['after']['sha256'], digests(self.layer)['/usr/bin/xz'])
        self.assertEqual(changes['/usr/bin/xz']['reasons'], [{'kind': 'entry', 'by': '', 'detail': '/usr/bin/xz'}])

    def test_every_form_of_a_layer_is_read(self):
        for form, reference in (('tar', 'l.tar'), ('oci', 'l'), ('oci-archive', 'l.oci'), ('docker-archive', 'l.docker')):
            place = self.place / reference
            command('build', '-q', '--' + form, place, *([] if form == 'tar' else ['--layers', 'split']), PROGRAM)
            layer = f'oci:{place}' if form == 'oci' else place
            self.assertEqual(command('verify', '--manifest', self.place / 'layer.json', layer), '', form)
            self.assertEqual(command('diff', self.place / 'layer.json', layer), '', form)
            self.assertIn('- /usr/bin/xz', command('diff', layer, self.build('other' + form, '/usr/bin/awk')[0], status=1))

    def test_one_image_of_several_is_named_by_its_platform(self):
        layout = self.place / 'several'
        for platform, program in (('linux/amd64', PROGRAM), ('linux/arm64', '/usr/bin/awk')):
            command('build', '-q', '--oci', layout, '--platform', platform, '--tag', platform.split('/')[1], program)
        command('index', '--tag', 'all', layout, 'amd64', 'arm64')
        words = ('verify', '--manifest', self.place / 'layer.json', f'oci:{layout}:all', '--platform')
        self.assertEqual(command(*words, 'linux/amd64'), '')
        self.assertIn('- /usr/bin/xz ', command(*words, 'linux/arm64', status=1))
        self.assertIn(f"+ {os.path.realpath('/usr/bin/awk')} ", command('diff', '--platform', 'linux/arm64', self.place / 'layer.json', f'oci:{layout}:all', status=1))

    def test_a_tar_that_tar_changed_differs_there(self):
        tar = self.place / 'l.tar'
        (self.layer / 'etc/new').write_text('x')
        subprocess.run(['tar', '-cf', tar, '--owner=root:0', '--group=root:0', '--exclude=./usr/bin/xz', '-C', self.layer, '.'], check=True)
        said = command('verify', '--manifest', self.place / 'layer.json', tar, status=1)
        self.assertRegex(said, r'\A\+ /etc/new \(1 B\)\n- /usr/bin/xz \(.*\n1 added \(1 B\), 1 removed \(.*\), 0 changed \(0 B\)\n\Z')

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which('setpriv'), 'only root can become somebody else')
    def test_a_directory_that_an_ordinary_user_wrote_is_as_it_should_be(self):
        os.chmod(self.place, 0o777)
        words = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', COMMAND, 'build', '-q', '--dir', self.place / 'theirs', PROGRAM]
        subprocess.run(words, check=True)
        self.assertEqual(os.stat(self.place / 'theirs/usr/bin/xz').st_uid, 65534)
        self.assertEqual(command('verify', '--manifest', self.place / 'layer.json', self.place / 'theirs'), '')

    @unittest.skipUnless(os.geteuid() == 0, 'only root gives files to others')
    def test_owners_count_where_the_top_is_roots(self):
        os.chown(self.layer / 'usr/bin/xz', 65534, 65534)
        self.assertIn('owner 0:0, now 65534:65534', command(*self.words, status=1))
        os.chown(self.layer, 65534, 65534)
        self.assertEqual(command(*self.words), '')

    def test_what_cannot_be_compared_is_an_error(self):
        resolved = self.place / 'resolved.json'
        resolved.write_text(command('resolve', '--format', 'json', PROGRAM))
        self.assertIn('`rootlet build --manifest` writes a manifest', command('verify', '--manifest', resolved, self.layer, status=2))
        text = (self.place / 'layer.json').read_text()
        (self.place / 'cut.json').write_text(text[: len(text) // 2])
        self.assertIn('is not whole', command('verify', '--manifest', self.place / 'cut.json', self.layer, status=2))
        self.assertIn('No such file', command('verify', '--manifest', self.place / 'none', self.layer, status=2))
        self.assertIn(f'{self.place}: Is a directory', command('verify', '--manifest', self.place, self.layer, status=2))
        self.assertIn('none', command('verify', '--manifest', self.place / 'layer.json', self.place / 'none', status=2))


class Diff(Case):
    def test_of_two_manifests_says_packages_sizes_and_reasons(self):
        self.build('a', PROGRAM)
        b, _ = self.build('b', PROGRAM, '/usr/bin/awk')
        said = json.loads(command('diff', '--format', 'json', self.place / 'a.json', self.place / 'b.json', status=1))
        added = {change['path']: change for change in said['files'] if change['change'] == 'added'}
        self.assertEqual(set(added), everything(b) - everything(self.place / 'a'))
        self.assertEqual(said['added']['bytes_after'], sum(os.path.getsize(f'{b}{path}') for path, change in added.items() if change['after']['type'] == 'file'))
        self.assertTrue(any(change['reasons'] for change in added.values()))
        self.assertEqual({package['change'] for package in said['packages']} - {'added'}, set())

    def test_directories_and_manifests_can_be_mixed(self):
        a, _ = self.build('a', PROGRAM)
        self.assertEqual(command('diff', a, a), '')
        shutil.copytree(a, self.place / 'copy', symlinks=True)
        (self.place / 'copy/usr/bin/xz').write_text('short')
        said = command('diff', self.place / 'a.json', self.place / 'copy', status=1)
        self.assertIn('~ /usr/bin/xz (content; ', said)

    def test_names_from_strangers_do_not_drive_a_terminal(self):
        (self.place / 'a').mkdir()
        (self.place / 'b').mkdir()
        (self.place / 'b/\x1b[31m\n').write_text('')
        self.assertEqual(command('diff', '--color', 'never', self.place / 'a', self.place / 'b', status=1),
                         '+ /\\x1b[31m\\x0a (0 B)\n1 added (0 B), 0 removed (0 B), 0 changed (0 B)\n')


if __name__ == '__main__':
    unittest.main()
