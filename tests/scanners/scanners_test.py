"""Scanners find the packages of a layer from the layer alone. What they read and how is in trivy.py, syft.py and clair.py."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import clair
import roots
import syft
import trivy
from layer import Layer
from roots import run

COMMAND = os.environ['ROOTLET_COMMAND']


class Scanned(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)

    def build(self, *words):
        done = subprocess.run([COMMAND, 'build', '-q', '--tar', '-', *map(str, words)], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return Layer(done.stdout)

    def unpack(self, layer):
        for path, content in layer.files.items():
            place = self.work / 'unpacked' / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return self.work / 'unpacked'

    def check_members(self, layer):
        """Regular files of mode 0644 that belong to root and are as old as the epoch, in directories of mode 0755."""
        for path, member in layer.headers.items():
            if path.startswith(('var/lib/', 'lib/apk', 'usr/lib/apk', 'etc/os-release', 'usr/lib/os-release')):
                self.assertIn((member.type, member.mode), [(b'0', 0o644), (b'5', 0o755)], path)
                self.assertEqual((member.uid, member.gid, member.mtime), (0, 0, 0), path)


class OfThisMachine(Scanned):
    """A Debian system, as dpkg itself knows it."""

    @classmethod
    def setUpClass(cls):
        if not pathlib.Path('/etc/debian_version').exists():
            raise unittest.SkipTest('no Debian system')
        done = subprocess.run([COMMAND, 'build', '-q', '--tar', '-', '/usr/bin/curl', '/usr/bin/git', '/bin/sh'], capture_output=True, check=True)
        cls.layer = Layer(done.stdout)
        # What dpkg says of each file and of each link to a file, under both names of a merged /usr.
        names = {}
        for path in [*cls.layer.files, *cls.layer.links]:
            if os.path.lexists('/' + path) and not os.path.isdir('/' + path):
                names['/' + path] = path
                if path.startswith(('usr/lib', 'usr/bin', 'usr/sbin')):
                    names['/' + path.removeprefix('usr/')] = path
        said = subprocess.run(['dpkg-query', '-S', *names], capture_output=True, text=True).stdout
        cls.owners = {}
        for line in said.splitlines():
            if line.startswith('diversion by'):
                continue
            packages, _, path = line.partition(': ')
            if path in names:
                cls.owners[names[path]] = min(packages.split(', '))  # of several the first by name has it
        cls.packages = {}
        wanted = sorted(set(cls.owners.values()))
        format = '${binary:Package}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n'
        for line in run('dpkg-query', '-W', '-f', format, *wanted).splitlines():
            binary, *fields = line.split('\t')
            cls.packages[binary] = tuple(fields)

    def test_every_scanner_finds_every_package_with_its_version_and_source(self):
        self.assertGreater(len(self.packages), 30)
        expected = sorted(self.packages.values())
        self.assertEqual(sorted((p['name'], p['version'], p['arch'], p['source'], p['source_version']) for p in trivy.dpkg(self.layer)), expected)
        self.assertEqual(sorted((p['name'], p['version'], p['arch'], p['source'] or p['name'], p['source_version'] or p['version'])
                                for p in syft.dpkg(self.layer)), expected)
        # The source of Clair has the version in it where that is another one.
        self.assertEqual(sorted((*p[:3], p[3].split(' ')[0] or p[0]) for p in clair.dpkg(self.layer)), [p[:4] for p in expected])

    def test_every_scanner_tells_the_distribution(self):
        version = pathlib.Path('/etc/debian_version').read_text().strip()
        self.assertIn(('debian', version), trivy.operating_system(self.layer))
        self.assertEqual(syft.release(self.layer)[0], 'debian')
        self.assertEqual(clair.distribution(self.layer)[:2], ('debian', int(version.split('.')[0])))
        self.check_members(self.layer)

    def test_the_files_of_a_package_are_those_of_the_layer_that_dpkg_says_it_owns(self):
        expected = {}
        for path, owner in self.owners.items():
            # What is made for the layer in a file's place is no file of the package.
            if path in self.layer.files and self.layer.files[path] == pathlib.Path('/' + path).read_bytes():
                name, _, architecture = self.packages[owner][:3]
                expected.setdefault((name, architecture), set()).add('/' + path)
        # Nor is the copy in place of a link.
        expected['base-files', self.packages['base-files'][2]] -= {'/etc/os-release'}
        self.assertEqual({(p['name'], p['arch']): set(p['files']) for p in trivy.dpkg(self.layer) if p['files']}, expected)
        self.assertEqual({(p['name'], p['arch']): set(p['files']) for p in syft.dpkg(self.layer) if p['files']}, expected)

    def test_md5sum_agrees_with_the_sums(self):
        top = self.unpack(self.layer)
        for sums in sorted(top.glob('var/lib/dpkg/status.d/*.md5sums')):
            if sums.stat().st_size > 0:
                run('md5sum', '-c', '--quiet', '--strict', sums, cwd=top)

    def test_dpkg_query_reads_the_stanzas_as_its_own(self):
        admin = self.work / 'dpkg'
        (admin / 'info').mkdir(parents=True)
        (admin / 'updates').mkdir()
        stanzas = [text for path, text in sorted(self.layer.files.items()) if path.startswith('var/lib/dpkg/status.d/') and not path.endswith('.md5sums')]
        (admin / 'status').write_bytes(b'\n'.join(stanzas))
        (admin / 'arch').write_bytes(pathlib.Path('/var/lib/dpkg/arch').read_bytes() if os.path.exists('/var/lib/dpkg/arch') else b'')
        format = '${binary:Package} ${Version} ${db:Status-Abbrev} ${source:Package} ${source:Version} ${Depends} ${Maintainer}\n${Description}\n'
        ours = run('dpkg-query', f'--admindir={admin}', '-W', '-f', format)
        self.assertEqual(ours, run('dpkg-query', '-W', '-f', format, *self.packages))

    def test_python_debian_reads_the_stanzas(self):
        script = ('import sys, json, io\nfrom debian.deb822 import Packages\n'
                  'print(json.dumps([[p["Package"], p["Version"], p.source] for t in json.load(sys.stdin) for p in Packages.iter_paragraphs(io.StringIO(t), use_apt_pkg=False)]))')
        texts = [text.decode() for path, text in self.layer.files.items() if path.startswith('var/lib/dpkg/status.d/') and not path.endswith('.md5sums')]
        read = json.loads(subprocess.run(['/usr/bin/python3', '-c', script], input=json.dumps(texts).encode(), capture_output=True, check=True).stdout)
        self.assertEqual(sorted(map(tuple, read)), sorted((p[0], p[1], p[3]) for p in self.packages.values()))

    def test_licenses_are_those_that_are_on_this_machine(self):
        layer = self.build('--licenses', '/usr/bin/curl')
        names = {p['name'] for p in trivy.dpkg(layer)}
        here = sorted(name for name in names if os.path.isfile(f'/usr/share/doc/{name}/copyright'))
        self.assertEqual([name for name in trivy.licenses(layer) if name in names], here)
        for package in syft.dpkg(layer):
            if package['name'] in here:
                self.assertEqual(package['copyright'], pathlib.Path(f'/usr/share/doc/{package["name"]}/copyright').read_bytes())


class Dpkg(Scanned):
    ENTRIES = ['/usr/bin/tool', '/usr/bin/tool.distrib', '/etc/tool.conf', '/usr/lib/x86_64-linux-gnu/libtool.so.1', '/usr/lib/x86_64-linux-gnu/libc.so.6',
               '/usr/lib/i386-linux-gnu/libc.so.6']

    def layer(self, *words):
        return self.build('--root', roots.dpkg(self.work / 'root'), *words, *self.ENTRIES)

    def test_packages_of_two_architectures_have_their_own_sums(self):
        layer = self.layer()
        expected = [('base-files', '12.4', 'amd64', ['/etc/debian_version', '/usr/lib/os-release']),
                    ('libc6', '2.36-9', 'amd64', ['/usr/lib/x86_64-linux-gnu/libc.so.6']),
                    ('libc6', '2.36-9', 'i386', ['/usr/lib/i386-linux-gnu/libc.so.6']),
                    ('libtool1', '1:3.1-2+b1', 'amd64', ['/usr/lib/x86_64-linux-gnu/libtool.so.1.2']),
                    ('other', '7', 'all', ['/usr/bin/tool.distrib']),
                    ('tool', '1:3.1-2+b1', 'amd64', ['/etc/tool.conf', '/usr/bin/tool'])]
        for found in (trivy.dpkg(layer), syft.dpkg(layer)):
            self.assertEqual(sorted((p['name'], p['version'], p['arch'], sorted(p['files'])) for p in found), expected)
        self.assertEqual(sorted(p[:3] for p in clair.dpkg(layer)), [p[:3] for p in expected])
        self.assertEqual({p['name']: (p['source'], p['source_version']) for p in trivy.dpkg(layer)}['libtool1'], ('tool', '1:3.1-2'))
        self.assertIn(('debian', '12.7'), trivy.operating_system(layer))
        self.assertEqual(syft.release(layer), ('debian', '12.7'))
        self.assertEqual(clair.distribution(layer), ('debian', 12, 'bookworm'))
        self.check_members(layer)
        top = self.unpack(layer)
        for name in ('libc6:amd64', 'libc6:i386', 'libtool1', 'other', 'tool'):
            run('md5sum', '-c', '--strict', f'var/lib/dpkg/status.d/{name}.md5sums', cwd=top)
        # The sum of what was packaged, which shows that the file is another one now.
        self.assertIn(b'0' * 32 + b'  usr/lib/os-release\n', layer.files['var/lib/dpkg/status.d/base-files.md5sums'])

    def test_a_stanza_is_that_of_the_root_without_configuration_files_that_are_not_there(self):
        layer = self.layer()
        status = (self.work / 'root/var/lib/dpkg/status').read_text()
        for package in ('libtool1', 'tool', 'other'):
            self.assertIn(layer.files[f'var/lib/dpkg/status.d/{package}'].decode() + '\n', status)
        base = re.search('Package: base-files\n.*?\n\n', status, re.S)[0]
        self.assertEqual(layer.files['var/lib/dpkg/status.d/base-files'].decode() + '\n', re.sub(' /etc/host.conf .*\n', '', base))

    def test_licenses_are_regular_files_and_none_is_a_secret(self):
        layer = self.layer('--licenses')
        self.assertEqual(trivy.licenses(layer), ['libc6', 'libtool1', 'tool'])
        self.assertEqual(layer.files['usr/share/doc/libtool1/copyright'], b'License: MIT\n')
        said = subprocess.run([COMMAND, 'build', '--licenses', '--tar', self.work / 'x.tar', '--root', self.work / 'root', *self.ENTRIES], capture_output=True, text=True)
        self.assertIn('/usr/share/doc/other/copyright', said.stderr)
        self.assertEqual(trivy.licenses(self.layer_again()), [])

    def test_a_package_that_only_names_the_distribution_has_its_license_too(self):
        roots.write(roots.dpkg(self.work / 'root'), {'usr/share/doc/base-files/copyright': 'License: GPL\n'})
        layer = self.layer_again('--licenses')
        self.assertEqual(trivy.licenses(layer), ['base-files', 'libc6', 'libtool1', 'tool'])

    def layer_again(self, *words):
        return self.build('--root', self.work / 'root', *words, *self.ENTRIES)

    def test_nothing_is_said_if_that_is_not_wanted_or_no_package_has_a_file(self):
        layer = self.layer('--no-package-metadata')
        self.assertFalse([path for path in layer.headers if path.startswith('var') or 'release' in path])
        roots.write(self.work / 'root', {'opt/own': 'mine'})
        self.assertEqual(self.build('--root', self.work / 'root', '/opt/own').files, {'opt/own': b'mine'})

    def test_the_layer_of_a_layer_is_the_layer(self):
        layer = self.layer()
        top = self.unpack(layer)
        for path, target in layer.links.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).symlink_to(target)
        again = self.build('--root', top, *self.ENTRIES)
        self.assertEqual({path: text for path, text in again.files.items() if not path.startswith('var')}, {path: text for path, text in layer.files.items() if not path.startswith('var')})
        self.assertEqual(sorted(p[:3] for p in clair.dpkg(again)), sorted(p[:3] for p in clair.dpkg(layer)))


class Apk(Scanned):
    ENTRIES = ['/lib/libc.musl-x86_64.so.1', '/bin/busybox', '/usr/share/udhcpc/default.script']

    def check(self, layer):
        expected = [('alpine-release', '3.20.3-r0', ['/etc/alpine-release', '/usr/lib/os-release']),
                    ('busybox', '1.36.1-r29', ['/bin/busybox', '/usr/share/udhcpc/default.script']),
                    ('musl', '1.2.5-r0', ['/lib/ld-musl-x86_64.so.1', '/lib/libc.musl-x86_64.so.1'])]
        self.assertEqual(sorted((p['P'], p['V'], sorted('/' + path for path in p['files'])) for p in trivy.apk(layer)), expected)
        self.assertEqual(sorted((p['P'], p['V'], sorted(p['files'])) for p in syft.apk(layer)), expected)
        self.assertEqual(sorted(clair.apk(layer)), [('alpine-release', '3.20.3-r0', 'x86_64', 'alpine-base'), ('busybox', '1.36.1-r29', 'x86_64', 'busybox'),
                                                    ('musl', '1.2.5-r0', 'x86_64', 'musl')])
        self.assertEqual(set(trivy.operating_system(layer)), {('alpine', '3.20.3')})
        self.assertEqual(syft.release(layer), ('alpine', '3.20.3'))
        self.assertEqual(clair.distribution(layer), ('alpine', '3.20'))
        self.check_members(layer)

    def test_every_scanner_finds_every_package_and_only_what_is_there(self):
        layer = self.build('--root', roots.apk(self.work / 'root'), *self.ENTRIES)
        self.check(layer)
        # Lines of a record are those of the root, without those of files that are not here.
        text = layer.files['lib/apk/db/installed'].decode()
        left_out = re.search('F:etc\nR:securetty\n.*\nF:etc/network\nM:0:0:1777\n', roots.APK)[0]
        record = re.search('C:[^\n]*\nP:busybox\n.*?\n\n', roots.APK, re.S)[0]
        self.assertIn(record.replace(left_out, ''), text)
        self.assertIn(re.search('C:[^\n]*\nP:musl\n.*?\n\n', roots.APK, re.S)[0], text)

    def test_the_database_stands_behind_the_link_of_a_merged_usr(self):
        layer = self.build('--root', roots.apk(self.work / 'root', merged=True), '/bin/busybox', '/usr/share/udhcpc/default.script', '/usr/lib/libc.musl-x86_64.so.1')
        self.assertEqual(layer.links['lib'], 'usr/lib')
        self.check(layer)


class Rpm(Scanned):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest('rpm --root takes root')
        roots.rpm(self.work / 'root', self.work)

    # Clair is not among them: it reads only rpm's own databases.
    def test_trivy_and_syft_find_the_packages_as_rpm_prints_them(self):
        layer = self.build('--root', self.work / 'root', '/usr/bin/first', '/usr/bin/second')
        form = r'%{NAME}\t%{VERSION}-%{RELEASE}\t%{BUILDTIME}\t%{BUILDTIME}\t%{VENDOR}\t%{EPOCH}\t%{SIZE}\t%{ARCH}\t%{EPOCHNUM}\t%{SOURCERPM}\n'
        expected = run('rpm', '--root', self.work / 'root', '--dbpath', '/var/lib/rpm', '-q', '--qf', form, 'first', 'second')
        self.assertEqual(layer.files['var/lib/rpmmanifest/container-manifest-2'].decode(), expected)
        source = lambda name: (name, '1.2', '3.azl3')
        self.assertEqual([(p['name'], p['version'], p['release'], p['epoch'], p['arch'], p['source']) for p in trivy.rpm(layer)],
                         [('first', '1.2', '3.azl3', 2, 'noarch', source('first')), ('second', '1.2', '3.azl3', 0, 'noarch', source('second'))])
        self.assertEqual([(p['name'], p['epoch'], p['vendor']) for p in syft.rpm(layer)], [('first', 2, 'A vendor'), ('second', None, 'A vendor')])
        self.assertEqual(set(trivy.operating_system(layer)), {('azurelinux', '3.0')})
        self.assertEqual(syft.release(layer), ('azurelinux', '3.0'))
        self.check_members(layer)

    def test_licenses_are_those_of_the_packages(self):
        layer = self.build('--licenses', '--root', self.work / 'root', '/usr/bin/first')
        self.assertEqual([path for path in layer.files if 'licenses' in path], ['usr/share/licenses/first/COPYING'])


class Pacman(Scanned):
    def test_pacman_and_syft_find_the_package_and_its_file(self):
        layer = self.build('--root', roots.pacman(self.work / 'root'), '/usr/bin/tool')
        self.assertEqual(syft.alpm(layer), [('tool', '1:2-3', 'x86_64')])
        self.assertEqual(syft.release(layer)[0], 'arch')
        top = self.unpack(layer)
        said = run('pacman', '--root', top, '--dbpath', top / 'var/lib/pacman', '-Ql')
        self.assertEqual(said, f'tool {top}/usr/bin/tool\n')
        self.assertEqual(run('pacman', '--root', top, '--dbpath', top / 'var/lib/pacman', '-Q'), 'tool 1:2-3\n')
        self.check_members(layer)


if __name__ == '__main__':
    unittest.main()
