"""What a real loader says of a program in a root, and how that compares with what `rootlet audit` says.

What was seen while this was written, with glibc 2.36 and musl 1.2.3, is noted where it matters.
"""
import json
import os
import re
import subprocess

# Of `ldd -r`; behind the tabulator is the object, as the loader calls it ("/app" is argv[0]).
UNBOUND = re.compile(r'undefined symbol: (?P<symbol>[^,\s]+)(?:, version (?P<version>\S+))?\t\((?P<object>.+)\)')
VERSION = re.compile(r"\S+: (?P<source>\S+): version `(?P<version>\S+)' not found \(required by (?P<object>\S+)\)")
ABSENT = re.compile(r'\t(?P<library>\S+) => not found|error while loading shared libraries: (?P<refused>[^:]+): (?!DT_RELR)')
NOTES = re.compile(r"weak version `\S+' not found|no version information available|has different size in shared object|from LD_PRELOAD cannot be preloaded|^warning: (?:copy relocation|direct reference) ")
MUSL_UNBOUND = re.compile(r'Error relocating (?P<object>\S+): (?P<symbol>\S+): symbol not found')
MUSL_ABSENT = re.compile(r'Error loading shared library (?P<library>[^:]+): .* \(needed by (?P<object>\S+)\)')
CIRCULAR = re.compile('.* is defined in the executable and creates an unsatisfiable circular dependency')
# What else glibc says, and the rule that has it.
OTHERS = ((re.compile('Error relocating .*: unsupported relocation type'), 'unsupported-relocation'), (CIRCULAR, 'circular-ifunc'), (re.compile('error due to GNU_PROPERTY_1_NEEDED_INDIRECT_EXTERN_ACCESS'), 'protected-symbol'), (re.compile('Inconsistency detected by ld.so: dl-lookup.c: .* check_match'), 'no-version-information'), (re.compile('DT_RELR without GLIBC_ABI_DT_RELR dependency'), 'relr-without-version'))
FAILED_CALL = re.compile(r'symbol lookup error: |Inconsistency detected by ld.so|: error due to GNU_PROPERTY_1_NEEDED_')


def base(path):
    return os.path.basename(path)


class Verdict:
    """What a loader said. `unbound`: (object, symbol, version) to effect."""

    def __init__(self):
        self.unbound, self.versions, self.libraries = {}, set(), set()
        self.starts = self.call_fails = False
        self.crashes = False  # after the start, on what was bound to nonsense: no call came to its end
        self.notes = []   # it goes on
        self.other = []   # it does not, for another reason
        self.said = []    # all of it, for a report


def read_trace(verdict, text, effect):
    for line in text.splitlines():
        if found := UNBOUND.search(line):
            verdict.unbound[(base(found['object']), found['symbol'], found['version'] or '')] = effect
        elif found := VERSION.search(line):
            verdict.versions.add((base(found['object']), found['version'], base(found['source'])))
        elif found := ABSENT.search(line):
            verdict.libraries.add(found['library'] or base(found['refused']))
        elif NOTES.search(line):
            verdict.notes.append(line)
        elif not line.startswith(('\t', 'qemu: uncaught target signal')):
            verdict.other.append(line)


def _ask_glibc(verdict, start):
    # As ldd does it. The second, `ldd -d`, leaves out what is bound lazily: an object with DF_BIND_NOW is bound at once nevertheless
    # (dl-reloc.c: _dl_relocate_object), so that the two together say of each symbol when it would be missed. A library that is not there
    # is an empty object in a trace, of which no version is asked: some of what it should define is reported as unbound, without versions,
    # or the trace itself ends by a signal. See differences().
    for more, effect in (({'LD_BIND_NOW': 'yes'}, 'fails-on-call'), ({}, 'stops-start')):
        status, out, err = start({'LD_TRACE_LOADED_OBJECTS': '1', 'LD_WARN': 'yes', **more})
        verdict.said.append(f'trace {more}: {status}\n{out}{err}')
        read_trace(verdict, out + err, effect)


def _ask_musl(verdict, text):
    # musl binds everything before the program starts, goes on after each failure, and ends when all is done. It names a symbol once for
    # each relocation, and never a version.
    for line in text.splitlines():
        if found := MUSL_UNBOUND.search(line):
            verdict.unbound[(base(found['object']), found['symbol'], '')] = 'stops-start'
        elif found := MUSL_ABSENT.search(line):
            verdict.libraries.add(found['library'])
        elif line:
            verdict.other.append(line)


def ask(machine, start):
    """`start` runs /app with variables of the loader; returns a Verdict."""
    verdict = Verdict()
    now = start({'LD_BIND_NOW': '1'})
    lazily = start({})
    if CIRCULAR.search(now[2]):
        now = lazily  # an audit knows what objects say of their binding, and no environment
    verdict.said += [f'LD_BIND_NOW=1: {now[0]}\n{now[1]}{now[2]}', f'lazily: {lazily[0]}\n{lazily[1]}{lazily[2]}']
    verdict.starts = lazily[1].startswith('MAIN\n')
    verdict.call_fails = verdict.starts and bool(FAILED_CALL.search(lazily[2]))
    verdict.crashes = verdict.starts and lazily[0] < 0
    if machine.musl:
        if not now[1].startswith('MAIN\n'):
            _ask_musl(verdict, now[2])
    else:
        _ask_glibc(verdict, start)
        if circular := CIRCULAR.search(lazily[2]):
            verdict.other.append(circular[0])  # a trace has nothing chosen
        if now[1].startswith('MAIN\n'):
            verdict.libraries.clear()  # "=> not found" is also what a trace says of auxiliary filtees, which nothing misses
    if now[0] < 0 and not now[1]:
        verdict.other = [f'the loader ends by signal {-now[0]}']  # none of them expects a file to be cut short
    faults = verdict.unbound or verdict.versions or verdict.libraries or verdict.other
    # The loader's own answers agree with each other, or this is no oracle.
    assert now[1].startswith('MAIN\n') != bool(faults), verdict.said
    if not verdict.other:
        early = verdict.versions or verdict.libraries or 'stops-start' in verdict.unbound.values()
        assert verdict.starts != bool(early), verdict.said
    return verdict


def audit(command, root, *words):
    """The findings of `rootlet audit`, whose exit status must be what they say."""
    done = subprocess.run([command, 'audit', '--root', str(root), '--format', 'json', *words], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise AssertionError(f"{' '.join(done.args)}: {done.returncode}\n{done.stderr}")
    answer = json.loads(done.stdout)
    matter = [finding for finding in answer['findings'] if finding['effect'] != 'note']
    assert (done.returncode == 0) == answer['bound'] == (not matter), done.stdout
    return answer


# What the loader of glibc warns of and goes on, and how our notes have it. A symbol of another size is said in a trace whichever is larger.
WARNINGS = ((re.compile(r"Symbol `(\S+)' has different size in shared object"), lambda match: ('copy-size', match[1])),
            (re.compile(r'^warning: (?:copy relocation against non-copyable protected symbol|direct reference to protected function) `(\S+)\''), lambda match: ('protected-symbol', match[1])),
            (re.compile(r': (\S+): no version information available \(required by (\S+)\)'), lambda match: ('no-version-information', base(match[2]) + ' of ' + base(match[1]))))


def warned(verdict):
    return {make(found) for line in verdict.notes for pattern, make in WARNINGS if (found := pattern.search(line))}


def noted(answer):
    found = set()
    for finding in answer['findings']:
        if finding['rule'] in ('copy-size', 'protected-symbol'):
            found.add((finding['rule'], finding['symbol']))
        elif finding['rule'] == 'no-version-information':
            found.add(('no-version-information', base(finding['object']) + ' of ' + base(finding.get('from') or finding['subject'])))
    return found


def differences(machine, verdict, answer, called=True):
    """Where an audit differs from the loader, in words. Not `called`: the program never calls what it would miss then."""
    findings = [finding for finding in answer['findings'] if finding['effect'] != 'note']
    ours, versions, libraries, others = {}, {}, {}, []
    for finding in findings:
        object, version = base(finding['object']), finding.get('version', '')
        if finding['rule'] == 'undefined-symbol':
            ours[(object, finding['symbol'], '' if machine.musl else version)] = finding['effect']
        elif finding['rule'] == 'missing-version':
            versions[(object, version, base(finding.get('from', '')))] = finding['effect']
        elif finding['rule'] == 'missing-library':
            libraries[finding['subject']] = finding['effect']
        else:
            others.append(finding)
    found = []
    # What follows from another finding is not asked for beside it. Of a library that is not there the trace of glibc has no reliable word;
    # musl names all that it should have defined. Of a version that is not there both would name each symbol.
    theirs = {} if verdict.libraries else {item: effect for item, effect in verdict.unbound.items() if (item[0], item[2]) not in {version[:2] for version in verdict.versions}}
    if verdict.libraries:
        ours = {}
    if 'Inconsistency' in str(verdict.other):
        ours, theirs = {}, {}  # an assertion ends the trace before it is through
    for what, mine, others_have in (('symbol', set(ours), set(theirs)), ('version', set(versions), verdict.versions), ('library', set(libraries), verdict.libraries)):
        found += [f'missed {what} {item}' for item in sorted(others_have - mine)] + [f'invented {what} {item}' for item in sorted(mine - others_have)]
    for item in sorted(set(ours) & set(theirs)):
        if ours[item] != theirs[item]:
            found.append(f'{item}: {ours[item]}, the loader {theirs[item]}')
    found += [f'{item}: {effect}' for item, effect in [*sorted(versions.items()), *sorted(libraries.items())] if effect != 'stops-start']
    wanted = {next((rule for text, rule in OTHERS if text.search(line)), line) for line in verdict.other}
    found += [f'missed: {rule}' for rule in sorted(wanted - {finding['rule'] for finding in others})]
    found += [f"invented {finding['key']} ({finding['effect']})" for finding in others if finding['rule'] not in wanted]
    effects = {finding['effect'] for finding in findings}
    if not machine.musl and not verdict.other and not verdict.libraries and warned(verdict) != noted(answer):
        found.append(f'the loader warns of {sorted(warned(verdict))}, we note {sorted(noted(answer))}')
    if 'ends by signal' in str(verdict.other):
        found = []  # anything that stops the start will do
    if ('stops-start' in effects) == verdict.starts:
        found.append(f'the program {"starts" if verdict.starts else "does not start"}, effects {sorted(effects)}')
    expected = 'fails-on-call' in effects and verdict.starts
    if verdict.call_fails and not expected or expected and not verdict.call_fails and called and not verdict.crashes:
        found.append(f'a call {"fails" if verdict.call_fails else "does not fail"}, effects {sorted(effects)}')
    return found
