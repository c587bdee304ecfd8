"""A layer as scanners get it: an archive, of which they see members one by one."""
import io
import posixpath
import tarfile


class Layer:
    def __init__(self, data):
        self.files, self.links, self.directories, self.headers = {}, {}, set(), {}
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                name = member.name.removeprefix('./').strip('/')
                self.headers[name] = member
                if member.isreg():
                    self.files[name] = archive.extractfile(member).read()
                elif member.issym():
                    self.links[name] = member.linkname
                elif member.isdir():
                    self.directories.add(name)

    def follow(self, path):
        """The content of the file that a path leads to, links crossed, or None: for readers that cross links."""
        done, rest, budget = '', [part for part in path.split('/') if part], 40
        while rest:
            part = rest.pop(0)
            at = posixpath.normpath(posixpath.join(done, part)).removeprefix('../')
            if at in self.links and budget > 0:
                target, budget = self.links[at], budget - 1
                done = '' if target.startswith('/') else done
                rest = [part for part in target.split('/') if part] + rest
            else:
                done = '' if at == '.' else at
        return self.files.get(done)
