"""Layers on bases that are not like the root: other links, other types, other capabilities, other packages."""
import os
import shutil
import struct
import unittest

from reading_test import Writer, folder, link, member, tar_of
from support import ImageTest, Layout, build, refused, run, tree, uncompressed


class OnBase(ImageTest):
    def base(self, *members, architecture='amd64'):
        writer = Writer(self.path('base'))
        writer.image([tar_of(*members)], architecture=architecture)
        return writer.close()

    def on(self, base, *words, root=None, status=0):
        """What is said while an image is built on the base."""
        root = [] if root is None else ['--root', root]
        return refused('build', '--oci', self.path('layout'), '--base', base, *root, *words, status=status)

    def top(self, number=-1):
        """The members of the layer that was built, and their contents."""
        image = Layout(self.path('layout'))
        layer = image.manifest()['layers'][number]
        place = self.path('top')
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        run('tar', '-xf', '-', '-C', place, input=uncompressed(layer['mediaType'], image.blob(layer['digest'])))
        return place

    def unpacked(self):
        shutil.rmtree(self.path('bundle'), ignore_errors=True)
        run('umoci', 'unpack', '--image', f'{self.path("layout")}:latest', self.path('bundle'))
        return self.path('bundle/rootfs')


class Links(OnBase):
    def starts(self, *command):
        """The program says in the image what it says here."""
        if os.getuid() != 0:
            self.skipTest('chroot takes root')
        self.assertEqual(run('chroot', self.unpacked(), *command), run(*command))

    def merged(self, *words):
        """The root of a program with a merged /usr, as a distribution has it."""
        root = self.path('root')
        build('--dir', root, *words)
        for name in ('lib', 'lib64'):
            if not (root / name).is_symlink():
                self.skipTest('this machine has no merged /usr')
        return root

    def test_a_program_of_a_merged_usr_starts_on_a_base_without(self):
        """The link /lib64 could not be there, and with it went the loader: the image did not start."""
        base = self.base(folder('lib'), folder('lib64'), folder('bin'), member('lib/own', b'of the base'))
        for layers in ('one', 'split'):
            with self.subTest(layers):
                said = self.on(base, '--layers', layers, '/usr/bin/xz', '/bin/sh')
                self.assertIn('/lib64: the base has another directory there; what the program reaches by this link is linked in it', said)
                image = self.unpacked()
                self.assertEqual(os.readlink(image / 'lib64/ld-linux-x86-64.so.2'), os.path.realpath('/lib64', strict=True) + '/ld-linux-x86-64.so.2')
                self.assertEqual((image / 'lib/own').read_bytes(), b'of the base')
                self.assertFalse((image / 'lib').is_symlink())
                self.assertEqual(os.readlink(image / 'lib/x86_64-linux-gnu'), '/usr/lib/x86_64-linux-gnu')
                self.assertEqual(os.readlink(image / 'bin/sh'), '/usr/bin/sh')
                self.starts('/usr/bin/xz', '--version')
                self.starts('/bin/sh', '-c', 'echo $((6 * 7))')

    def test_it_starts_too_where_the_base_has_the_directory_but_not_all_in_it(self):
        self.on(self.base(folder('lib64'), folder('lib/x86_64-linux-gnu'), member('lib/x86_64-linux-gnu/own', b'x')), '/usr/bin/xz')
        image = self.unpacked()
        self.assertEqual(os.readlink(image / 'lib/x86_64-linux-gnu/libc.so.6'), '/usr/lib/x86_64-linux-gnu/libc.so.6')
        self.starts('/usr/bin/xz', '--version')

    def test_it_starts_too_where_a_link_of_the_base_leads_elsewhere(self):
        self.on(self.base(folder('elsewhere'), link('lib64', 'elsewhere')), '/usr/bin/xz')
        self.assertTrue((self.unpacked() / 'elsewhere/ld-linux-x86-64.so.2').is_symlink())
        self.starts('/usr/bin/xz', '--version')

    def test_what_the_base_has_there_already_stays(self):
        root = self.path('root')
        (root / 'usr/data/in').mkdir(parents=True)
        for name, text in (('same', 'same'), ('other', 'of the root'), ('new', 'new'), ('in/deep', 'deep')):
            (root / 'usr/data' / name).write_text(text)
        os.symlink('usr/data', root / 'data')
        os.symlink('data', root / 'far')
        base = self.base(folder('data'), member('data/same', b'same'), member('data/other', b'of the base'), folder('data/in'))
        said = self.on(base, '--platform', 'linux/amd64', '/data/same', '/data/other', '/far/new', '/data/in/deep', root=root)
        self.assertIn('/data/other: the base has another file there; it stays, and is what the program gets', said)
        self.assertNotIn('/data/same:', said)
        found = {name: what for name, what in tree(self.top()).items() if what[0] == 'link'}
        self.assertEqual(found, {'far': ('link', 'data'), 'data/new': ('link', '/usr/data/new'), 'data/in/deep': ('link', '/usr/data/in/deep')})
        again = self.path('layout').rename(self.path('first'))
        self.on(base, '--platform', 'linux/amd64', '/data/same', '/data/other', '/far/new', '/data/in/deep', root=root)
        self.assertEqual(Layout(self.path('layout')).index, Layout(again).index)

    def test_a_whole_directory_is_reached_through_the_link(self):
        root = self.path('root')
        (root / 'usr/data/tree/in').mkdir(parents=True)
        (root / 'usr/data/tree/in/a').write_text('a')
        (root / 'usr/data/tree/b').write_text('b')
        os.symlink('usr/data', root / 'data')
        self.on(self.base(folder('data/tree')), '--platform', 'linux/amd64', '/data/tree', root=root)
        image = self.unpacked()
        self.assertEqual({name: os.readlink(image / 'data/tree' / name) for name in os.listdir(image / 'data/tree')},
                         {'in': '/usr/data/tree/in', 'b': '/usr/data/tree/b'})


class Differences(OnBase):
    def test_a_file_that_cannot_be_there_is_an_error(self):
        root = self.path('root')
        (root / 'opt/d').mkdir(parents=True)
        (root / 'opt/app').write_text('app')
        (root / 'opt/d/app').write_text('app')
        os.link(root / 'opt/app', root / 'opt/same')
        for what, entry, how in ((folder('opt/app'), '/opt/app', 'a directory there'), (member('opt/app', type=b'6'), '/opt/app', 'no file there'), (folder('opt/same'), '/opt/same', 'a directory there'),
                                 (link('opt/app', 'nowhere'), '/opt/app', 'no file there'), (member('opt/d', b''), '/opt/d/app', 'a directory on the way to it is none in the base')):
            with self.subTest(how):
                base = self.base(folder('opt'), what)
                said = self.on(base, '--platform', 'linux/amd64', '/opt/app', '/opt/same', '/opt/d/app', root=root, status=2)
                self.assertIn(f'{entry} cannot be in an image on the base {base}: ', said)
                self.assertIn(how, said)
                self.assertIn('--exclude', said)
                self.assertFalse(self.path('layout').exists())
                shutil.rmtree(self.path('base'))

    def test_data_that_cannot_be_there_is_said(self):
        root = self.path('root')
        for place in ('etc', 'opt'):
            (root / place).mkdir(parents=True)
        (root / 'etc/app.conf').write_text('mine')
        program = self.compiled('app', '#include <stdio.h>\nint main(void) { return fopen("/etc/app.conf", "r") == NULL; }\n', '-static')
        os.rename(program, root / 'opt/app')
        said = self.on(self.base(folder('etc'), link('etc/app.conf', 'nowhere')), '/opt/app', root=root)
        self.assertIn('/etc/app.conf: the base has no file there', said)
        self.assertTrue((self.unpacked() / 'opt/app').exists())

    def test_file_capabilities_that_differ_are_said(self):
        # capabilities(7), VFS_CAP_REVISION_2: CAP_NET_RAW, permitted and effective.
        capability = struct.pack('<5I', 0x02000001, 1 << 13, 0, 0, 0)
        root = self.path('root')
        (root / 'opt').mkdir(parents=True)
        for name in ('with', 'without'):
            (root / 'opt' / name).write_text(name)
        try:
            os.setxattr(root / 'opt/with', 'security.capability', capability)
        except OSError:
            self.skipTest('nobody may set capabilities here')
        entries = ['--platform', 'linux/amd64', '/opt/with', '/opt/without']
        build('--root', root, '--oci', self.path('base'), *entries)
        os.setxattr(root / 'opt/without', 'security.capability', capability)
        os.removexattr(root / 'opt/with', 'security.capability')
        said = self.on(f'oci:{self.path("base")}', *entries, root=root)
        for name in ('with', 'without'):
            self.assertIn(f'/opt/{name}: the base has it with other file capabilities, which stay', said)
        os.setxattr(root / 'opt/with', 'security.capability', capability)
        os.removexattr(root / 'opt/without', 'security.capability')
        self.assertEqual(self.on(f'oci:{self.path("base")}', *entries, root=root).count('capabilities'), 0)

    def test_of_a_base_for_several_platforms_the_one_of_the_entries_is_taken(self):
        writer = Writer(self.path('base'))
        platforms = ('amd64', 'arm64')
        inner = [dict(writer.image([tar_of(member('which', name.encode()))], architecture=name), annotations={}, platform={'os': 'linux', 'architecture': name}) for name in platforms]
        index = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.index.v1+json', 'manifests': inner}
        writer.manifests = [writer.document(index, index['mediaType'])]
        base = writer.close()
        self.on(base, '/usr/bin/xz')
        self.assertEqual((self.unpacked() / 'which').read_bytes(), b'amd64')
        i386 = self.compiled('i386', 'int main(void) { return 0; }\n', '-static', '-m32')
        said = self.on(base, i386, status=2)
        self.assertIn('has images for linux/amd64, linux/arm64; name one by --platform', said)


def apk_record(name, version, *files):
    """Of apk's list: a record with its files by directory."""
    text = f'C:Q1{name}=\nP:{name}\nV:{version}\nA:x86_64\nL:MIT\n'
    for directory, *names in files:
        text += f'F:{directory}\n' + ''.join(f'R:{file}\na:0:0:755\nZ:Q1{file}=\n' for file in names)
    return text + '\n'


class Packages(OnBase):
    """What scanners read of the packages of an image is of those of the base and of the layer."""

    def root(self, name, files):
        for path, text in files.items():
            place = self.path(name) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return self.path(name)

    def build_base(self, root, *entries):
        build('--root', root, '--oci', self.path('base'), '--platform', 'linux/amd64', *entries)
        return f'oci:{self.path("base")}'

    def apk(self, *records, name='root'):
        files = {'usr/lib/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n', 'lib/apk/db/installed': ''.join(records)}
        return self.root(name, {**files, **{f'opt/{file}': file for file in ('one', 'two', 'more')}})

    def test_apk_has_the_packages_of_both(self):
        records = [apk_record('one', '1-r0', ('opt', 'one')), apk_record('two', '2-r0', ('opt', 'two'))]
        root = self.apk(*records)
        base = self.build_base(root, '/opt/one')
        said = self.on(base, '/opt/two', root=root)
        self.assertNotIn('installed', said)
        self.assertEqual((self.top() / 'lib/apk/db/installed').read_text(), ''.join(records))
        first = Layout(self.path('layout')).index
        shutil.rmtree(self.path('layout'))
        self.on(base, '/opt/two', root=root)
        self.assertEqual(Layout(self.path('layout')).index, first)

    def test_a_package_that_both_have_in_part_has_the_files_of_both(self):
        whole = apk_record('one', '1-r0', ('opt', 'one', 'two'), ('opt/deep', 'more'))
        root = self.root('root', {'opt/deep/more': 'more'})
        self.apk(whole)
        base = self.build_base(root, '/opt/one')
        self.on(base, '/opt/two', '/opt/deep/more', root=root)
        self.assertEqual((self.top() / 'lib/apk/db/installed').read_text(), whole)
        self.on(f'oci:{self.path("layout")}', '--tag', 'again', '/opt/one', '/opt/two', root=root)
        self.assertEqual(len(Layout(self.path('layout')).manifest('again')['layers']), 2)  # it lacks nothing

    def test_the_records_of_the_base_stay_as_they_are(self):
        others = apk_record('other', '7-r1', ('etc/x', 'y')) + 'P:odd\nV:1\n\n'
        base = self.base(member('lib/apk/db/installed', (others + apk_record('one', '0-r9', ('opt', 'one'))).encode()), member('opt/one', b'one'))
        root = self.apk(apk_record('one', '1-r0', ('opt', 'one', 'two')))
        self.on(base, '--platform', 'linux/amd64', '/opt/one', '/opt/two', root=root)
        self.assertEqual((self.top() / 'lib/apk/db/installed').read_text(), others + apk_record('one', '0-r9', ('opt', 'one')) + apk_record('one', '1-r0', ('opt', 'one', 'two')))

    def dpkg(self, version, name='root'):
        status = f'Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nDescription: A tool\n\n'
        paths = ''.join(f'/opt/{file}\n' for file in ('one', 'two', 'more'))
        return self.root(name, {'var/lib/dpkg/status': status, 'var/lib/dpkg/info/tool.list': paths, **{f'opt/{file}': file for file in ('one', 'two', 'more')}})

    def test_the_sums_of_a_package_of_dpkg_are_of_the_files_of_both(self):
        root = self.dpkg('1')
        base = self.build_base(root, '/opt/one', '/opt/two')
        said = self.on(base, '/opt/two', '/opt/more', root=root)
        self.assertNotIn('status.d', said)
        self.assertEqual(list((self.top() / 'var/lib/dpkg/status.d').iterdir()), [self.path('top/var/lib/dpkg/status.d/tool.md5sums')])
        image = self.unpacked()
        self.assertEqual([line.split()[1] for line in (image / 'var/lib/dpkg/status.d/tool.md5sums').read_text().splitlines()], ['opt/one', 'opt/two', 'opt/more'])
        run('md5sum', '-c', '--quiet', '--strict', 'var/lib/dpkg/status.d/tool.md5sums', cwd=image)

    def test_sums_of_another_version_are_not_those_of_the_base(self):
        base = self.build_base(self.dpkg('1'), '/opt/one')
        said = self.on(base, '/opt/two', root=self.dpkg('2', 'newer'))
        self.assertIn('/var/lib/dpkg/status.d/tool: the base has another file there', said)
        self.assertFalse((self.top() / 'var').exists())

    def test_the_manifest_of_rpm_has_the_packages_of_both(self):
        if os.getuid() != 0 or shutil.which('rpmbuild') is None:
            self.skipTest('rpm --root takes root')
        root = self.path('root')
        for name in ('first', 'second'):
            spec = self.path(name + '.spec')
            spec.write_text(f'Name: {name}\nVersion: 1.2\nRelease: 3\nSummary: A package\nLicense: MIT\nBuildArch: noarch\n%description\n%install\n'
                            f'mkdir -p %{{buildroot}}/opt\necho {name} > %{{buildroot}}/opt/{name}\n%files\n/opt/{name}\n')
            run('rpmbuild', '-bb', '--define', f'_topdir {self.path("work")}', '--define', f'_rpmdir {self.path("rpms")}', spec)
        root.mkdir()
        run('rpm', '--root', root, '--dbpath', '/var/lib/rpm', '-i', '--nodeps', '--ignoreos', '--ignorearch', *sorted(self.path('rpms').glob('*/*.rpm')))
        base = self.build_base(root, '/opt/first')
        said = self.on(base, '/opt/second', root=root)
        self.assertNotIn('container-manifest', said)
        lines = (self.top() / 'var/lib/rpmmanifest/container-manifest-2').read_text().splitlines()
        self.assertEqual([line.split('\t')[:2] for line in lines], [['first', '1.2-3'], ['second', '1.2-3']])

    def test_the_list_of_a_package_of_pacman_is_of_the_files_of_both(self):
        desc = '%NAME%\ntool\n\n%VERSION%\n1-1\n\n%ARCH%\nx86_64\n\n'
        local = 'var/lib/pacman/local/'
        root = self.root('root', {local + 'ALPM_DB_VERSION': '9\n', local + 'tool-1-1/desc': desc, local + 'tool-1-1/files': '%FILES%\nopt/\nopt/one\nopt/two\n\n',
                                  'opt/one': 'one', 'opt/two': 'two'})
        base = self.build_base(root, '/opt/one')
        self.on(base, '/opt/two', root=root)
        self.assertEqual((self.unpacked() / local / 'tool-1-1/files').read_text(), '%FILES%\nopt/one\nopt/two\n\n')


if __name__ == '__main__':
    unittest.main()
