"""Compilers, linkers and real loaders of four machines, and a cache of what they make: tests of `rootlet audit` share compiled things.

Linkers are started without their driver: the driver takes most of the time of a small link, and there are hundreds of them.
"""
import concurrent.futures
import errno
import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import threading

HASH_STYLES = ('gnu', 'sysv', 'both')
BINDINGS = ('lazy', 'now')

# chroot, in a user namespace where that takes one, without anything that the variables of a loader would reach: it is static.
ENTER = r'''
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
static int fails(const char *what) { fprintf(stderr, "enter: %s: %s\n", what, strerror(errno)); return 125; }
int main(int count, char **words) {
  if (count < 3) return 125;
  if (geteuid() != 0 && unshare(CLONE_NEWUSER) != 0) return fails("unshare");
  if (chroot(words[1]) != 0) return fails("chroot");
  if (chdir("/") != 0) return fails("chdir");
  alarm(60);
  /* Another thread's child may for a moment hold open what this process has just written. */
  for (int tries = 0; tries < 500; ++tries) {
    execve(words[2], words + 2, environ);
    if (errno != ETXTBSY) break;
    usleep(10000);
  }
  return fails("execve");
}
'''


def run(*words, **more):
    """Runs a program that must succeed; returns what it prints."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, words))}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


class Cache:
    """Files by what they are made of; each is made once, by whoever asks first."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.lock = threading.Lock()
        self.made = {}

    def get(self, name, ingredients, make):
        key = hashlib.sha256(repr((name, ingredients)).encode()).hexdigest()[:24]
        with self.lock:
            future = self.made.get(key)
            mine = future is None
            if mine:
                future = self.made[key] = concurrent.futures.Future()
        if mine:
            try:
                path = self.directory / key / name
                path.parent.mkdir(parents=True)
                make(path)
                future.set_result(path)
            except BaseException as error:
                future.set_exception(error)
        return future.result()


class Machine:
    """One loader with its compiler."""

    def __init__(self, name, compiler, linker, interpreter, libraries, loader=None, emulator=None):
        self.name, self.compiler, self.linker, self.interpreter, self.emulator = name, compiler, linker, interpreter, emulator
        self.loader = loader or interpreter  # where that is here
        self.libraries = libraries  # where they are here, by file name in the root's /lib
        self.musl = 'musl' in name
        self.drivers = {}
        self.lock = threading.Lock()

    def driver(self, pie):
        """What the compiler's driver would start to link a program: words before the objects, and behind them."""
        with self.lock:
            if pie not in self.drivers:
                self.drivers[pie] = self._ask_driver(pie)
            return self.drivers[pie]

    def _ask_driver(self, pie):
        done = subprocess.run([*self.compiler, '-###', '-pie' if pie else '-no-pie', '-o', 'OUT', 'HERE.o'], capture_output=True, text=True, check=True)
        words = shlex.split([line for line in done.stderr.splitlines() if '/collect2 ' in line and not line.startswith('COLLECT')][-1])[1:]
        kept = []
        for place, word in enumerate(words):
            if word in ('-plugin', '-z', '-o', '--as-needed', '--build-id', '--push-state', '--pop-state', '-lgcc_s') or words[place - 1] in ('-plugin', '-z', '-o'):
                continue
            if not word.startswith(('-plugin-opt', '--hash-style')):
                kept.append(word)
        here = kept.index('HERE.o')
        return kept[:here], kept[here + 1:]


class CrossMachine(Machine):
    """One whose compiler has no driver that knows the linker: Debian's gcc-aarch64-linux-gnu cannot be installed beside gcc-multilib."""

    def _ask_driver(self, pie):
        start = ['-dynamic-linker', self.interpreter, '-pie' if pie else '-no-pie', CROSS + ('/Scrt1.o' if pie else '/crt1.o'), CROSS + '/crti.o', '-L' + CROSS]
        return start, ['-lc', CROSS + '/crtn.o']


CROSS = '/usr/aarch64-linux-gnu/lib'


def emulator_of_i386(loader):
    """Under some hypervisors a kernel for x86-64 runs no programs for i386."""
    try:
        subprocess.run([loader, '--version'], capture_output=True)
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            return '/usr/bin/qemu-i386-static'
        raise
    return None


def machines():
    """Those that are tested; every one of them has to be here (.ci/setup test)."""
    return [
        Machine('x86-64', ['gcc'], ['ld'], '/lib64/ld-linux-x86-64.so.2', {'libc.so.6': '/lib/x86_64-linux-gnu/libc.so.6'}),
        Machine('i386', ['gcc', '-m32'], ['ld', '-m', 'elf_i386'], '/lib/ld-linux.so.2', {'libc.so.6': '/lib32/libc.so.6'}, emulator=emulator_of_i386('/lib/ld-linux.so.2')),
        Machine('musl', ['musl-gcc'], ['ld'], '/lib/ld-musl-x86_64.so.1', {}),
        CrossMachine('arm64', ['clang', '--target=aarch64-linux-gnu'], ['aarch64-linux-gnu-ld'], '/lib/ld-linux-aarch64.so.1', {'libc.so.6': CROSS + '/libc.so.6'},
                     CROSS + '/ld-linux-aarch64.so.1', '/usr/bin/qemu-aarch64-static'),
    ]


class Workshop:
    """Makes objects, libraries, programs and roots of them."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.cache = Cache(self.directory / 'made')
        self.enter = self.cache.get('enter', ENTER, lambda path: self._static(path))

    def _static(self, path):
        path.with_suffix('.c').write_text(ENTER)
        run('gcc', '-O1', '-static', '-o', path, path.with_suffix('.c'))

    def compiled(self, machine, text, options):
        def make(path):
            path.with_suffix('.c').write_text(text)
            run(*machine.compiler, '-O1', '-w', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', *options, '-c', '-o', path, path.with_suffix('.c'))
        return self.cache.get('a.o', (machine.name, text, tuple(options)), make)

    def link(self, machine, name, words):
        return self.cache.get(name, (machine.name, tuple(map(str, words))), lambda path: run(*machine.linker, '-o', path, *words))

    def library(self, kit, name, text, needs=(), script=None, options=(), compile_options=(), libc=False):
        """A library without a C library of its own, unless it asks for one."""
        machine = kit.machine
        words = ['-shared', '-soname', name, *kit.link_words(), '-z', 'noexecstack', *options, self.compiled(machine, text, ['-fPIC', *compile_options])]
        if script:
            words += ['--version-script', self.cache.get('map', script, lambda path: path.write_text(script))]
        if libc:
            words += [word for word in machine.driver(True)[0] if word.startswith('-L')]
            words += ['-lc']
        return self.link(machine, name, [*words, *needs])

    def program(self, kit, text, needs=(), options=(), compile_options=('-fPIE',), pie=True):
        before, behind = kit.machine.driver(pie)
        words = [*before, *kit.link_words(), '--allow-shlib-undefined', '--no-as-needed', *options, self.compiled(kit.machine, text, compile_options), *needs, *behind]
        return self.link(kit.machine, 'app', words)

    def patched(self, path, what, patch):
        """A copy of a file with its bytes changed by `patch`, which `what` describes."""
        def make(copy):
            data = bytearray(path.read_bytes())
            patch(data)
            copy.write_bytes(data)
            copy.chmod(0o755)
        return self.cache.get(path.name, (str(path), what), make)

    def root(self, machine, place, program, libraries):
        """A root directory with a loader, a C library, /app and libraries (a list of files) in /lib."""
        place = pathlib.Path(place)
        (place / 'lib').mkdir(parents=True)
        (place / 'lib64').mkdir()
        files = {machine.interpreter: os.path.realpath(machine.loader)}
        files.update({'/lib/' + name: os.path.realpath(path) for name, path in machine.libraries.items()})
        if machine.emulator:
            files['/emulator'] = machine.emulator
        for name, path in files.items():
            os.link(self.cache.get('copy', path, lambda copy, path=path: shutil.copy(path, copy)), place / name[1:])
        os.link(program, place / 'app')
        for library in libraries:
            os.link(library, place / 'lib' / library.name)
        return place

    def start(self, machine, root, words, environment):
        """Runs a program of a root; returns exit status, standard output and standard error."""
        emulator = ['/emulator'] if machine.emulator else []
        done = subprocess.run([str(self.enter), str(root), *emulator, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        return done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace')

    def why_not(self):
        """Why nothing can be run in a root here; else empty."""
        (self.directory / 'nothing').mkdir(exist_ok=True)
        done = subprocess.run([str(self.enter), str(self.directory / 'nothing'), '/absent'], capture_output=True, text=True)
        return '' if done.stderr == 'enter: execve: No such file or directory\n' else 'no chroot without root or user namespaces here: ' + done.stderr


class Kit:
    """A machine with a way to bind and a kind of hash table."""

    def __init__(self, machine, binding, hash_style):
        self.machine, self.binding, self.hash_style = machine, binding, hash_style

    def link_words(self):
        return ['--hash-style=' + self.hash_style, '-z', self.binding]

    def __str__(self):
        return f'{self.machine.name}/{self.binding}/{self.hash_style}'
