"""Small roots with package databases, written as package managers write them."""
import os
import pathlib
import subprocess


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def write(root, files, links=()):
    for path, content in files.items():
        place = pathlib.Path(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        place.chmod(0o644)
    for path, target in links:
        place = pathlib.Path(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    return root


OS_RELEASE = {
    'debian': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\n'
              'VERSION_CODENAME=bookworm\nID=debian\n',
    'alpine': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
    'azurelinux': 'NAME="Microsoft Azure Linux"\nVERSION="3.0.20240801"\nID=azurelinux\nVERSION_ID="3.0"\n',
    'arch': 'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'}


def stanza(name, arch, version, more=''):
    return (f'Package: {name}\nStatus: install ok installed\nPriority: optional\nInstalled-Size: 12\nMaintainer: Someone <someone@example.org>\n'
            f'Architecture: {arch}\n{more}Version: {version}\nDescription: {name}\n What it is,\n .\n in lines: of its own.\n\n')


def dpkg(root):
    """Two architectures; a merged /usr; a configuration file; a diversion; a package whose documentation is another's."""
    same = 'Multi-Arch: same\n'
    status = (stanza('base-files', 'amd64', '12.4', 'Conffiles:\n /etc/debian_version 76dcd9ee02a5ef4c49c9e5f6ea9a5d3f\n /etc/host.conf 4eb63731c9f5e30903ac4fc07a7fe3d6\n')
              + stanza('libc6', 'amd64', '2.36-9', same + 'Source: glibc\n') + stanza('libc6', 'i386', '2.36-9', same + 'Source: glibc\n')
              + stanza('libtool1', 'amd64', '1:3.1-2+b1', same + 'Source: tool (1:3.1-2)\n') + stanza('tool', 'amd64', '1:3.1-2+b1', 'Depends: libtool1, libc6 (>= 2.14)\n')
              + stanza('other', 'all', '7') + stanza('unused', 'amd64', '9'))
    info = 'var/lib/dpkg/info/'
    files = {
        'var/lib/dpkg/status': status, 'var/lib/dpkg/arch': 'amd64\ni386\n',
        'usr/lib/x86_64-linux-gnu/libc.so.6': 'libc amd64', 'usr/lib/i386-linux-gnu/libc.so.6': 'libc i386', 'usr/lib/i386-linux-gnu/libnot.so': 'not in the layer',
        'usr/lib/x86_64-linux-gnu/libtool.so.1.2': 'the library', 'usr/bin/tool': 'the tool', 'usr/bin/tool.distrib': 'diverted', 'etc/tool.conf': 'local = 1\n',
        'etc/debian_version': '12.7\n', 'usr/lib/os-release': OS_RELEASE['debian'], 'etc/lsb-release': 'LSB_VERSION=1\n',
        'usr/share/doc/tool/copyright': 'License: MIT\n', 'usr/share/doc/libc6/copyright': 'License: LGPL-2.1\n', 'usr/share/doc/other/copyright': 'secret\n',
        info + 'base-files.list': '/.\n/etc\n/etc/debian_version\n/etc/os-release\n/etc/host.conf\n/usr\n/usr/lib\n/usr/lib/os-release\n/lib\n/lib64\n',
        info + 'base-files.md5sums': '0' * 32 + '  usr/lib/os-release\n',
        info + 'libc6:amd64.list': '/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libc.so.6\n/usr/share/doc/libc6/copyright\n',
        info + 'libc6:i386.list': '/.\n/lib\n/lib/i386-linux-gnu/libc.so.6\n/lib/i386-linux-gnu/libnot.so\n/usr/share/doc/libc6/copyright\n',
        info + 'libtool1:amd64.list': '/.\n/usr/lib/x86_64-linux-gnu/libtool.so.1.2\n/usr/lib/x86_64-linux-gnu/libtool.so.1\n/usr/share/doc/libtool1\n',
        info + 'tool.list': '/.\n/usr/bin/tool\n/etc/tool.conf\n/usr/share/doc/tool/copyright\n',
        info + 'other.list': '/.\n/usr/bin/tool\n/usr/share/doc/other/copyright\n', info + 'unused.list': '/.\n/lib\n/usr/lib/unused\n',
        'var/lib/dpkg/diversions': '/usr/bin/tool\n/usr/bin/tool.distrib\ntool\n'}
    write(root, files, [('lib', 'usr/lib'), ('etc/os-release', '../usr/lib/os-release'), ('usr/lib/x86_64-linux-gnu/libtool.so.1', 'libtool.so.1.2'),
                        ('usr/share/doc/libtool1', 'tool')])
    sums = {'libc6:amd64': ['lib/x86_64-linux-gnu/libc.so.6'], 'libc6:i386': ['lib/i386-linux-gnu/libc.so.6', 'lib/i386-linux-gnu/libnot.so'],
            'libtool1:amd64': ['usr/lib/x86_64-linux-gnu/libtool.so.1.2'], 'tool': ['usr/bin/tool', 'usr/share/doc/tool/copyright']}
    for name, paths in sums.items():
        write(root, {f'{info}{name}.md5sums': run('md5sum', *paths, cwd=root)})
    write(root, {info + 'other.md5sums': run('md5sum', 'usr/bin/tool.distrib', cwd=root).replace('.distrib', '')})
    os.chmod(pathlib.Path(root, 'usr/share/doc/other/copyright'), 0o600)
    return root


APK = '''C:Q1DuXsOQ8p1T2+ZlYhb0nZqTGqkiM=
P:alpine-release
V:3.20.3-r0
A:x86_64
L:MIT
o:alpine-base
m:Natanael Copa <ncopa@alpinelinux.org>
F:etc
R:alpine-release
Z:Q1XJ6hvOzGzYA5zYmkzUe6NMJUMq0=
R:os-release
a:0:0:777
Z:Q15zMkgg7J5ulzBxoUBRXi5HJRFmo=
F:usr
F:usr/lib
R:os-release
Z:Q1AF6hvOzGzYA5zYmkzUe6NMJUMq0=

C:Q1DuXsOQ8p1T2+ZlYhb0nZqTGqkiN=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
t:1709901334
c:ddcf4f8b4d5ad8b7a5b8e3f4ed1ad6f8b4d5ad8b
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1YHWGpA7qbR0hSZ1rTRzz5ztEZGg=
R:libc.musl-x86_64.so.1
a:0:0:777
Z:Q17yJ3JFNypA4mxhJJr0ou6CzsJVI=

C:Q1gbEVB1nbKiRLYkZ0nOiZqNRaBkM=
P:busybox
V:1.36.1-r29
A:x86_64
L:GPL-2.0-only
o:busybox
D:so:libc.musl-x86_64.so.1
F:bin
R:busybox
a:0:0:755
Z:Q1abcVB1nbKiRLYkZ0nOiZqNRaBkM=
F:etc
R:securetty
Z:Q1mB95Hq2NUTZ599RDiSsj9w5FrOU=
F:etc/network
M:0:0:1777
F:usr/share/udhcpc
M:0:0:700
R:default.script
a:0:0:755
Z:Q1gL8ENGXjLMc7oT26sjCiiK+tGpA=

C:Q1abcVB1nbKiRLYkZ0nOiZqNRaBkM=
P:unused
V:1-r0
A:x86_64
o:unused
F:usr/bin
R:unused
Z:Q1gL8ENGXjLMc7oT26sjCiiK+tGpB=

'''


def apk(root, merged=False):
    lib = 'usr/lib/' if merged else 'lib/'
    files = {lib + 'apk/db/installed': APK, lib + 'ld-musl-x86_64.so.1': 'musl', 'bin/busybox': 'busybox', 'usr/share/udhcpc/default.script': 'script',
             'etc/securetty': 'console\n', 'etc/alpine-release': '3.20.3\n', 'usr/lib/os-release': OS_RELEASE['alpine'], 'usr/bin/unused': ''}
    links = [('etc/os-release', '../usr/lib/os-release'), (lib + 'libc.musl-x86_64.so.1', 'ld-musl-x86_64.so.1')]
    return write(root, files, links + ([('lib', 'usr/lib')] if merged else []))


SPEC = '''Name: %s
Version: 1.2
Release: 3.azl3
%s
Summary: A package
License: MIT
Vendor: A vendor
BuildArch: noarch
%%description
%%install
mkdir -p %%{buildroot}/usr/bin %%{buildroot}/usr/share/licenses/%s
echo %s > %%{buildroot}/usr/bin/%s
echo MIT > %%{buildroot}/usr/share/licenses/%s/COPYING
%%files
/usr/bin/%s
/usr/share/licenses/%s/COPYING
'''


def rpm(root, work):
    """Made by rpm itself; takes root."""
    for name, epoch in (('first', 'Epoch: 2'), ('second', ''), ('unused', '')):
        write(work, {name + '.spec': SPEC % ((name, epoch) + (name,) * 6)})
        run('rpmbuild', '-bb', '--define', f'_topdir {work}/build', '--define', f'_rpmdir {work}/rpms', work / (name + '.spec'))
    pathlib.Path(root).mkdir(parents=True)
    run('rpm', '--root', root, '--dbpath', '/var/lib/rpm', '-i', '--nodeps', '--ignoreos', '--ignorearch', *sorted(work.glob('rpms/noarch/*.rpm')))
    return write(root, {'usr/lib/os-release': OS_RELEASE['azurelinux']}, [('etc/os-release', '../usr/lib/os-release')])


def pacman(root):
    local = 'var/lib/pacman/local/'
    files = {local + 'ALPM_DB_VERSION': '9\n', 'usr/bin/tool': 'tool', 'usr/share/tool/data': 'data', 'usr/bin/unused': '', 'usr/lib/os-release': OS_RELEASE['arch']}
    for name, paths in (('tool', 'usr/bin/\nusr/bin/tool\nusr/share/\nusr/share/tool/\nusr/share/tool/data\n'), ('unused', 'usr/bin/\nusr/bin/unused\n')):
        files[f'{local}{name}-1:2-3/desc'] = f'%NAME%\n{name}\n\n%VERSION%\n1:2-3\n\n%BASE%\n{name}\n\n%DESC%\nA tool\n\n%ARCH%\nx86_64\n\n%LICENSE%\nMIT\n\n'
        files[f'{local}{name}-1:2-3/files'] = f'%FILES%\nusr/\n{paths}\n'
    return write(root, files, [('etc/os-release', '../usr/lib/os-release')])
