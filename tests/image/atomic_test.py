"""What goes wrong leaves no image, and a layout that was there as it was."""
import ctypes
import errno
import json
import os
import signal
import struct
import subprocess
import time
import unittest

from support import COMMAND, ImageTest, Layout, build, refused, run


def refuse_calls(error, nameless):
    """From here on, renameat2(2) fails with the error, and if `nameless`, O_TMPFILE is not supported: a filter of seccomp(2), kept over exec."""
    rename, opened = {'x86_64': (316, 257), 'aarch64': (276, 56)}[os.uname().machine]
    load, equal, any_of, answer = 0x20, 0x15, 0x45, 0x06  # BPF_LD | BPF_W | BPF_ABS; BPF_JMP | BPF_JEQ, BPF_JSET; BPF_RET
    fails, flags, tmpfile = 0x00050000, 16 + 2 * 8, 0o20000000  # SECCOMP_RET_ERRNO; where the third argument is; __O_TMPFILE
    program = [(load, 0, 0, 0), (equal, 0, 1, rename), (answer, 0, 0, fails | error),
               (equal, 0, 3, opened if nameless else 0xffffffff), (load, 0, 0, flags), (any_of, 0, 1, tmpfile), (answer, 0, 0, fails | errno.EOPNOTSUPP),
               (answer, 0, 0, 0x7fff0000)]  # SECCOMP_RET_ALLOW
    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in program))
    filter_ = ctypes.create_string_buffer(struct.pack('@HP', len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, filter_, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        os._exit(99)


def snapshot(directory):
    return run('sh', '-c', 'cd "$0" && find . -printf "%p %y %m %T@ %s\\n" | sort && find . -type f -exec sha256sum {} + | sort', directory)


class Atomic(ImageTest):
    def setUp(self):
        super().setUp()
        self.layout = self.path('layout')
        build('--oci', self.layout, '--tag', 'first', '/usr/bin/xz')
        self.before = snapshot(self.layout)

    def unchanged(self):
        self.assertEqual(snapshot(self.layout), self.before)

    def nothing_else(self, *names):
        self.assertEqual({path.name for path in self.directory.iterdir()}, {'layout', *names})

    def test_a_process_that_is_killed_leaves_nothing(self):
        words = {'oci': self.layout, 'oci-archive': self.path('archive'), 'docker-archive': self.path('docker')}
        slow = ['--compression', 'zstd', '--level', '19', '--threads', '1', '/usr/bin/python3']
        for form, place in words.items():
            for delay in (0.05, 0.2, 0.5, 1.2):
                process = subprocess.Popen([COMMAND, 'build', '-q', '--' + form, place, *slow, '--include', '/usr/bin/gcc'])
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
                if process.wait() == 0:
                    continue  # it was faster
                self.unchanged()
                if form != 'oci':
                    left = [path for path in self.directory.iterdir() if path.name.startswith('.')]
                    self.assertLessEqual(len(left), 1)  # the archive under its temporary name, as layer.hpp says
                    for path in left:
                        path.unlink()
                self.nothing_else()

    def test_a_new_layout_appears_whole_or_not_at_all(self):
        process = subprocess.Popen([COMMAND, 'build', '-q', '--oci', self.path('new'), '--compression', 'zstd', '--level', '19', '/usr/bin/python3'])
        time.sleep(0.3)
        process.kill()
        if process.wait() != 0:
            self.nothing_else()

    def test_a_full_disk_leaves_the_layout_as_it_was(self):
        script = '''set -e
          mount -t tmpfs -o size=$(( 2 * $(du -sk "$2" | cut -f1) + 300 ))k none "$1"; cd "$1"; cp -a "$2" layout; cp -a "$2" before
          for form in oci oci-archive docker-archive; do
            place=archive; [ $form = oci ] && place=layout
            if "$3" build -q --$form $place --tag second /usr/bin/python3; then echo "it fitted"; exit 3; fi
          done
          diff -r layout before; ls -A'''
        self.path('mount').mkdir()
        done = subprocess.run(['unshare', '-m', 'sh', '-c', script, 'sh', self.path('mount'), self.layout, COMMAND], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, 'before\nlayout\n'), done.stderr)
        self.assertEqual(done.stderr.count('No space left on device'), 3, done.stderr)

    def test_a_file_that_cannot_be_read_leaves_the_layout_as_it_was(self):
        root = self.path('root')
        build('--dir', root, '/usr/bin/xz')
        (root / 'secret').write_text('x')
        (root / 'secret').chmod(0)
        self.directory.chmod(0o755)
        run('chown', '-R', '65534:65534', self.layout)
        self.before = snapshot(self.layout)
        done = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', COMMAND, 'build', '-q', '--root', root, '--oci', self.layout, '/usr/bin/xz', '/secret'],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn('/secret', done.stderr)
        self.unchanged()

    def test_what_is_no_layout_is_left_alone(self):
        self.path('dir').mkdir()
        self.path('dir/file').write_text('x')
        self.assertIn('neither empty nor an image layout', refused('build', '--oci', self.path('dir'), '/usr/bin/xz'))
        self.path('file').write_text('x')
        self.assertIn('is no directory', refused('build', '--oci', self.path('file'), '/usr/bin/xz'))
        (self.layout / 'index.json').write_text('{"schemaVersion": 2, "manifests": 7}')
        self.before = snapshot(self.layout)
        self.assertIn('index.json', refused('build', '--oci', self.layout, '/usr/bin/xz'))
        self.unchanged()
        (self.layout / 'oci-layout').write_text('{"imageLayoutVersion":"2.0.0"}')
        self.assertIn('1.x', refused('build', '--oci', self.layout, '/usr/bin/xz'))

    def test_bad_options_are_refused_before_anything_is_written(self):
        for option, value, word in (('--tag', 'a b', 'tag'), ('--env', 'novalue', 'NAME=VALUE'), ('--expose', '99999', 'port'), ('--workdir', 'here', 'absolute'), ('--label', '=x', 'NAME=VALUE'),
                                    ('--compression', 'lzma', 'gzip'), ('--level', '99', 'level'), ('--stop-signal', 'sig int', 'signal'), ('--base', '/nowhere', '/nowhere'), ('--platform', 'x', 'platform'),
                                    ('--user', 'a\nb', 'user'), ('--layers', 'two', 'split')):
            with self.subTest(option=option):
                self.assertIn(word, refused('build', '--oci', self.layout, option, value, '/usr/bin/xz'))
                self.unchanged()

    def test_a_layout_gains_images_and_keeps_what_it_does_not_know(self):
        index = json.loads((self.layout / 'index.json').read_text())
        index['manifests'][0]['urls'] = ['https://example.org/x']
        index['annotations'] = {'a': 'b'}
        index['somethingNew'] = [1, 2.5, None, True, {'x': 'ü'}]
        (self.layout / 'index.json').write_text(json.dumps(index))
        build('--oci', self.layout, '--tag', 'second', '/usr/bin/sort')
        now = json.loads((self.layout / 'index.json').read_text())
        self.assertEqual(now['manifests'][0], index['manifests'][0])
        self.assertEqual(len(now['manifests']), 2)
        del now['manifests'], index['manifests']
        self.assertEqual(now, index)
        build('--oci', self.layout, '--tag', 'second', '/usr/bin/xz')
        self.assertEqual(len(Layout(self.layout).index['manifests']), 2)
        Layout(self.layout).check()

    def test_a_blob_that_is_damaged_is_replaced(self):
        """One of the right size was taken for the blob that its name says."""
        manifest = Layout(self.layout).manifest('first')
        for digest in [manifest['config']['digest'], *(layer['digest'] for layer in manifest['layers'])]:
            blob = self.layout / 'blobs/sha256' / digest[7:]
            whole = blob.read_bytes()
            for damaged in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-1], b''):
                with self.subTest(digest=digest, size=len(damaged)):
                    blob.write_bytes(damaged)
                    build('--oci', self.layout, '--tag', 'second', '/usr/bin/xz')
                    self.assertEqual(blob.read_bytes(), whole)
                    Layout(self.layout).check()
        base = self.path('base')
        run('cp', '-a', self.layout, base)
        blob = self.layout / 'blobs/sha256' / manifest['layers'][0]['digest'][7:]
        blob.write_bytes(bytes(blob.stat().st_size))
        build('--oci', self.layout, '--tag', 'third', '--base', f'{base}:first', '/usr/bin/sort')
        Layout(self.layout).check()
        self.nothing_else('base')

    def test_a_blob_may_be_a_link_to_where_it_lies(self):
        digest = Layout(self.layout).manifest('first')['layers'][0]['digest'][7:]
        blob = self.layout / 'blobs/sha256' / digest
        blob.rename(self.path('shared'))
        blob.symlink_to(self.path('shared'))
        build('--oci', self.layout, '--tag', 'second', '/usr/bin/xz')
        self.assertTrue(blob.is_symlink())
        Layout(self.layout).check()

    def test_a_file_system_needs_not_know_of_names_that_must_be_new(self):
        """Many a network file system refuses RENAME_NOREPLACE, and O_TMPFILE as well."""
        for error in (errno.EINVAL, errno.ENOSYS):
            for files in ([], ['O_TMPFILE']):
                with self.subTest(error=error, files=files):
                    def refuse(error=error, files=files):
                        refuse_calls(error, nameless=bool(files))
                    place = self.path('new')
                    for tag in ('one', 'two', 'two'):
                        build('--oci', place, '--tag', tag, '/usr/bin/xz' if tag == 'one' else '/usr/bin/sort', preexec_fn=refuse)
                        Layout(place).check()
                    for layer in Layout(place).manifest('two')['layers']:
                        blob = place / 'blobs/sha256' / layer['digest'][7:]
                        blob.write_bytes(bytes(blob.stat().st_size))
                    build('--oci', place, '--tag', 'three', '/usr/bin/sort', preexec_fn=refuse)
                    Layout(place).check()
                    self.assertEqual({path.name for path in place.iterdir()}, {'blobs', 'index.json', 'oci-layout'})
                    self.nothing_else('new')
                    run('rm', '-r', place)
                    self.path('full').mkdir()
                    (self.path('full') / 'file').touch()
                    self.assertIn('neither empty', refused('build', '--oci', self.path('full'), '/usr/bin/xz', preexec_fn=refuse))
                    run('rm', '-r', self.path('full'))
                    processes = [subprocess.Popen([COMMAND, 'build', '-q', '--oci', place, '--tag', f't{i}', '/usr/bin/xz', '--env', f'I={i}'], preexec_fn=refuse) for i in range(4)]
                    self.assertEqual([process.wait() for process in processes], [0] * 4)
                    self.assertEqual(len(Layout(place).index['manifests']), 4)
                    Layout(place).check()
                    self.nothing_else('new')
                    run('rm', '-r', place)

    def test_nor_one_on_which_a_directory_is_filled(self):
        self.path('mount').mkdir()
        done = subprocess.run(['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none "$1" && "$2" build -q --dir "$1" /usr/bin/xz && chroot "$1" /usr/bin/xz --version && ls -A "$1"', 'sh', self.path('mount'), COMMAND],
                              capture_output=True, text=True, preexec_fn=lambda: refuse_calls(errno.EINVAL, nameless=False))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('xz (XZ Utils)', done.stdout)
        self.assertNotIn('rootlet', done.stdout)

    def test_processes_may_make_one_layout_at_a_time(self):
        processes = [subprocess.Popen([COMMAND, 'build', '-q', '--oci', self.path('new'), '--tag', f't{i}', '/usr/bin/xz', '--env', f'I={i}']) for i in range(8)]
        self.assertEqual([process.wait() for process in processes], [0] * 8)
        self.assertEqual(len(Layout(self.path('new')).index['manifests']), 8)
        Layout(self.path('new')).check()
        self.nothing_else('new')

    def test_options_that_the_output_has_no_place_for_are_refused(self):
        for words, said in ((['--tar', self.path('t'), '--tag', 'x'], '--tag'), (['--dir', self.path('d'), '--level', '3'], '--level'), (['--dir', self.path('d'), '--base', 'x'], '--base'),
                            (['--tar', self.path('t'), '--level', '3'], 'level'), (['--tar', self.path('t'), '--digest-file', self.path('f')], '--digest-file'),
                            (['--docker-archive', self.path('t'), '--compression', 'gzip'], 'not compressed'), (['--docker-archive', self.path('t'), '--annotation', 'a=b'], 'annotations'),
                            (['--tar', self.path('t'), '--manifest', self.path('t')], 'two outputs')):
            with self.subTest(words):
                self.assertIn(said, refused('build', *words, '/usr/bin/xz'))
                self.nothing_else()

    def test_names_that_docker_does_not_take_are_refused(self):
        for name in ('app@sha256:abc', 'a+b', 'a:b:c', 'x/y:z@w', 'A:b', 'a:' + '1' * 129):
            with self.subTest(name):
                self.assertIn('docker takes', refused('build', '--docker-archive', self.path('t'), '--tag', name, '/usr/bin/xz'))
        for name in ('a', 'a:B', 'localhost:5000/x/y:1.2', 'example.org/a-b'):
            build('--docker-archive', self.path('t'), '--tag', name, '/usr/bin/xz')
            self.assertEqual(json.loads(run('tar', '-xOf', self.path('t'), 'manifest.json'))[0]['RepoTags'], [name if ':' in name.split('/')[-1] else name + ':latest'])

    def test_names_that_stand_for_a_removal_are_refused(self):
        (self.path('root')).mkdir()
        (self.path('root') / '.wh.foo').write_text('x')
        self.assertIn('.wh.', refused('build', '--root', self.path('root'), '--oci', self.layout, '--platform', 'linux/amd64', '/.wh.foo'))
        self.unchanged()

    def test_processes_may_add_to_one_layout_at_a_time(self):
        processes = [subprocess.Popen([COMMAND, 'build', '-q', '--oci', self.layout, '--tag', f't{i}', '/usr/bin/xz', '--env', f'I={i}']) for i in range(8)]
        self.assertEqual([process.wait() for process in processes], [0] * 8)
        self.assertEqual(len(Layout(self.layout).index['manifests']), 9)
        Layout(self.layout).check()


if __name__ == '__main__':
    unittest.main()
