"""Faults that are not a table's: each is a small world of its own. A function returns the program, its libraries and what is preloaded."""
import patches
from scenarios import F, GLIBC, MAIN, OTHER, versions
import toolchain

CALL = MAIN % ('int f(void);', 'f();')
SPECIALS = []


def special(name, only=None, bindings=('lazy',)):
    def register(build):
        SPECIALS.append((name, only, bindings, build))
        return build
    return register


class Special:
    def __init__(self, kit, name, build):
        self.machine, self.kit, self.name, self.build = kit.machine, kit, name, build

    def __str__(self):
        return f'{self.kit} · {self.name}'

    def place(self, shop, directory):
        program, libraries, *preload = self.build(shop, self.kit)
        return shop.root(self.kit.machine, directory, program, libraries), preload[0] if preload else ''


def cases(machines):
    return [Special(toolchain.Kit(machine, binding, toolchain.HASH_STYLES[(row + at) % 3]), name, build) for at, machine in enumerate(machines)
            for row, (name, only, bindings, build) in enumerate(SPECIALS) if only is None or machine.name in only for binding in bindings]


@special('a newer C library', GLIBC, ('lazy', 'now'))
def newer_libc(shop, kit):
    program = shop.program(kit, MAIN % ('', ''))
    return shop.patched(program, 'GLIBC_2.99', patches.rename_version('libc.so.6', 'GLIBC_2.34', 'GLIBC_2.99')), []


@special('a newer C library, wanted by a library', GLIBC)
def newer_libc_of_library(shop, kit):
    library = shop.library(kit, 'libx.so', '#include <unistd.h>\nint f(void) { return getpid() + getppid() == 0; }\n', libc=True)
    old, new = ('GLIBC_2.2.5', 'GLIBC_2.9.9') if kit.machine.name == 'x86-64' else ('GLIBC_2.0', 'GLIBC_9.9') if kit.machine.name == 'i386' else ('GLIBC_2.17', 'GLIBC_2.99')
    return shop.program(kit, CALL, [library]), [shop.patched(library, new, patches.rename_version('libc.so.6', old, new))]


@special('an undefined symbol that nothing refers to')
def unreferenced(shop, kit):
    library = shop.library(kit, 'libx.so', F, options=('-u', 'absent'))
    return shop.program(kit, CALL, [library]), [library]


@special('a relocation that relocates nothing')
def relocates_nothing(shop, kit):
    library = shop.library(kit, 'libx.so', F + 'extern int absent; int *p = &absent;\n')
    return shop.program(kit, CALL, [library]), [shop.patched(library, 'none', patches.drop_relocations('absent'))]


@special('a relocation with a symbol that is absent', bindings=('lazy', 'now'))
def relocates_absent(shop, kit):
    library = shop.library(kit, 'libx.so', F + 'extern int absent; int *p = &absent;\n')
    return shop.program(kit, CALL, [library]), [library]


@special('a variable that is copied in its old version, and is longer in the new one', GLIBC)
def copied_in_old_version(shop, kit):
    old = shop.library(kit, 'libx.so', 'int tab[4] = {1};\n', script=versions(('V1', 'tab')))
    new = shop.library(kit, 'libx.so', '__asm__(".symver old_tab,tab@V1"); __asm__(".symver new_tab,tab@@V2"); int old_tab[4] = {1}; int new_tab[8] = {2};\n',
                       script=versions(('V1', 'tab'), ('V2', 'tab')))
    return shop.program(kit, MAIN % ('extern int tab[4];', 'tab[0] = 0;'), [old]), [new]


@special('two faults in two objects', bindings=('lazy', 'now'))
def two_faults(shop, kit):
    low = shop.library(kit, 'liblow.so', 'int low(void) { return 0; } int g(void) { return 0; }\n')
    was = shop.library(kit, 'libx.so', F + 'int low(void); int g(void) { return 0; } int h(void) { return low(); }\n', [low])
    program = shop.program(kit, MAIN % ('int f(void); int h(void);', 'h(); f();'), [was])
    now = shop.library(kit, 'libx.so', 'int low(void); int h(void) { return low(); }\n', [low])
    return program, [now, shop.library(kit, 'liblow.so', OTHER)]


@special('what only the program could define, which does not export it', bindings=('lazy', 'now'))
def not_exported(shop, kit):
    library = shop.library(kit, 'libx.so', 'int back(void); int f(void) { return back(); }\n')
    # Linked with a library that does not ask for it, so that the linker does not export it.
    silent = shop.library(kit, 'libx.so', F)
    return shop.program(kit, MAIN % ('int f(void); int back(void) { return 0; }', 'f();'), [silent]), [library]


@special('what the program defines and exports', bindings=('lazy', 'now'))
def exported(shop, kit):
    library = shop.library(kit, 'libx.so', 'int back(void); int f(void) { return back(); }\n')
    return shop.program(kit, MAIN % ('int f(void); int back(void) { return 0; }', 'f();'), [library], ('--export-dynamic',)), [library]


@special('libraries in a ring, one without what the other wants')
def ring(shop, kit):
    first = shop.library(kit, 'libb.so', 'int b(void) { return 0; }\n')
    one = shop.library(kit, 'liba.so', 'int b(void); int f(void) { return b(); } int a(void) { return 0; }\n', [first])
    return shop.program(kit, CALL, [one]), [one, shop.library(kit, 'libb.so', 'int gone(void); int b(void) { return gone(); }\n', [one])]


@special('a preloaded library that is not there')
def preload_absent(shop, kit):
    library = shop.library(kit, 'libx.so', F)
    return shop.program(kit, CALL, [library]), [library], '/lib/libpre.so'


@special('a preloaded library that itself lacks a symbol', bindings=('lazy', 'now'))
def preload_lacks(shop, kit):
    library = shop.library(kit, 'libx.so', F)
    return shop.program(kit, CALL, [library]), [library, shop.library(kit, 'libpre.so', 'int gone(void); int f(void) { return gone(); }\n')], '/lib/libpre.so'


@special('names that are no C names')
def odd_names(shop, kit):
    name = 'f' if kit.machine.name == 'arm64' else '_Zé$x.1'  # clang's assembler wants such names in quotes
    library = shop.library(kit, 'libx.so', f'int f(void) __asm__("{name}"); int f(void) {{ return 0; }}\n')
    return shop.program(kit, MAIN % (f'int f(void) __asm__("{name}");', 'f();'), [library]), [shop.library(kit, 'libx.so', OTHER)]


@special('a version of a thousand letters', GLIBC)
def long_version(shop, kit):
    name = 'V' + 'x' * 1000
    return shop.program(kit, CALL, [shop.library(kit, 'libx.so', F + OTHER, script=versions(('V1', 'other'), (name, 'f')))]), [shop.library(kit, 'libx.so', F + OTHER, script=versions(('V1', 'other; f')))]


@special('a filter whose filtee lacks the symbol')
def filter_lacks(shop, kit):
    filtee = shop.library(kit, 'liby.so', OTHER)
    library = shop.library(kit, 'libx.so', F, options=('--filter', 'liby.so'))
    return shop.program(kit, CALL, [library]), [library, filtee]


@special('a filtee that itself lacks a symbol')
def filtee_lacks(shop, kit):
    filtee = shop.library(kit, 'liby.so', 'int gone(void); int f(void) { return gone(); }\n')
    library = shop.library(kit, 'libx.so', F, options=('--filter', 'liby.so'))
    return shop.program(kit, CALL, [library]), [library, filtee]


@special('a filter without its filtee')
def filter_alone(shop, kit):
    library = shop.library(kit, 'libx.so', F, options=('--filter', 'liby.so'))
    return shop.program(kit, CALL, [library]), [library]


@special('an auxiliary filter without its filtee')
def auxiliary_alone(shop, kit):
    library = shop.library(kit, 'libx.so', F, options=('--auxiliary', 'liby.so'))
    return shop.program(kit, CALL, [library]), [library]


@special('copied data that has grown')
def copy_grown(shop, kit):
    was, now = (shop.library(kit, 'libx.so', f'int d[{size}] = {{1}};\n') for size in (1, 9))
    return shop.program(kit, MAIN % ('extern int d[1]; static volatile int sink;', 'sink = d[0];'), [was], (), ('-fno-pie',), False), [now]


PACKED = '#include <unistd.h>\n' + F + 'int g(void) { return getpid(); } static int d; int *p = &d, *q = &d;\n'


@special('packed relocations', ('x86-64', 'i386'))
def packed_relocations(shop, kit):
    library = shop.library(kit, 'libx.so', PACKED, options=('-z', 'pack-relative-relocs'), libc=True)
    return shop.program(kit, CALL, [library]), [library]


@special('packed relocations without the version that vouches for them', ('x86-64', 'i386'))
def packed_without_version(shop, kit):
    library = shop.library(kit, 'libx.so', PACKED, options=('-z', 'pack-relative-relocs'), libc=True)
    other = 'GLIBC_2.2.5' if kit.machine.name == 'x86-64' else 'GLIBC_2.0'
    return shop.program(kit, CALL, [library]), [shop.patched(library, 'no DT_RELR version', patches.replace_version('libc.so.6', 'GLIBC_ABI_DT_RELR', other))]


# _dl_check_map_versions looks at it only where a version is required of something that is called libc.so.
@special('packed relocations of a library that needs no C library', ('x86-64', 'i386'))
def packed_alone(shop, kit):
    library = shop.library(kit, 'libx.so', F + 'static int d; int *p = &d, *q = &d;\n', options=('-z', 'pack-relative-relocs'))
    return shop.program(kit, CALL, [library]), [library]


# musl does not look for which machine a library is, and would run it.
@special('a library of another machine', GLIBC)
def foreign(shop, kit):
    other = next(machine for machine in toolchain.machines() if machine.name == ('x86-64' if kit.machine.name == 'arm64' else 'arm64'))
    library = shop.library(kit, 'libx.so', F)
    return shop.program(kit, CALL, [library]), [shop.library(toolchain.Kit(other, kit.binding, kit.hash_style), 'libx.so', F)]


@special('a library that is a text file')
def text_library(shop, kit):
    library = shop.library(kit, 'libx.so', F)
    return shop.program(kit, CALL, [library]), [shop.cache.get('libx.so', 'text', lambda path: path.write_text('no library\n'))]


@special('a library cut short')
def cut_library(shop, kit):
    library = shop.library(kit, 'libx.so', F)
    return shop.program(kit, CALL, [library]), [shop.patched(library, 'cut', lambda data: data.__delitem__(slice(600, None)))]


@special('a library that needs itself under another name')
def renamed(shop, kit):
    library = shop.library(kit, 'libx.so', F, script='V1 { global: f; local: *; };')
    other = shop.library(kit, 'libz.so', 'int f(void); int g(void) { return f(); }\n', [library])
    return shop.program(kit, MAIN % ('int f(void); int g(void);', 'g(); f();'), [library, other]), [shop.library(kit, 'libx.so', OTHER, [other], script='V1 { global: other; local: *; };'), other]


CHOSEN = 'static int real(void) { return 0; } static void *choose(void) { return real; } int back(void) __attribute__((ifunc("choose")));'


@special('a function that the program chooses and a library calls', ('x86-64', 'i386'))
def ifunc_called(shop, kit):
    library = shop.library(kit, 'libx.so', 'int back(void); int f(void) { return back(); }\n')
    return shop.program(kit, MAIN % ('int f(void);' + CHOSEN, 'f();'), [library], ('--export-dynamic',)), [library]


@special('a function that the program chooses and a library calls and is bound at once', ('x86-64', 'i386', 'arm64'))
def ifunc_called_at_once(shop, kit):
    library = shop.library(kit, 'libx.so', 'int back(void); int f(void) { return back(); }\n', options=('-z', 'now'))
    return shop.program(kit, MAIN % ('int f(void);' + CHOSEN, 'f();'), [library], ('--export-dynamic',)), [library]


@special('a function that the program chooses and a library has the address of', ('x86-64', 'i386', 'arm64'))
def ifunc_pointed_at(shop, kit):
    library = shop.library(kit, 'libx.so', 'int back(void); int (*volatile p)(void) = back; int f(void) { return p(); }\n')
    return shop.program(kit, MAIN % ('int f(void);' + CHOSEN, 'f();'), [library], ('--export-dynamic',)), [library]


INDIRECT = {'options': ('-z', 'indirect-extern-access'), 'compile_options': ('-mno-direct-extern-access',)}
PROTECTED = '__attribute__((visibility("protected"))) '


def protected(shop, kit, text, used, declared, **how):
    """Linked with a library that protects nothing, as linkers refuse such programs."""
    program = shop.program(kit, MAIN % (declared, used), [shop.library(kit, 'libx.so', text)], compile_options=('-fno-pie',), pie=False)
    return program, [shop.library(kit, 'libx.so', PROTECTED + text, **how)]


@special('protected data that is copied', GLIBC)
def protected_data(shop, kit):
    return protected(shop, kit, 'int d = 1;\n', 'sink = d;', 'extern int d; volatile int sink;')


@special('protected data that is copied and must not be', ('x86-64', 'i386'))
def protected_data_indirect(shop, kit):
    return protected(shop, kit, 'int d = 1;\n', 'sink = d;', 'extern int d; volatile int sink;', **INDIRECT)


@special('a protected function with an address in the program', GLIBC, ('lazy', 'now'))
def protected_function(shop, kit):
    return protected(shop, kit, F, 'p = f; p();', 'int f(void); int (*volatile p)(void);')


@special('a protected function with an address in the program, which must have none', ('x86-64', 'i386'), ('lazy', 'now'))
def protected_function_indirect(shop, kit):
    return protected(shop, kit, F, 'p = f; p();', 'int f(void); int (*volatile p)(void);', **INDIRECT)


# The function is local, so that nobody looks it up.
@special('a library of glibc that chooses a function for itself', only=('x86-64', 'musl'))
def ifunc_for_itself(shop, kit):
    plain, glibc = F, toolchain.Kit(toolchain.machines()[0], kit.binding, kit.hash_style)
    chosen = shop.library(glibc, 'libx.so', 'static int real(void) { return 0; } static void *choose(void) { return real; } static int own(void) __attribute__((ifunc("choose"))); int f(void) { return own(); }\n')
    return shop.program(kit, CALL, [shop.library(kit, 'libx.so', plain)]), [chosen]


@special('packed relocations of a library, which musl knows since 1.2.4', only=('musl',))
def packed_for_musl(shop, kit):
    library = shop.library(kit, 'libx.so', 'static int one; int *volatile p = &one; __attribute__((constructor)) static void init(void) { ++*p; } int f(void) { return *p; }\n', options=('-z', 'pack-relative-relocs'))
    return shop.program(kit, CALL, [library]), [library]
