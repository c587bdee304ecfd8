"""What an image sets for its programs (image-spec's config.md, "Env") counts where the image is a root: they are started with it."""
import json
import os
import subprocess
import unittest

from reading_test import Writer
from support import COMMAND, ImageTest, Layout, build, refused, run

SETTINGS = ['PATH=/opt/x/bin:/usr/bin', 'LD_LIBRARY_PATH=/opt/lib']


class Environment(ImageTest):
    def setUp(self):
        super().setUp()
        self.root = self.path('root')
        build('--dir', self.root, '--data', 'none', '/usr/bin/env', '/bin/sh')
        for place in ('app', 'opt/lib', 'opt/x/bin'):
            (self.root / place).mkdir(parents=True)
        library = self.compiled('libf.so', 'int f(void) { return 7; }\n', '-shared', '-fPIC', '-Wl,-soname,libf.so')
        self.compiled('m', 'int f(void); int main(void) { return f(); }\n', library)
        os.rename(library, self.root / 'opt/lib/libf.so')
        os.rename(self.path('m'), self.root / 'app/m')
        (self.root / 'opt/x/bin/mysh').symlink_to('/bin/sh')
        (self.root / 'app/s').write_text('#!/usr/bin/env mysh\nexit 8\n')
        (self.root / 'app/s').chmod(0o755)
        writer = Writer(self.path('stage'))
        writer.image([run('tar', '-C', self.root, '-c', '.')], config_change=lambda config: config.update(config={'Env': SETTINGS}))
        self.stage = writer.close()

    def started(self, root, *words):
        """The status of a program that is started in a root as a run time would, with what the image sets."""
        return subprocess.run(['env', '-i', *SETTINGS, 'unshare', '-r', 'chroot', root, *words] if os.geteuid() else ['/usr/bin/env', '-i', 'LD_LIBRARY_PATH=', '/usr/sbin/chroot', root, '/usr/bin/env', *SETTINGS, *words]).returncode

    def test_programs_that_need_it_would_start(self):
        self.assertEqual([self.started(self.root, '/app/m'), self.started(self.root, '/app/s')], [7, 8])
        run(COMMAND, 'audit', '--root', self.stage, '--data', 'none', '/app/m', '/app/s')
        run(COMMAND, 'audit', '--root', self.stage, '--all')
        for entry in ('/app/m', '/app/s'):
            self.assertEqual(subprocess.run([COMMAND, 'audit', '--root', self.root, '--data', 'none', entry], capture_output=True).returncode, 1, 'a directory sets nothing')

    def test_an_image_that_is_built_from_it_has_what_they_need_and_sets_it_too(self):
        build('--root', self.stage, '--oci', self.path('layout'), '--data', 'none', '/app/m', '/app/s')
        self.assertEqual(sorted(Layout(self.path('layout')).config()['config']['Env']), sorted(SETTINGS))
        build('--root', self.stage, '--dir', self.path('layer'), '--data', 'none', '/app/m', '/app/s')
        self.assertEqual([self.started(self.path('layer'), '/app/m'), self.started(self.path('layer'), '/app/s')], [7, 8])
        run(COMMAND, 'audit', '--root', f'oci:{self.path("layout")}', '--all')

    def test_what_is_given_counts_instead(self):
        self.assertIn('libf.so', refused('build', '--root', self.stage, '--dir', self.path('none'), '--library-path', '/none', '--data', 'none', '/app/m', status=1))
        build('--root', self.stage, '--oci', self.path('layout'), '--data', 'none', '--library-path', '/opt/lib:/more', '--env', 'PATH=/bin', '/app/m')
        self.assertEqual(sorted(Layout(self.path('layout')).config()['config']['Env']), ['LD_LIBRARY_PATH=/opt/lib:/more', 'PATH=/bin'])

    def test_settings_that_are_none(self):
        for settings in (['PATH'], ['=x', ''], ['PATH=a\0b'], ['LD_LIBRARY_PATH=' + '/x' * 100000]):
            writer = Writer(self.path(f'odd-{len(json.dumps(settings))}'))
            writer.image([run('tar', '-C', self.root, '-c', '.')], config_change=lambda config, settings=settings: config.update(config={'Env': settings}))
            done = subprocess.run([COMMAND, 'resolve', '--root', writer.close(), '--data', 'none', '/app/m'], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn('libf.so', done.stdout)


if __name__ == '__main__':
    unittest.main()
