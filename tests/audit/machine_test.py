"""No false alarm over a whole machine: for every program of it, the audit misses what `ldd -r` misses."""
import collections
import concurrent.futures
import json
import os
import random
import subprocess
import unittest

import oracle

COMMAND = os.environ['ROOTLET_COMMAND']
LOADER = '/lib64/ld-linux-x86-64.so.2'
LIBRARIES = int(os.environ.get('ROOTLET_LIBRARIES', '150'))  # of the machine's, chosen by the seed
SEED = int(os.environ.get('ROOTLET_SEED', '1'))


def kind(path):
    """What is to be done with a file: "dynamic", or why nothing."""
    with open(path, 'rb') as file:
        start = file.read(64)
        if not start.startswith(b'\x7fELF'):
            return 'script' if start.startswith(b'#!') else 'no program'
        if start[4:6] != b'\x02\x01' or start[18:20] != b'\x3e\x00':
            return 'of another machine'
        table, size, count = int.from_bytes(start[32:40], 'little'), int.from_bytes(start[54:56], 'little'), int.from_bytes(start[56:58], 'little')
        file.seek(table)
        headers = file.read(size * count)
        interpreters = [at for at in range(0, len(headers), size) if headers[at:at + 4] == b'\x03\0\0\0']
        if not interpreters:
            return 'static'
        file.seek(int.from_bytes(headers[interpreters[0] + 8:interpreters[0] + 16], 'little'))
        name = file.read(int.from_bytes(headers[interpreters[0] + 32:interpreters[0] + 40], 'little')).rstrip(b'\0').decode()
    return 'dynamic' if os.path.realpath(name) == os.path.realpath(LOADER) else 'of another loader'


def libraries():
    """The libraries of the loader's own directory and below it: many are opened by programs that define what they want, and lack it alone."""
    found = []
    for place, _, names in os.walk('/usr/lib/x86_64-linux-gnu'):
        for path in (os.path.join(place, name) for name in names if '.so' in name):
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, 'rb') as file:
                    start = file.read(20)
                if start[:6] == b'\x7fELF\x02\x01' and start[16:20] == b'\x03\0\x3e\0':
                    found.append(path)
    return sorted(found)


def programs():
    """Each program of /usr/bin and /usr/sbin once, by what it is."""
    found = collections.defaultdict(set)
    for directory in ('/usr/bin', '/usr/sbin'):
        for entry in os.scandir(directory):
            if entry.is_file() and os.access(entry.path, os.X_OK):
                path = os.path.realpath(entry.path)
                found[kind(path)].add(path)
    return found


class Answer:
    """The unbound symbols, missing versions and missing libraries of one program, from the lines of a trace."""

    def __init__(self, text):
        verdict = oracle.Verdict()
        oracle.read_trace(verdict, text, '')
        self.objects = set(verdict.unbound)
        self.unbound = {(symbol, version) for _, symbol, version in verdict.unbound}
        self.versions = {(version, source) for _, version, source in verdict.versions}
        self.libraries = verdict.libraries
        self.other = verdict.other

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return repr(vars(self))


def traced(program):
    """What the loader says, asked as ldd asks it. The shell that ldd is takes ten times as long."""
    environment = {'LD_TRACE_LOADED_OBJECTS': '1', 'LD_WARN': 'yes', 'LD_BIND_NOW': 'yes', 'LD_LIBRARY_VERSION': '', 'LD_VERBOSE': ''}
    done = subprocess.run([LOADER, program], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return Answer(done.stdout + done.stderr)


def ldd(program):
    done = subprocess.run(['ldd', '-r', program], env={'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return Answer(done.stdout + done.stderr)


class Machine(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(LOADER):
            raise unittest.SkipTest(f'no {LOADER} here')
        found = programs()
        cls.programs = sorted(found.pop('dynamic', ()))
        print(f'{len(cls.programs)} programs; aside: ' + ', '.join(f'{len(paths)} {what}' for what, paths in sorted(found.items())))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            cls.truth = dict(zip(cls.programs, pool.map(traced, cls.programs)))

    def test_the_loader_says_what_ldd_says(self):
        for program in random.Random(SEED).sample(self.programs, min(25, len(self.programs))):
            with self.subTest(program):
                self.assertEqual(ldd(program), self.truth[program])

    def test_the_audit_misses_what_ldd_misses(self):
        self.assertGreater(len(self.programs), 20)
        done = subprocess.run([COMMAND, 'audit', '--data', 'none', '--format', 'json', *self.programs], capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer['programs'], len(self.programs))
        self.assertGreater(answer['bindings'], 20 * len(self.programs))
        ours = collections.defaultdict(set)
        theirs = collections.defaultdict(set)
        for finding in answer['findings']:
            if finding['effect'] != 'note':
                ours[finding['rule']].add(finding['subject'])
        for program, truth in self.truth.items():
            theirs['undefined-symbol'] |= {symbol + ('@' + version if version else '') for symbol, version in truth.unbound}
            theirs['missing-version'] |= {version for version, _ in truth.versions}
            theirs['missing-library'] |= truth.libraries
            self.assertEqual(truth.other, [], program)
        self.assertEqual({rule: subjects for rule, subjects in ours.items() if subjects}, {rule: subjects for rule, subjects in theirs.items() if subjects},
                         [program for program, truth in self.truth.items() if truth.unbound or truth.versions or truth.libraries])

    def test_each_program_with_a_fault_is_named_alone_as_ldd_names_it(self):
        faulty = [program for program, truth in self.truth.items() if truth.unbound or truth.versions or truth.libraries]
        healthy = random.Random(SEED).sample(sorted(set(self.programs) - set(faulty)), 10)
        for program in faulty + healthy:
            with self.subTest(program):
                answer = oracle.audit(COMMAND, '/', '--data', 'none', program)
                unbound = {(finding['symbol'], finding.get('version', '')) for finding in answer['findings'] if finding['rule'] == 'undefined-symbol' and finding['effect'] != 'note'}
                self.assertEqual(unbound, self.truth[program].unbound)
                self.assertEqual(answer['bound'], program in healthy)

    def test_of_libraries_alone_it_misses_what_ldd_misses(self):
        sample = random.Random(SEED).sample(libraries(), min(LIBRARIES, len(libraries())))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            truths, answers = list(pool.map(traced, sample)), list(pool.map(lambda path: oracle.audit(COMMAND, '/', '--data', 'none', path), sample))
        missed = 0
        for path, truth, answer in zip(sample, truths, answers):
            findings = [finding for finding in answer['findings'] if finding['effect'] != 'note']
            # What the loader's trace does not ask: whether a library that names a loader, as libpsx does, may be executed, and whether
            # one that needs the static TLS block, as liblsan does, may be opened late.
            unstarted = [finding for finding in findings if finding['rule'] in ('not-executable', 'static-tls')]
            with self.subTest(path):
                self.assertEqual({finding['subject'] for finding in findings if finding['rule'] == 'missing-library'}, truth.libraries)
                self.assertEqual({(finding.get('version'), finding.get('from')) for finding in findings if finding['rule'] == 'missing-version'}, truth.versions)
                self.assertEqual(answer['bound'], not (truth.libraries or truth.versions or truth.unbound or unstarted))
                if not truth.libraries and not truth.versions:  # else all that follows from it is one finding
                    self.assertEqual({(oracle.base(finding['object']), finding['symbol'], finding.get('version', '')) for finding in findings if finding['rule'] == 'undefined-symbol'}, truth.objects)
            missed += len(truth.unbound)
        print(f'{missed} unbound symbols in {sum(bool(truth.unbound) for truth in truths)} of {len(sample)} libraries, as the loader says')


if __name__ == '__main__':
    unittest.main()
