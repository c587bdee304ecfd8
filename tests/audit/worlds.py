"""Random worlds: a program and some libraries that define and want symbols in versions, linked; then the libraries change behind its back.

A world is its seed: with the same one it is built again.
"""
import random

import toolchain

SYMBOLS = {f'{kind}{number}': kind for kind, count in (('f', 4), ('d', 3), ('t', 2)) for number in range(count)}
DECLARED = {'f': 'int {0}(void){1};', 'd': 'extern int {0}{1};', 't': 'extern __thread int {0}{1};'}
DEFINED = {'f': '{1}int {0}(void) {{ return 0; }}', 'd': '{1}int {0} = 1;', 't': '{1}__thread int {0} = 1;'}
WEAK = '__attribute__((weak)) '


class Definition:
    """Of a symbol in a library: its version or none, whether that is the default, and whether it is there at all."""

    def __init__(self, dice, versions):
        self.version = dice.choice(versions) if versions and dice.random() < 0.8 else None
        self.default = dice.random() < 0.8
        self.weak = dice.random() < 0.2
        self.local = False

    def change(self, dice, versions):
        how = dice.random()
        if how < 0.35:
            return None
        self.local = how > 0.85
        if versions and how < 0.6:
            self.version = dice.choice(versions)
        elif how < 0.7:
            self.version = None
        elif how < 0.85:
            self.default = not self.default
        return self


class Library:
    """`needs` are the numbers of others, behind it. It wants what these define, mostly."""

    def __init__(self, dice, number, count, behind=()):
        self.number, self.name = number, f'lib{number}.so'
        self.versions = [f'V{version}' for version in range(1, dice.randint(2, 4))] if dice.random() < 0.7 else []
        self.needs = [other for other in range(number + 1, count) if dice.random() < 0.6]
        self.defined = {symbol: Definition(dice, self.versions) for symbol in SYMBOLS if dice.random() < 0.35}
        there = {symbol for library in behind if library.number in self.needs for symbol in library.defined} | set(self.defined)
        self.wants = wants(dice, [symbol for symbol in SYMBOLS if dice.random() < (0.8 if symbol in there else 0.01)])
        self.table = dice.random() < 0.9

    def change(self, dice):
        if self.versions and dice.random() < 0.1:
            self.versions.pop()
        elif dice.random() < 0.07:
            self.versions = [] if self.versions else ['V1', 'V2']
        for symbol, definition in list(self.defined.items()):
            if definition.version not in (None, *self.versions):
                definition.version = None
            if dice.random() < 0.15 and not definition.change(dice, self.versions):
                del self.defined[symbol]

    def source(self):
        """Its text and its version script."""
        text, nodes, local = '', {version: [] for version in self.versions}, ['local_of_script']
        for symbol, definition in self.defined.items():
            weak = WEAK if definition.weak else ''
            if definition.local:
                local.append(symbol)
            if definition.version and not definition.default and not definition.local:
                text += DEFINED[SYMBOLS[symbol]].format('hidden_' + symbol, weak) + f'\n__asm__(".symver hidden_{symbol},{symbol}@{definition.version}");\n'
                local.append('hidden_' + symbol)
            else:
                text += DEFINED[SYMBOLS[symbol]].format(symbol, weak) + '\n'
            if definition.version and not definition.local:
                nodes[definition.version].append(symbol)
        text += uses(self.wants, [f'use_{other}' for other in self.needs], f'int use_{self.number}(void)', [symbol for symbol, definition in self.defined.items() if definition.default or not definition.version])
        if self.table:
            text += 'int v(void); int call_v(void) { return v(); }\n'
        script, before = '', ''
        for version, symbols in nodes.items():
            # What is not named is of no version; all of it stays visible.
            script += f'{version} {{ {"global: " + "; ".join(symbols) + ";" if symbols else ""} {"local: " + "; ".join(local) + ";" if not before else ""} }} {before};\n'
            before = version
        return text, script or ('{ local: ' + '; '.join(local) + '; };' if len(local) > 1 else None)


def wants(dice, symbols):
    return {symbol: dice.random() < 0.2 for symbol in dice.sample(symbols, min(len(symbols), dice.randint(0, 4)))}


def uses(wanted, calls, head, declared=()):
    """A function that uses every symbol, and calls others."""
    text, body = 'static volatile int sink;\n', ''
    for symbol, weak in wanted.items():
        kind = SYMBOLS[symbol]
        if symbol not in declared:
            text += DECLARED[kind].format(symbol, ' ' + WEAK if weak and kind != 't' else '') + '\n'
        use = f'{symbol}();' if kind == 'f' else f'sink = {symbol};'
        body += f'if (&{symbol}) {use} ' if weak and kind != 't' else use + ' '
    for call in calls:
        text += f'int {call}(void);\n'
        body += f'{call}(); '
    return text + f'{head} {{ {body} return 0; }}\n'


class World:
    def __init__(self, machine, seed):
        self.machine, self.seed = machine, seed

    def __str__(self):
        return f'{self.machine.name}, a random world of seed {self.seed}'

    def kit(self, dice):
        return toolchain.Kit(self.machine, dice.choice(toolchain.BINDINGS), dice.choice(toolchain.HASH_STYLES))

    def place(self, shop, directory):
        dice = random.Random(self.seed)
        plain = self.kit(dice)
        self.kit_of_program = self.kit(dice)
        version = shop.library(plain, 'libv.so', 'int v(void) { return 0; }\n', (), 'V { global: v; local: *; };')
        libraries = []
        for number in (2, 1, 0):
            libraries.insert(0, Library(dice, number, 3, libraries))
        kits = [self.kit(dice) for _ in libraries]
        built = {}
        for library in reversed(libraries):
            text, script = library.source()
            built[library.number] = shop.library(kits[library.number], library.name, text, [*(built[other] for other in library.needs), *([version] if library.table else [])], script)
        direct = sorted({0, *(library.number for library in libraries if dice.random() < 0.5)})
        seen = sorted({symbol for number in direct for symbol, definition in libraries[number].defined.items() if not definition.version or definition.default})
        wanted = wants(dice, seen)
        pie = dice.random() < 0.7
        main = '#include <unistd.h>\n' + uses(wanted, [f'use_{number}' for number in direct], 'static int use(void)') + 'int main(void) { write(1, "MAIN\\n", 5); use(); write(1, "DONE\\n", 5); return 0; }\n'
        program = shop.program(self.kit_of_program, main, [built[number] for number in direct], (), ('-fPIE',) if pie else ('-fno-pie',), pie)
        for library in libraries:
            library.change(dice)
        now = []
        for library in libraries:
            text, script = library.source()
            now.append(shop.library(kits[library.number], library.name, text, [*(built[other] for other in library.needs), *([version] if library.table else [])], script))
        if dice.random() < 0.1:
            now.pop()
        preload = ''
        if dice.random() < 0.2:
            first = Library(dice, 7, 0)
            text, script = first.source()
            now.append(shop.library(plain, first.name, text, [version] if first.table else [], script))
            preload = '/lib/' + first.name
            self.called = False  # nobody calls what is only preloaded
        return shop.root(self.machine, directory, program, [*now, version]), preload
