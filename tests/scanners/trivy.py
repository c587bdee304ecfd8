"""What Trivy finds in a layer. After aquasecurity/trivy at dc3c56eed58ab21c7e08d26757c517bc946a86c5, file by file.

An error in one file of a kind ends the analysis of that kind, so each of them is an exception here.
"""
import re


def regular(layer):
    # pkg/fanal/walker/tar.go, LayerTar.Walk: directories and tar.TypeReg; "symlinks and hardlinks have no content in reader, skip them".
    return layer.files


def lines(content):
    # bufio.Scanner: lines without their end; a line of 64 KiB ends the scan.
    for line in content.decode(errors='surrogateescape').split('\n'):
        if len(line) >= 65536:
            return
        yield line.removesuffix('\r')


def operating_system(layer):
    files = regular(layer)
    found = []
    # pkg/fanal/analyzer/os/release/release.go: both paths; the family is from a table of IDs, in which debian and ubuntu are not.
    families = {'rhel': 'redhat', 'centos': 'centos', 'rocky': 'rocky', 'almalinux': 'alma', 'ol': 'oracle', 'fedora': 'fedora', 'alpine': 'alpine',
                'azurelinux': 'azurelinux', 'mariner': 'cbl-mariner', 'photon': 'photon', 'wolfi': 'wolfi', 'sles': 'sles'}
    for path in ('etc/os-release', 'usr/lib/os-release'):
        fields = dict(line.split('=', 1) for line in lines(files.get(path, b'')) if '=' in line)
        family, version = families.get(fields.get('ID', '').strip().strip('"\'')), fields.get('VERSION_ID', '').strip().strip('"\'')
        if family and version:
            found.append((family, version))
    # pkg/fanal/analyzer/os/debian/debian.go: the first line of etc/debian_version.
    if 'etc/debian_version' in files:
        found.append(('debian', next(lines(files['etc/debian_version']))))
    # pkg/fanal/analyzer/os/ubuntu/ubuntu.go: DISTRIB_ID=Ubuntu and then DISTRIB_RELEASE= in etc/lsb-release.
    release = list(lines(files.get('etc/lsb-release', b'')))
    if 'DISTRIB_ID=Ubuntu' in release:
        rest = release[release.index('DISTRIB_ID=Ubuntu'):]
        found += [('ubuntu', line[16:].strip()) for line in rest if line.startswith('DISTRIB_RELEASE=')][:1]
    # pkg/fanal/analyzer/os/alpine/alpine.go: the first line of etc/alpine-release.
    if 'etc/alpine-release' in files:
        found.append(('alpine', next(lines(files['etc/alpine-release']))))
    # pkg/fanal/analyzer/os/redhatbase/redhatbase.go: "(.*) release (\d[\d\.]*)" in etc/redhat-release.
    if 'etc/redhat-release' in files:
        name, version = re.search(r'(.*) release (\d[\d.]*)', next(lines(files['etc/redhat-release'])).strip()).groups()
        kinds = {'centos': 'centos', 'centos linux': 'centos', 'rocky linux': 'rocky', 'almalinux': 'alma', 'fedora': 'fedora', 'fedora linux': 'fedora'}
        found.append((kinds.get(name.lower(), 'redhat'), version))
    return found


def stanzas(content):
    # pkg/fanal/analyzer/pkg/dpkg/scanner.go: paragraphs, each by textproto's ReadMIMEHeader, whose names have no case.
    for paragraph in re.split(r'\n\n+', content.decode()):
        header, name = {}, None
        for line in paragraph.split('\n'):
            if line[:1] in (' ', '\t') and name:
                header[name] += ' ' + line.strip()
            elif ':' in line:
                name, value = line.split(':', 1)
                name = name.lower()
                header.setdefault(name, value.strip())
        if header:
            yield header


def dpkg(layer):
    # pkg/fanal/analyzer/pkg/dpkg/dpkg.go, Required: var/lib/dpkg/status, what is directly in var/lib/dpkg/status.d/, md5sums there and in info/.
    found, sums = [], {}
    for path, content in sorted(regular(layer).items()):
        directory, _, name = path.rpartition('/')
        if name.endswith('.md5sums') and directory in ('var/lib/dpkg/info', 'var/lib/dpkg/status.d'):
            # parseDpkgMd5sums: "<digest>  <filepath> (2 spaces)"; a line without two blanks is an error.
            owned = sums.setdefault(name.removesuffix('.md5sums'), [])
            for line in content.decode().splitlines():
                digest, blanks, file = line.partition('  ')
                if not blanks:
                    raise ValueError(f'invalid md5sums line format: {line}')
                owned.append('/' + file)
        elif path == 'var/lib/dpkg/status' or directory == 'var/lib/dpkg/status.d':
            for header in stanzas(content):
                # parseStatus: not deinstall, not purge. parseDpkgPkg: a name and a version.
                if {'deinstall', 'purge'} & set(header.get('status', '').split()) or not header.get('package') or not header.get('version'):
                    continue
                # "name (version)"; missing parts are those of the package.
                source = re.match(r'(\S*)( \((.*)\))?', header.get('source', ''))
                found.append({'name': header['package'], 'version': header['version'], 'arch': header.get('architecture', ''),
                              'source': source[1] or header['package'], 'source_version': source[3] or header['version'],
                              'maintainer': header.get('maintainer', '')})
    for package in found:
        # PostAnalyze: by the name, and only if that is not there by NAME:ARCH.
        package['files'] = sums.get(package['name'], sums.get(package['name'] + ':' + package['arch'], []))
    return found


def licenses(layer):
    # pkg/fanal/analyzer/pkg/dpkg/copyright.go, Required: usr/share/doc/*/copyright; the package is the third directory.
    return sorted(path.split('/')[3] for path in regular(layer) if re.fullmatch('usr/share/doc/[^/]+/copyright', path))


def apk(layer):
    # pkg/fanal/analyzer/pkg/apk/apk.go: lib/apk/db/installed, usr/lib/apk/db/installed; a line of less than two characters ends a package.
    found = []
    for path in ('lib/apk/db/installed', 'usr/lib/apk/db/installed'):
        package, directory = {}, ''
        for line in lines(regular(layer).get(path, b'')):
            if len(line) < 2:
                if package:
                    found.append(package)
                package = {}
                continue
            key, value = line[:2], line[2:]
            if key in ('P:', 'V:', 'A:', 'L:', 'm:'):
                package[key[0]] = value
            elif key == 'o:':
                package['source'], package['source_version'] = value, package.get('V')
            elif key == 'F:':
                directory = value
            elif key == 'R:':
                package.setdefault('files', []).append((directory + '/' if directory else '') + value)
        if package:
            found.append(package)
    return found


def split_file_name(name):
    # pkg/fanal/analyzer/pkg/rpm/rpm.go, splitFileName.
    name, dot, _ = name.removesuffix('.rpm').rpartition('.')
    rest, dash, release = name.rpartition('-')
    source, second, version = rest.rpartition('-')
    if not (dot and dash and second):
        raise ValueError('unexpected name format')
    return source, version, release


def rpm(layer):
    # pkg/fanal/analyzer/pkg/rpm/rpmqa.go: ten fields; one "-" in the second; a source package in the tenth; a number in the ninth.
    found = []
    for line in lines(regular(layer).get('var/lib/rpmmanifest/container-manifest-2', b'').removesuffix(b'\n')):
        if not line and not found:
            continue
        fields = line.split('\t')
        if len(fields) != 10 or fields[1].count('-') != 1:
            raise ValueError(f'failed to parse a line ({line})')
        version, release = fields[1].split('-')
        found.append({'name': fields[0], 'version': version, 'release': release, 'epoch': int(fields[8]), 'arch': fields[7],
                      'source': split_file_name(fields[9])})
    return found
