"""Seeded faults: ways to refer to a symbol, times what has become of the library that defined it.

A program is linked with the library as it was; it is run with the library as it is.
"""
import patches
import toolchain

MAIN = '#include <unistd.h>\n%s\nint main(void) { write(1, "MAIN\\n", 5); %s write(1, "DONE\\n", 5); return 0; }\n'


class Reference:
    """How a program, or a library between it and libx.so, refers to one symbol of libx.so."""

    def __init__(self, name, symbol, declared, used, inner=False, pie=True, options=('-fPIE',), only=None, link=(), emulated=True):
        self.name, self.symbol, self.declared, self.used = name, symbol, declared, used
        self.inner, self.pie, self.options, self.only, self.link, self.emulated = inner, pie, options, only, link, emulated

    def suits(self, machine):
        return (self.only is None or machine.name in self.only) and (self.emulated or not machine.emulator)

    def build(self, shop, kit, library):
        """The program and what lies between it and the library."""
        if not self.inner:
            text = MAIN % (self.declared, self.used)
            return shop.program(kit, text, [library], self.link, self.options, self.pie), []
        text = f'{self.declared}\nint middle(void) {{ {self.used} return 0; }}\n'
        middle = shop.library(kit, 'libmiddle.so', text, [library], options=self.link, compile_options=self.options)
        return shop.program(kit, MAIN % ('int middle(void);', 'middle();'), [middle]), [middle]


NO_PIE = {'pie': False, 'options': ('-fno-pie',)}
SINK = 'static volatile int sink;'

REFERENCES = [
    Reference('call', 'f', 'int f(void);', 'f();'),
    Reference('call without PLT', 'f', 'int f(void);', 'f();', options=('-fPIE', '-fno-plt')),
    Reference('pointer in data', 'f', 'int f(void); int (*volatile p)(void) = f;', 'p();'),
    Reference('data by GOT', 'd', f'extern int d; {SINK}', 'sink = d;', options=('-fPIC',)),
    Reference('copy relocation', 'd', f'extern int d; {SINK}', 'sink = d;', **NO_PIE),
    Reference('TLS', 't', f'extern __thread int t; {SINK}', 'sink = t;'),
    Reference('weak call', 'f', 'int f(void) __attribute__((weak));', 'if (f) f();', options=('-fPIC',)),
    Reference('weak data', 'd', f'extern int d __attribute__((weak)); {SINK}', 'if (&d) sink = d;', options=('-fPIC',)),
    # The program's own undefined symbol then has a value, the address of its PLT entry, which serves data references of others.
    Reference('canonical PLT', 'f', 'int f(void); int (*volatile p)(void);', 'p = f; p();', **NO_PIE),
    Reference('call of a library', 'f', 'int f(void);', 'f();', inner=True, options=()),
    Reference('data of a library', 'd', f'extern int d; {SINK}', 'sink = d;', inner=True, options=()),
    Reference('pointer of a library', 'f', 'int f(void); int (*volatile p)(void) = f;', 'p();', inner=True, options=()),
    Reference('TLS of a library', 't', f'extern __thread int t; {SINK}', 'sink = t;', inner=True, options=()),
    Reference('call of a library bound to itself', 'f', 'int f(void);', 'f();', inner=True, options=(), link=('-Bsymbolic',)),
    # Bound at once even when all else is lazy (DT_AARCH64_VARIANT_PCS).
    Reference('call with another convention', 'f', 'int f(void); __asm__(".variant_pcs f");', 'f();', only=('arm64',)),
    # qemu 7.2 makes no text writable: mprotect() gives ENOMEM.
    Reference('text relocation', 'f', 'int f(void);', 'f();', inner=True, options=('-fno-pic',), only=('i386',), link=('-z', 'notext'), emulated=False),
]

OTHER = 'int other(void) { return 1; }\n'
F, D, T = 'int f(void) { return 0; }\n', 'int d = 1;\n', '__thread int t = 1;\n'
FULL = OTHER + F + D + T


def versions(*names):
    """A version script: each a (version, symbols) and inherits what is before it; all else is local."""
    text, before = '', ''
    for version, symbols in names:
        text += f'{version} {{ {"global: " + symbols + ";" if symbols else ""} {"local: *;" if not before else ""} }} {before};\n'
        before = version
    return text


ALL, V1 = 'f; d; t', versions(('V1', 'f; d; t; other'))


def named(*pairs):
    """Definitions of f, d and t once for each of some versions, as .symver has it ("@V1" hidden, "@@V2" the default); other() is of V1."""
    text = OTHER
    for place, at in enumerate(pairs):
        text += f'int f{place}(void) {{ return 0; }} int d{place} = 1; __thread int t{place} = 1;\n'
        text += ''.join(f'__asm__(".symver {symbol}{place},{symbol}{at}");\n' for symbol in 'fdt')
    used = {at.lstrip('@') for at in pairs}
    # A linker drops what the script does not name, whatever .symver says.
    return text, versions(*((version, '; '.join([*(ALL.split('; ') if version in used else []), *(['other'] if version == 'V1' else [])])) for version in sorted(used | {'V1'})))


class Change:
    """What has become of libx.so: built from one text and script, run with another. `runtime` may be nothing: it is gone."""

    def __init__(self, name, build, runtime, patch=None, program_patch=None, beside=None, preload=None, symbols='fdt', only=None, needs_versions=False):
        self.name, self.was, self.now, self.patch, self.program_patch = name, build, runtime, patch, program_patch
        self.beside, self.preload, self.symbols, self.only, self.needs_versions = beside, preload, symbols, only, needs_versions

    def suits(self, machine, reference):
        if 'zero' in self.name and reference.name == 'copy relocation':
            return False  # the loader itself would read at address zero
        return reference.symbol in self.symbols and (self.only is None or machine.name in self.only)


PLAIN, GONE = (FULL, None), (OTHER, None)
VERSIONED = (FULL, V1)
NEWER = (FULL, versions(('V1', 'other'), ('V2', ALL)))
GONE_FROM_V1 = (OTHER, versions(('V1', 'other')))
GLIBC = ('x86-64', 'i386', 'arm64')
ZERO = '.globl f\\nf = 0\\n.globl d\\nd = 0'


def patched(**fields):
    return ''.join(f'{key}={value}' for key, value in fields.items()), patches.change_symbols('fdt', **fields)


def beside(text, script=None):
    return text, script


CHANGES = [
    Change('nothing', PLAIN, PLAIN),
    Change('nothing, with a version', VERSIONED, VERSIONED),
    Change('a symbol removed', PLAIN, GONE),
    Change('a symbol removed from its version', VERSIONED, GONE_FROM_V1),
    Change('an older library', NEWER, VERSIONED),
    Change('an older library without the symbol', NEWER, GONE_FROM_V1),
    Change('moved to a newer version', VERSIONED, (FULL, versions(('V1', 'other'), ('V2', ALL)))),
    Change('kept for the old version', VERSIONED, named('@V1', '@@V2')),
    Change('kept hidden only', VERSIONED, named('@V1')),
    # glibc takes a hidden symbol for an unversioned reference if it is of the first version (check_match: index 2), and none of a later
    # one; of defaults it takes the only one. musl never takes a hidden one.
    Change('hidden in the first version', PLAIN, named('@V1')),
    Change('hidden in two versions', PLAIN, named('@V1', '@V2')),
    Change('hidden in a later version', PLAIN, named('@V2')),
    Change('hidden in two later versions', PLAIN, named('@V2', '@V3')),
    Change('hidden and a default', PLAIN, named('@V1', '@@V2')),
    Change('a later default only', PLAIN, NEWER),
    Change('a later default and hidden ones', PLAIN, named('@V2', '@V3', '@@V4')),
    Change('local', PLAIN, (FULL, '{ global: other; local: *; };')),
    Change('local, with a version', VERSIONED, (FULL, 'V1 { global: other; local: *; };')),
    Change('protected', PLAIN, (FULL.replace('int f(', '__attribute__((visibility("protected"))) int f(').replace('int d', '__attribute__((visibility("protected"))) int d').replace('__thread', '__attribute__((visibility("protected"))) __thread'), None)),
    Change('hidden in the table', PLAIN, PLAIN, patched(other=2)),
    Change('internal in the table', PLAIN, PLAIN, patched(other=1)),
    Change('hidden in the table, with a version', VERSIONED, VERSIONED, patched(other=2)),
    Change('local in the table', PLAIN, PLAIN, patched(bind=0)),
    Change('of an unknown binding', PLAIN, PLAIN, patched(bind=5)),
    Change('of an unknown type', PLAIN, PLAIN, patched(type=13), symbols='fd'),
    Change('a section in the table', PLAIN, PLAIN, patched(type=3), symbols='fd'),
    Change('of no type', PLAIN, PLAIN, patched(type=0), symbols='fd'),
    Change('common in the table', PLAIN, PLAIN, patched(type=5), symbols='d'),
    Change('without a value', PLAIN, PLAIN, patched(value=0)),
    Change('absolute zero', PLAIN, (OTHER + T + f'__asm__("{ZERO}");\n', None), symbols='fd'),
    Change('undefined with a value', PLAIN, PLAIN, patched(section=0)),
    Change('unique', PLAIN, PLAIN, patched(bind=10), symbols='d'),
    Change('unique, with a version', VERSIONED, VERSIONED, patched(bind=10), symbols='d'),
    Change('indirect', PLAIN, (OTHER + D + T + 'static int real(void) { return 0; } static void *choose(void) { return real; } int f(void) __attribute__((ifunc("choose")));', None), symbols='f'),
    Change('weak', PLAIN, (FULL.replace('int f(', '__attribute__((weak)) int f(').replace('int d', '__attribute__((weak)) int d').replace('__thread', '__attribute__((weak)) __thread'), None)),
    # glibc asserts that an object without any version table is not the one that a version is wanted of (check_match), after a warning
    # that sounds harmless; with a table, which any library has that itself requires a version, the same goes well.
    Change('no versions any more', VERSIONED, PLAIN),
    Change('no versions any more, but a table', VERSIONED, PLAIN, needs_versions=True),
    Change('no versions any more, and the symbol removed', VERSIONED, GONE),
    Change('in no version but the file itself', VERSIONED, (FULL, 'V1 { global: other; };')),
    Change('nothing but its section headers', VERSIONED, VERSIONED, ('no sections', patches.forget_sections)),
    Change('a symbol and all section headers removed', PLAIN, GONE, ('no sections', patches.forget_sections), ('no sections', patches.forget_sections)),
    Change('a library removed', PLAIN, None),
    Change('a library removed, with a version', VERSIONED, None),
    Change('a version wanted weakly', NEWER, VERSIONED, program_patch=('weaken', patches.weaken_versions('libx.so'))),
    Change('a version wanted weakly, and another default', NEWER, named('@@V1'), program_patch=('weaken', patches.weaken_versions('libx.so'))),
    Change('preloaded instead', PLAIN, GONE, preload=(FULL, None)),
    Change('preloaded without a version', VERSIONED, GONE_FROM_V1, preload=(FULL, None)),
    Change('preloaded in the same version of another library', VERSIONED, GONE_FROM_V1, preload=VERSIONED),
    Change('preloaded in another version', VERSIONED, GONE_FROM_V1, preload=NEWER),
    Change('preloaded in a later version', PLAIN, GONE, preload=NEWER),
    Change('preloaded beside a good one', VERSIONED, VERSIONED, preload=NEWER),
    Change('found in another library', PLAIN, GONE, beside=beside(FULL)),
    Change('found in another library of the same version', VERSIONED, GONE_FROM_V1, beside=beside(*VERSIONED)),
    Change('found in another library of another version', VERSIONED, GONE_FROM_V1, beside=beside(*NEWER)),
    Change('found in another library without versions', VERSIONED, GONE_FROM_V1, beside=beside(FULL)),
]


class Case:
    def __init__(self, kit, reference, change):
        self.machine, self.kit, self.reference, self.change = kit.machine, kit, reference, change
        # The linker for arm64 gives a function whose address is in data a PLT entry as well, through which nobody calls.
        self.called = not (kit.machine.name == 'arm64' and reference.name.startswith('pointer'))

    def __str__(self):
        return f'{self.kit} · {self.reference.name} · {self.change.name}'

    def place(self, shop, directory):
        """Builds it; returns the root and further words for the command and for the loader (its preloads)."""
        kit, change, machine = self.kit, self.change, self.kit.machine
        before = shop.library(kit, 'libx.so', *script_last(change.was))
        program, libraries = self.reference.build(shop, kit, before)
        if change.beside:
            other = shop.library(kit, 'liby.so', *script_last(change.beside))
            # Behind libx.so in every scope, and wanted by nobody for its symbols.
            program, libraries = self._with(shop, kit, before, other)
        if change.program_patch:
            if self.reference.inner:
                libraries = [shop.patched(libraries[0], *change.program_patch)]
            else:
                program = shop.patched(program, *change.program_patch)
        if change.now:
            text, script = change.now
            needs = [shop.library(kit, 'libv.so', 'int v(void) { return 0; }\n', (), 'V { global: v; local: *; };')] if change.needs_versions else []
            now = shop.library(kit, 'libx.so', text + ('int v(void); int call_v(void) { return v(); }\n' if needs else ''), needs, script)
            if change.patch:
                now = shop.patched(now, *change.patch)
            libraries += [now, *needs]
        preload = ''
        if change.preload:
            libraries.append(shop.library(kit, 'libpre.so', *script_last(change.preload)))
            preload = '/lib/libpre.so'
        return shop.root(machine, directory, program, libraries), preload

    def _with(self, shop, kit, before, other):
        needs = [before, other]
        reference = self.reference
        if not reference.inner:
            return shop.program(kit, MAIN % (reference.declared, reference.used), needs, reference.link, reference.options, reference.pie), [other]
        text = f'{reference.declared}\nint middle(void) {{ {reference.used} return 0; }}\n'
        middle = shop.library(kit, 'libmiddle.so', text, needs, options=reference.link, compile_options=reference.options)
        return shop.program(kit, MAIN % ('int middle(void);', 'middle();'), [middle]), [middle, other]


def script_last(pair):
    text, script = pair
    return text, (), script


def cases(machines, everything=False):
    """Every change with every loader and with several references to it, in turn; bindings and hash styles are dealt out."""
    found = []
    for at, machine in enumerate(machines):
        for row, change in enumerate(CHANGES):
            suitable = [reference for reference in REFERENCES if reference.suits(machine) and change.suits(machine, reference)]
            if everything:
                for reference in suitable:
                    for binding in toolchain.BINDINGS:
                        found += [Case(toolchain.Kit(machine, binding, style), reference, change) for style in toolchain.HASH_STYLES]
                continue
            # Always a plain call, which is the one that may fail late; then four others, other ones for each loader.
            turn = (row * 3 + at * 5) % len(suitable)
            chosen = dict.fromkeys([suitable[0], *(suitable[turn:] + suitable[:turn])[:4], *[reference for reference in suitable if reference.only and row % 3 == 0]])
            for column, reference in enumerate(chosen):
                kit = toolchain.Kit(machine, 'lazy' if not column or reference.only else toolchain.BINDINGS[(row + column + at) % 2], toolchain.HASH_STYLES[(row + 2 * column + at) % 3])
                found.append(Case(kit, reference, change))
    return found
