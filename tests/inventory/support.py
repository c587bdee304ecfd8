"""What the tests of inventories share: the command, and a small root with a package database whose layer anybody can describe."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

COMMAND = os.environ['ROOTLET_COMMAND']


def command(*words, status=0, **more):
    """Runs the command; returns its standard output, or what it complains of where it must fail."""
    done = subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True, **more)
    if done.returncode != status:
        raise AssertionError(f"rootlet {' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stderr if status == 2 else done.stdout


def digests(directory, algorithm='sha256'):
    """The digests of all files below a directory, by their paths in it, as sha256sum or sha1sum finds them."""
    found = subprocess.run(['find', '.', '-type', 'f', '-exec', algorithm + 'sum', '-z', '{}', '+'], cwd=directory, capture_output=True, check=True).stdout
    lines = [line.split(b'  ', 1) for line in found.split(b'\0') if line]
    return {os.fsdecode(path[1:]): value.decode() for value, path in lines}


def everything(directory):
    """Every path below a directory."""
    return {'/' + os.path.relpath(os.path.join(place, name), directory) for place, inner, names in os.walk(directory) for name in inner + names}


class Case(unittest.TestCase):
    """With a directory `self.place` for each test."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = pathlib.Path(temporary.name)

    def build(self, name, *words, **more):
        """A layer as a directory, with its manifest and what more is asked for; returns the directory and the manifest."""
        directory, manifest = self.place / name, self.place / (name + '.json')
        command('build', '-q', '--dir', directory, '--manifest', manifest, *words, **more)
        return directory, json.loads(manifest.read_text())


def package_url_parts(url):
    """Takes a package URL apart by the steps of purl-spec ("How to parse a purl string")."""
    from urllib.parse import unquote
    scheme, _, rest = url.partition(':')
    assert scheme == 'pkg', url
    rest, _, query = rest.partition('?')
    qualifiers = dict(pair.split('=', 1) for pair in query.split('&')) if query else {}
    assert list(qualifiers) == sorted(qualifiers), url
    kind, _, rest = rest.partition('/')
    path, _, version = rest.rpartition('@')
    namespace, _, name = path.rpartition('/')
    return kind, unquote(namespace), unquote(name), unquote(version), {key: unquote(value) for key, value in qualifiers.items()}


def dpkg_owners(path):
    """The packages of this machine that own a path, by dpkg's own word: their names, with the architecture where there may be several
    ("libc6:amd64"). Sees through a merged /usr."""
    for spelled in {path, path.removeprefix('/usr')}:
        done = subprocess.run(['dpkg-query', '-S', spelled], capture_output=True, text=True)
        if done.returncode == 0:
            lines = [line for line in done.stdout.splitlines() if not line.startswith('diversion ')]
            if lines:
                return set(lines[0].split(': ')[0].split(', '))
    return set()


def dpkg_versions():
    """Of this machine's packages: name and architecture to (version, source), as one name may be installed for several architectures."""
    form = '${Package}\t${Architecture}\t${Version}\t${source:Package}\n'
    shown = subprocess.run(['dpkg-query', '-W', '-f', form], capture_output=True, text=True, check=True).stdout
    rows = [line.split('\t') for line in shown.splitlines()]
    return {(name, architecture): (version, source) for name, architecture, version, source in rows}


HAS_DPKG = shutil.which('dpkg-query') is not None and os.path.exists('/var/lib/dpkg/status')
