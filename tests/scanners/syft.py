"""What Syft finds in a layer. After anchore/syft at bf82010f3c38508e30dd01ed8053f158513c0c9d, file by file."""
import fnmatch
import re


def glob(layer, pattern):
    # "**/" is any directories or none.
    return sorted(path for path in layer.files if fnmatch.fnmatchcase('/' + path, pattern.replace('**/', '*/', 1)))


def release(layer):
    # syft/linux/identify_release.go: the first of etc/os-release, usr/lib/os-release that says something; links are crossed.
    for path in ('etc/os-release', 'usr/lib/os-release'):
        content = layer.follow(path)
        if not content:
            continue
        fields = dict(line.split('=', 1) for line in content.decode().splitlines() if '=' in line and not line.startswith('#'))
        fields = {key: value.strip().strip('"\'') for key, value in fields.items()}
        # syft/linux/supplement_release.go: etc/debian_version has the point release of Debian.
        exact = (layer.files.get('etc/debian_version') or b'').decode().strip()
        version = exact if fields.get('ID') == 'debian' and re.fullmatch(r'\d+(\.\d+)?', exact) else fields.get('VERSION_ID', '')
        return fields.get('ID', ''), version
    return None


def fields(text):
    # syft/pkg/cataloger/debian/parse_dpkg_db.go, extractAllFields: "-" falls out of names; a name that comes twice is an error, as is
    # a continuation of nothing; a line without a colon is passed over.
    entry, key = {}, None
    for line in text.split('\n'):
        if line.startswith(' '):
            if key is None or key not in entry:
                raise ValueError(f'no match for continuation: {line}')
            entry[key] += '\n ' + line.strip()
        elif line.find(':') > 0:
            key, value = line.split(':', 1)
            key = key.strip().replace('-', '')
            if key in entry:
                raise ValueError(f'duplicate key discovered: {key}')
            entry[key] = int(value) if key == 'InstalledSize' else value.strip()
    return entry


def dpkg(layer):
    # syft/pkg/cataloger/debian/cataloger.go: **/lib/dpkg/status and **/lib/dpkg/status.d/*, the lists of sums among the latter.
    found = []
    for path in glob(layer, '**/lib/dpkg/status') + glob(layer, '**/lib/dpkg/status.d/*'):
        for text in re.split('\n\n+', layer.files[path].decode()):
            entry = fields(text)
            if not entry.get('Package') or 'deinstall' in entry.get('Status', ''):
                continue
            # package.go, fetchMd5Contents: NAME:ARCH.md5sums (NAME alone for "all"), else NAME.md5sums; in the directory of status.d itself.
            directory = path.rpartition('/')[0] if '/status.d/' in path else path.rpartition('/')[0] + '/info'
            qualified = entry['Package'] + ('' if entry.get('Architecture', 'all') == 'all' else ':' + entry['Architecture'])
            sums = layer.files.get(f'{directory}/{qualified}.md5sums', layer.files.get(f'{directory}/{entry["Package"]}.md5sums', b''))
            files = {}
            # parse_dpkg_info_files.go, parseDpkgMD5Info: the sum, a blank, the path.
            for line in sums.decode().splitlines():
                digest, _, name = line.partition(' ')
                files['/' + name.strip().lstrip('/')] = digest
            for line in entry.get('Conffiles', '').split('\n'):
                if line.strip():
                    files.setdefault('/' + line.split()[0].lstrip('/'), line.split()[1])
            # extractSourceVersion: "name (version)".
            source = re.match(r'(\S+)( \((.*)\))?', entry.get('Source', ''))
            # fetchCopyrightContents: usr/share/doc/NAME/copyright.
            copyright = layer.follow(f'usr/share/doc/{entry["Package"]}/copyright')
            found.append({'name': entry['Package'], 'version': entry['Version'], 'arch': entry.get('Architecture', ''), 'files': files,
                          'source': source[1] if source else '', 'source_version': source[3] if source else None, 'copyright': copyright})
    return found


def apk(layer):
    # syft/pkg/apk.go: **/lib/apk/db/installed. parse_apk_db.go: an empty line ends a package.
    found = []
    for path in glob(layer, '**/lib/apk/db/installed'):
        for text in layer.files[path].decode().split('\n\n'):
            package, directory, last = {'files': {}}, '/', None
            for line in filter(None, text.split('\n')):
                key, value = line.split(':', 1)
                if key == 'F':
                    directory = '/' + value.strip('/')
                elif key == 'R':
                    last = directory.rstrip('/') + '/' + value
                    package['files'][last] = None
                elif key == 'Z':
                    package['files'][last] = value
                elif value and key not in ('M', 'a'):
                    package[key] = value
            if 'P' in package:
                found.append(package)
    return found


def rpm(layer):
    # syft/pkg/rpm.go: **/var/lib/rpmmanifest/container-manifest-2. parse_rpm_manifest.go: only lines that end; package.go,
    # newMetadataFromManifestLine: at least ten fields, one "-" in the second; the epoch is the ninth unless the sixth is "(none)".
    found = []
    for path in glob(layer, '**/var/lib/rpmmanifest/container-manifest-2'):
        for line in layer.files[path].decode().split('\n')[:-1]:
            fields = line.split('\t')
            if len(fields) < 10 or fields[1].count('-') != 1:
                continue
            version, release = fields[1].split('-')
            found.append({'name': fields[0], 'version': version, 'release': release, 'epoch': None if fields[5] == '(none)' else int(fields[8]),
                          'arch': fields[7], 'source': fields[9], 'vendor': fields[4], 'size': int(fields[6])})
    return found


def alpm(layer):
    # syft/pkg/alpm.go: **/var/lib/pacman/local/**/desc. parse_alpm_db.go, parseDatabase: sections between empty lines, a %KEY% first.
    found = []
    for path in layer.files:
        if re.search('(^|/)var/lib/pacman/local/.*/desc$', path):
            sections = (text.split('\n', 1) for text in layer.files[path].decode().split('\n\n'))
            package = {part[0].strip().strip('%').lower(): part[1].strip() for part in sections if len(part) == 2}
            found.append((package['name'], package['version'], package['arch']))
    return sorted(found)
