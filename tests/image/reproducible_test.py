"""The same image, byte for byte, whoever makes it, where, when, and from which copy of the root."""
import os
import pathlib
import random
import shutil
import subprocess
import unittest

from support import COMMAND, ImageTest, Layout, build, run

ENTRIES = ['/usr/bin/xz', '/usr/bin/sort']


def copy_in_another_order(source, target):
    """As cp -a, but names are made in another order, so that the directories list them in another order."""
    for place, directories, files in os.walk(source):
        here = pathlib.Path(target) / os.path.relpath(place, source)
        here.mkdir(exist_ok=True)
        names = files + [name for name in directories if os.path.islink(os.path.join(place, name))]
        random.Random(1).shuffle(names)
        for name in sorted(names, reverse=True):
            run('cp', '-a', os.path.join(place, name), here / name)
    for place, _, _ in os.walk(source, topdown=False):
        here = pathlib.Path(target) / os.path.relpath(place, source)
        shutil.copystat(place, here)


def bytes_of(layout):
    return {str(path.relative_to(layout)): path.read_bytes() for path in pathlib.Path(layout).rglob('*') if path.is_file()}


class Reproducible(ImageTest):
    def setUp(self):
        super().setUp()
        self.root = self.path('root')
        build('--dir', self.root, *ENTRIES)
        self.directory.chmod(0o755)

    def build_by(self, name, root, user=None, **more):
        """Builds two images into a layout of this name, with a directory of its own around it."""
        around = self.path('around-' + name)
        around.mkdir()
        around.chmod(0o777)
        words = [COMMAND, 'build', '-q', '--oci', around / name]
        if user is not None:
            words = ['setpriv', f'--reuid={user}', f'--regid={user}', '--clear-groups', *words]
        for tag, options in (('gzip', []), ('zstd', ['--compression', 'zstd', '--layers', 'split', '--threads', more.pop('threads', '0')])):
            run(*words, '--tag', tag, *options, '--root', root, *ENTRIES, **more)
        return around / name

    def test_directories_time_zones_umasks_users_orders_and_threads_make_no_difference(self):
        first = bytes_of(self.build_by('first', self.root, env={**os.environ, 'TZ': 'Asia/Tokyo', 'LC_ALL': 'C'}, umask=0o022))
        other = self.path('elsewhere')
        copy_in_another_order(self.root, other)
        second = bytes_of(self.build_by('second', other, user=65534, threads='3', env={'PATH': os.environ['PATH'], 'TZ': 'America/New_York', 'LC_ALL': 'C.UTF-8', 'LD_LIBRARY_PATH': os.environ.get('LD_LIBRARY_PATH', '')},
                                        umask=0o077, cwd='/'))
        self.assertEqual(first, second)
        self.assertGreater(len(first), 8)

    def test_the_root_as_an_archive_makes_the_same_image(self):
        wanted = bytes_of(self.build_by('directory', self.root))
        layout = self.path('source')
        run('umoci', 'init', '--layout', layout)
        run('umoci', 'new', '--image', f'{layout}:root')
        run('umoci', 'insert', '--image', f'{layout}:root', self.root, '/')
        run('chmod', '-R', 'a+rX', layout)  # umoci makes its index for its user alone
        archive = self.path('root.tar')
        run('skopeo', 'copy', f'oci:{layout}:root', f'oci-archive:{archive}')
        self.assertEqual(bytes_of(self.build_by('archive', archive)), wanted)
        self.assertEqual(bytes_of(self.build_by('layout', f'oci:{layout}:root', user=65534)), wanted)

    def test_an_epoch_is_all_that_time_does(self):
        epoch = {**os.environ, 'SOURCE_DATE_EPOCH': '1234567890'}
        first = self.build_by('first', self.root, env=epoch)
        subprocess.run(['find', self.root, '-exec', 'touch', '-h', '-d', '@99', '{}', '+'], check=True)
        build('--oci', first, '--tag', 'epoch', '--times', 'epoch', '--root', self.root, *ENTRIES, env=epoch)
        build('--oci', self.path('second'), '--tag', 'epoch', '--times', 'epoch', '--root', self.root, *ENTRIES, env=epoch)
        self.assertEqual(Layout(first).descriptor('epoch'), Layout(self.path('second')).descriptor('epoch'))


if __name__ == '__main__':
    unittest.main()
