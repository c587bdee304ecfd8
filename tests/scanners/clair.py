"""What Clair finds in a layer. After quay/claircore at 0f12d7bc346db32ffc463eb2f61a3f024b4cb030, file by file.

Clair reads only rpm's own databases (internal/rpm/find.go): packages of rpm in a layer without one are not found.
"""
import re

# net/textproto: what a name of a header may be made of.
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def headers(text):
    """textproto.Reader.ReadMIMEHeader, again and again until the end."""
    lines = text.split('\n')
    while lines:
        header, name = {}, None
        if lines[0][:1] in (' ', '\t'):
            raise ValueError(f'malformed MIME header initial line: {lines[0]}')
        while lines:
            line = lines.pop(0)
            if not line:
                break
            if line[:1] in (' ', '\t'):
                header[name] += ' ' + line.strip()
                continue
            name, colon, value = line.partition(':')
            if not colon or not TOKEN.fullmatch(name):
                raise ValueError(f'malformed MIME header line: {line}')
            name = name.title()
            header[name] = header.get(name, value.strip())
        if not header:
            return
        yield header


def dpkg(layer):
    # dpkg/distroless_scanner.go: every file but *.md5sums in a directory status.d; the status is not looked at. The source package is the
    # whole field, "name (version)" too, and has the version of the package.
    found = []
    for path, content in sorted(layer.files.items()):
        if re.search('(^|/)status[.]d/[^/]+$', path) and not path.endswith('.md5sums'):
            for header in headers(content.decode()):
                found.append((header['Package'], header['Version'], header.get('Architecture', ''), header.get('Source', '')))
    # dpkg/scanner.go: a directory with a file `status` and a directory `info` is a database, too.
    assert not [d for d in layer.directories if d.endswith('/info') and d.removesuffix('/info') + '/status' in layer.files]
    return found


def apk(layer):
    # apk/scanner.go: lib/apk/db/installed, links crossed by pkg/tarfs; entries between empty lines, each line a letter, a colon, a value.
    found = []
    for entry in (layer.follow('lib/apk/db/installed') or b'').decode().split('\n\n'):
        # Only lines that end count; what splits entries is not a part of the last line.
        fields = {line[0]: line[2:].strip() for line in entry.split('\n')[:-1] if len(line) >= 2}
        if entry:
            found.append((fields.get('P'), fields.get('V'), fields.get('A'), fields.get('o')))
    return found


def os_release(layer):
    # osrelease/scanner.go: etc/os-release, only where there is none usr/lib/os-release; a line without "=" is an error.
    content = layer.follow('etc/os-release')
    if content is None:
        content = layer.follow('usr/lib/os-release')
    found = {}
    for line in (content or b'').decode().splitlines():
        if line.strip() and not line.strip().startswith('#'):
            if '=' not in line:
                raise ValueError(f'osrelease: malformed line {line}')
            key, value = line.strip().split('=', 1)
            found[key] = value.strip().strip('"' if value.startswith('"') else "'")
    return found


def distribution(layer):
    # debian/distributionscanner.go: ID, a whole number in VERSION_ID, VERSION_CODENAME. alpine/distributionscanner.go: VERSION_ID up to its last dot.
    # ubuntu/distributionscanner.go: etc/lsb-release before etc/os-release.
    said = os_release(layer)
    if said.get('ID') == 'debian':
        return 'debian', int(said['VERSION_ID']), said['VERSION_CODENAME']
    if said.get('ID') == 'alpine':
        return 'alpine', said['VERSION_ID'].rpartition('.')[0]
    return said.get('ID'), said.get('VERSION_ID')
