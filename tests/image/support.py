"""What the tests of images share: the command, real clients of images, and images taken apart by hand."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

COMMAND = os.environ['ROOTLET_COMMAND']
LATEST = 'org.opencontainers.image.ref.name'


def run(*words, **more):
    """Runs a program that must succeed; returns what it prints."""
    done = subprocess.run([str(word) for word in words], capture_output=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def build(*words, **more):
    return run(COMMAND, 'build', '-q', *words, **more)


def refused(*words, status=2, **more):
    """What the command says when it does not do it."""
    done = subprocess.run([COMMAND, *[str(word) for word in words]], capture_output=True, text=True, **more)
    assert done.returncode == status, (done.returncode, done.stderr)
    return done.stderr


class Layout:
    """An image layout, read as image-layout.md says."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.index = json.loads((self.path / 'index.json').read_text())

    def blob(self, digest):
        algorithm, _, value = digest.partition(':')
        data = (self.path / 'blobs' / algorithm / value).read_bytes()
        assert hashlib.new(algorithm, data).hexdigest() == value, digest
        return data

    def document(self, digest):
        return json.loads(self.blob(digest))

    def descriptor(self, tag='latest'):
        found = [d for d in self.index['manifests'] if d.get('annotations', {}).get(LATEST) == tag]
        assert len(found) == 1, (tag, self.index)
        return found[0]

    def manifest(self, tag='latest'):
        return self.document(self.descriptor(tag)['digest'])

    def config(self, tag='latest'):
        return self.document(self.manifest(tag)['config']['digest'])

    def check(self):
        """Every blob is what its name says, and everything that is named is there with its size."""
        assert (self.path / 'oci-layout').read_text() == '{"imageLayoutVersion":"1.0.0"}'
        for entry in (self.path / 'blobs' / 'sha256').iterdir():
            self.blob('sha256:' + entry.name)
        for descriptor in self.index['manifests']:
            self.check_descriptor(descriptor)

    def check_descriptor(self, descriptor):
        data = self.blob(descriptor['digest'])
        assert len(data) == descriptor['size'], descriptor
        if descriptor['mediaType'].endswith(('.manifest.v1+json', '.index.v1+json')):
            document = json.loads(data)
            assert document['mediaType'] == descriptor['mediaType']
            inner = document.get('manifests', []) or [document['config'], *document['layers']]
            for inside in inner:
                self.check_descriptor(inside)


def uncompressed(media_type, data):
    if media_type.endswith('+gzip'):
        return run('gzip', '-dc', input=data)
    if media_type.endswith('+zstd'):
        return run('zstd', '-dc', input=data)
    return data


def tree(directory):
    """Everything in a directory that a layer says: type, mode, owner, content or target."""
    found = {}
    directory = str(directory)
    for place, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(place, name)
            status = os.lstat(path)
            if os.path.islink(path):
                what = ('link', os.readlink(path))
            elif os.path.isdir(path):
                what = ('directory', oct(status.st_mode & 0o7777))
            else:
                with open(path, 'rb') as file:
                    what = ('file', oct(status.st_mode & 0o7777), int(status.st_mtime), hashlib.sha256(file.read()).hexdigest())
            found[os.path.relpath(path, directory)] = what
    return found


class ImageTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='rootlet-image-'))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def path(self, name):
        return self.directory / name

    def compiled(self, name, text, *options, compiler='gcc'):
        source = self.path(name + '.c')
        source.write_text(text)
        run(compiler, '-O1', '-o', self.path(name), source, *options)
        return self.path(name)
