"""Programs that start and then open a library by a name that is written in them: what dlopen() says when a symbol is not there."""
import re

from oracle import base
import toolchain

OPENS = r'''
#include <dlfcn.h>
#include <stdio.h>
%s
int main(void) {
  void *plugin = dlopen("libplug.so", %s);
  if (!plugin) return printf("NO %%s\n", dlerror()), fflush(stdout), 1;
  puts("OPEN"), fflush(stdout);
  int (*entry)(void) = (int (*)(void))dlsym(plugin, "entry");
  entry();
  puts("DONE"), fflush(stdout);
  return 0;
}
'''
SAYS = re.compile(r'(?:undefined symbol: (?P<symbol>[^,\s]+)(?:, version (?P<version>[^\s]+))?)|(?:Error relocating \S+: (?P<musl_symbol>\S+): symbol not found)|'
                  r"(?:version `(?P<missing_version>\S+)' not found)|(?:(?P<library>\S+): cannot open shared object file)|(?:Error loading shared library (?P<musl_library>[^:]+):)|"
                  r'(?P<tls>cannot allocate memory in static TLS block|initial-exec TLS resolves to dynamic definition)')


class Plugin:
    """`lazily` if what is missing may be bound late, so that a mode which nobody can see decides what comes of it."""

    def __init__(self, name, text, lazily=False, needs=(), gone=None, main='', program=None, options=(), only=None, compile_options=()):
        self.name, self.text, self.lazily, self.needs, self.gone, self.main = name, text, lazily, needs, gone, main
        self.program, self.options, self.only, self.compile_options = program, options, only, compile_options

    def place(self, shop, kit, mode, directory):
        before = [shop.library(kit, name, text, (), script) for name, text, script in self.needs]
        after = [shop.library(kit, name, text, (), script) for name, text, script in (self.needs if self.gone is None else self.gone)]
        plugin = shop.library(kit, 'libplug.so', self.text, before, options=self.options, compile_options=self.compile_options)
        program = shop.program(kit, OPENS % (self.main, mode), *(self.program or ()))
        return shop.root(kit.machine, directory, program, [plugin, *after])


ENTRY = 'int entry(void) { %s return 0; }\n'
PROVIDER = ('libx.so', 'int f(void) { return 0; } int d = 1; int other(void) { return 0; }\n', None)
V1 = ('libx.so', PROVIDER[1], 'V1 { global: f; d; other; local: *; };')
V2 = ('libx.so', PROVIDER[1], 'V1 { global: other; local: *; }; V2 { global: f; d; } V1;')
OTHER = ('libx.so', 'int other(void) { return 0; }\n', None)
CALL, DATA = 'int f(void);\n' + ENTRY % 'f();', 'extern int d;\nvolatile int sink;\n' + ENTRY % 'sink = d;'
BACK = 'int back(void);\n' + ENTRY % 'back();'

PLUGINS = [
    Plugin('nothing amiss', CALL, needs=[PROVIDER]),
    Plugin('a function gone', CALL, True, [PROVIDER], [OTHER]),
    Plugin('a function gone, bound at once', CALL, False, [PROVIDER], [OTHER], options=('-z', 'now')),
    Plugin('data gone', DATA, False, [PROVIDER], [OTHER]),
    Plugin('a weak function gone', 'int f(void) __attribute__((weak));\n' + ENTRY % 'if (f) f();', False, [PROVIDER], [OTHER]),
    Plugin('a library gone', CALL, False, [PROVIDER], []),
    Plugin('a version too new', CALL, False, [V2], [V1], only=('x86-64', 'i386', 'arm64')),
    Plugin('a function gone from its version', CALL, True, [V1], [('libx.so', OTHER[1], 'V1 { global: other; local: *; };')]),
    Plugin('what the program defines and exports', BACK, main='int back(void) { return 0; }', program=((), ('--export-dynamic',))),
    Plugin('what the program defines and keeps', BACK, True, main='int back(void) { return 0; }'),
    Plugin('thread-local memory of a larger alignment than there was at the start', 'static __thread volatile char block[16] __attribute__((aligned(256)));\n' + ENTRY % 'block[0] = 1;',
           compile_options=('-ftls-model=initial-exec',)),
    Plugin('thread-local memory of an alignment that the program has too', 'static __thread volatile char block[16] __attribute__((aligned(256)));\n' + ENTRY % 'block[0] = 1;',
           main='static __thread volatile char own[16] __attribute__((aligned(256)));\n__attribute__((constructor)) static void use(void) { own[0] = 1; }', compile_options=('-ftls-model=initial-exec',)),
    *(Plugin(f'{size} bytes of thread-local memory of another library, by their offset', f'extern __thread volatile char block[{size}];\n' + ENTRY % 'block[0] = 1;',
             needs=[('libx.so', f'__thread volatile char block[{size}];\n', None)], compile_options=('-ftls-model=initial-exec',)) for size in (16, 9000)),
    Plugin('as many by their module', 'extern __thread volatile char block[9000];\n' + ENTRY % 'block[0] = 1;',
           needs=[('libx.so', '__thread volatile char block[9000];\n', None)]),
    Plugin('what is opened before for all', 'int f(void); int d; extern int d2;\n' + ENTRY % 'f(); d = d2;', gone=[('libfirst.so', 'int f(void) { return 0; } int d2 = 1;\n', None)],
           main='__attribute__((constructor)) static void first(void) { dlopen("libfirst.so", RTLD_NOW | RTLD_GLOBAL); }'),
    Plugin('nobody defines it', 'extern int nobody; int *p = &nobody;\n' + ENTRY % ''),
]


def say(status, out, err):
    """(what dlopen() misses, or nothing; whether it opens; whether what was opened fails later)."""
    opens = out.startswith('OPEN\n')
    later = opens and (status < 0 or status > 128 or 'symbol lookup error' in err)
    text = err if opens else out
    found = SAYS.search(text)
    if not found:
        return (('unreadable', text) if not opens else None), opens, later
    if found['tls']:
        return ('static-tls', ''), opens, later
    if found['missing_version']:
        return ('missing-version', found['missing_version']), opens, later
    if found['library'] or found['musl_library']:
        return ('missing-library', base(found['library'] or found['musl_library'])), opens, later
    return ('undefined-symbol', (found['symbol'] or found['musl_symbol']) + ('@' + found['version'] if found['version'] else '')), opens, later


def differences(machine, plugin, mode, told, answer):
    missed, opens, later = told
    findings = [finding for finding in answer['findings'] if finding['effect'] != 'note']
    ours = set()
    for finding in findings:
        what = {'missing-version': finding.get('version'), 'missing-library': finding['subject'], 'static-tls': ''}.get(finding['rule'])
        if finding['rule'] == 'undefined-symbol':
            what = finding['symbol'] + ('@' + finding['version'] if finding.get('version') and not machine.musl else '')
        ours.add((finding['rule'], what))
    effects = {finding['effect'] for finding in findings}
    found = []
    # dlopen() names the first fault alone, and one that comes late may not be said at all: musl jumps to nowhere.
    if missed and missed not in ours:
        found.append(f'missed {missed}')
    if not missed and not later and ours and not plugin.lazily:
        found.append(f'invented {sorted(ours)}')
    if missed and missed[0] == 'undefined-symbol' and len(ours) > 1:
        found.append(f'more than {missed}: {sorted(ours)}')
    wanted = {'fails-to-open', 'fails-on-call'} if plugin.lazily or (machine.musl and later) else {'fails-to-open'} if not opens else {'fails-on-call'} if later else set()
    if not effects <= wanted or bool(effects) != bool(wanted):
        found.append(f'{sorted(effects)} instead of {sorted(wanted)}')
    return found


def tls_plugin(size):
    return Plugin(f'{size} bytes of static TLS', f'static __thread volatile char block[{size}];\nint entry(void) {{ block[0] = 1; return block[{size - 1}]; }}\n', compile_options=('-ftls-model=initial-exec',))


def cases(machines):
    found = []
    for at, machine in enumerate(machines):
        for row, plugin in enumerate(PLUGINS):
            if plugin.only and machine.name not in plugin.only:
                continue
            kit = toolchain.Kit(machine, 'lazy', toolchain.HASH_STYLES[(row + at) % 3])
            found += [(kit, plugin, mode) for mode in ('RTLD_NOW', 'RTLD_LAZY')]
    return found
