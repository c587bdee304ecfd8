"""Seeded faults, found every time and nothing else: what `rootlet audit` says of a program is what its real loader says.

ROOTLET_KEEP=DIR keeps what is built there, for a look at what is reported; ROOTLET_EVERYTHING=1 takes every combination there is.
ROOTLET_WORLDS=FIRST-LAST takes these random worlds for each machine.
"""
import concurrent.futures
import os
import pathlib
import shlex
import tempfile
import unittest

import oracle
import plugins
import scenarios
import specials
import toolchain
import worlds

COMMAND = os.environ['ROOTLET_COMMAND']
KEEP = os.environ.get('ROOTLET_KEEP')
EVERYTHING = 'ROOTLET_EVERYTHING' in os.environ
FIRST, LAST = map(int, os.environ.get('ROOTLET_WORLDS', '0-19').split('-'))


class Faults(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        directory = KEEP or tempfile.mkdtemp(prefix='rootlet-audit-')
        pathlib.Path(directory).mkdir(exist_ok=True)
        if not KEEP:
            cls.addClassCleanup(toolchain.shutil.rmtree, directory, ignore_errors=True)
        cls.shop = toolchain.Workshop(directory)
        cls.machines = toolchain.machines()

    def setUp(self):
        if why := self.shop.why_not():
            self.skipTest(why)

    def differences(self, number, case):
        """Where the audit of a case differs from its loader, with what it takes to see it."""
        root, preload = case.place(self.shop, self.shop.directory / 'roots' / str(number))
        machine = case.machine
        environment = {'LD_PRELOAD': preload} if preload else {}
        try:
            verdict = oracle.ask(machine, lambda more: self.shop.start(machine, root, ['/app'], {**environment, **more}))
        except AssertionError as error:
            return oracle.Verdict(), f'\n{case} in {root}:\n  the loader disagrees with itself: {error}'
        words = ['--data', 'none', *(['--preload', preload] if preload else []), '/app']
        found = oracle.differences(machine, verdict, oracle.audit(COMMAND, root, *words), getattr(case, 'called', True))
        if not found:
            return verdict, ''
        loader = shlex.join([*[f'{key}={value}' for key, value in environment.items()], str(self.shop.enter), str(root), *(['/emulator'] if machine.emulator else []), '/app'])
        return verdict, f'\n{case}\n  ' + '\n  '.join(found) + f'\n  {COMMAND} audit --root {root} {shlex.join(words)}\n  {loader}'

    def compare_plugin(self, number, case):
        kit, plugin, mode = case
        root = plugin.place(self.shop, kit, mode, self.shop.directory / 'roots' / str(number))
        told = plugins.say(*self.shop.start(kit.machine, root, ['/app'], {}))
        found = plugins.differences(kit.machine, plugin, mode, told, oracle.audit(COMMAND, root, '/app'))
        return f'\n{kit} · {mode} of a plugin · {plugin.name}\n  ' + '\n  '.join(found) + f'\n  {COMMAND} audit --root {root} /app\n  {self.shop.enter} {root} /app' if found else ''

    def in_parallel(self, name, function, cases):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(function, [f'{name}-{number}' for number in range(len(cases))], cases))

    def compare(self, name, cases):
        answers = self.in_parallel(name, self.differences, cases)
        faulty = sum(bool(verdict.unbound or verdict.versions or verdict.libraries or verdict.other) for verdict, _ in answers)
        # Neither kind is a rare one, or the cases would show little.
        if len(cases) > 50:
            self.assertGreater(min(faulty, len(cases) - faulty), len(cases) // 4)
        differing = [text for _, text in answers if text]
        self.assertEqual(len(differing), 0, f'of {len(cases)} cases, {faulty} of them with a fault:' + ''.join(differing))

    def of_machine(self, name):
        machines = [machine for machine in self.machines if machine.name == name]
        cases = scenarios.cases(machines, EVERYTHING) + specials.cases(machines)
        self.assertGreater(len(cases), 200)
        self.compare(name, cases)

    def test_the_loader_of_glibc_agrees(self):
        self.of_machine('x86-64')

    def test_the_loader_of_glibc_for_32_bits_agrees(self):
        self.of_machine('i386')

    def test_the_loader_of_musl_agrees(self):
        self.of_machine('musl')

    def test_the_loader_of_glibc_for_arm64_agrees(self):
        self.of_machine('arm64')

    def test_the_loaders_agree_about_random_worlds(self):
        self.compare('world', [worlds.World(machine, seed * len(self.machines) + at) for at, machine in enumerate(self.machines) for seed in range(FIRST, LAST + 1)])

    def test_what_a_program_opens_is_bound_as_dlopen_binds_it(self):
        cases = plugins.cases(self.machines)
        differing = [text for text in self.in_parallel('plugin', self.compare_plugin, cases) if text]
        self.assertEqual(len(differing), 0, f'of {len(cases)} cases:' + ''.join(differing))

    def test_a_finding_says_how_many_programs_it_concerns(self):
        machine = self.machines[0]
        kit = toolchain.Kit(machine, 'lazy', 'gnu')
        library = self.shop.library(kit, 'libx.so', 'int back(void); int f(void) { return back(); }\n')
        silent = self.shop.library(kit, 'libx.so', 'int f(void) { return 0; }\n')
        text = scenarios.MAIN % ('int f(void); %s', 'f();')
        without = self.shop.program(kit, text % '', [silent])
        defines = self.shop.program(kit, text % 'int back(void) { return 0; }', [silent], ('--export-dynamic',))
        root = self.shop.root(machine, self.shop.directory / 'roots' / 'several', without, [library])
        programs = {'/app': without, '/b': defines, '/c': defines, '/d': without, '/e': without}
        for path in ('/b', '/c', '/d', '/e'):
            os.link(programs[path], root / path[1:])
        lacking = [path for path in programs if 'undefined symbol: back' in self.shop.start(machine, root, [path], {'LD_BIND_NOW': '1'})[2]]
        self.assertEqual(lacking, ['/app', '/d', '/e'])
        findings = [finding for finding in oracle.audit(COMMAND, root, '--data', 'none', *reversed(programs))['findings'] if finding['effect'] != 'note']
        self.assertEqual([(finding['key'], finding['program'], finding['programs']) for finding in findings], [('undefined-symbol /lib/libx.so back', '/app', 3)])

    def opens(self, machine, size):
        """Whether a plugin with that much static TLS opens."""
        kit = toolchain.Kit(machine, 'lazy', 'gnu')
        plugin = plugins.tls_plugin(size)
        root = plugin.place(self.shop, kit, 'RTLD_NOW', self.shop.directory / 'roots' / f'tls-{machine.name}-{size}')
        told = plugins.say(*self.shop.start(machine, root, ['/app'], {}))
        self.assertIn(told[0], (None, ('static-tls', '')))
        return told[1]

    def test_static_tls_runs_out_where_the_loader_says(self):
        differing = ''
        for machine in self.machines:
            # The most that opens, in steps of 16 bytes.
            low, high = 0, 1024
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self.opens(machine, 16 * middle) else (low, middle)
            for steps in (low, high):
                if steps:
                    differing += self.compare_plugin(f'edge-{machine.name}-{steps}', (toolchain.Kit(machine, 'lazy', 'gnu'), plugins.tls_plugin(16 * steps), 'RTLD_NOW'))
        self.assertEqual(differing, '')


if __name__ == '__main__':
    unittest.main()
