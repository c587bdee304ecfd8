// What is missing, and what the caller should know.

const FINDINGS = {
  unproved: [
    'Unproved',
    'A name is made at run time, so nobody can tell from the bytes what is opened. If the program lacks something, name it with --include or in a rule.',
  ],
  'not-there': ['Not there', 'A rule asks for this, and nothing is there. Programs do without it.'],
  'optional-missing': ['Optional, not there', 'Something that is used if it is there.'],
  'program-not-there': ['Programs not there', 'A script or program may start these.'],
  'not-taken': ['Not taken', 'Left where it is, mostly as it may be a secret. Name it as an entry or with --include to take it.'],
  excluded: ['Excluded', 'Left out as --exclude says.'],
  'set-id-dropped': ['Set-user-ID bits dropped', '--keep-setid keeps them.'],
  'wrong-machine': ['Wrong machine', 'Passed over: built for another processor.'],
  'dangling-link': ['Dangling links', 'They lead to nothing.'],
  unreadable: ['Unreadable', 'They could not be read.'],
  malformed: ['Malformed', 'Not what they seem to be.'],
};
const findingTitle = (kind) =>
  Object.hasOwn(FINDINGS, kind) ? FINDINGS[kind] : [kind.slice(0, 1).toUpperCase() + kind.slice(1).replaceAll('-', ' '), ''];
const countOf = (kind) => report.findings.filter((finding) => finding.kind === kind).length;

function missingItem(item) {
  return h(
    'li',
    {class: 'finding bad'},
    h('p', {class: 'finding-head'}, h('b', {class: 'path'}, item.name), chip(item.kind)),
    h('p', {}, 'for ', nameOrButton(item.by)),
    item.tried.length > 0 &&
      h(
        'details',
        {open: item.tried.length < 6},
        h('summary', {}, `Tried ${countText(item.tried.length, 'place')}`),
        h(
          'ol',
          {class: 'tried'},
          item.tried.map((step) =>
            h(
              'li',
              {},
              h('span', {class: 'path'}, step.path),
              h('span', {class: 'soft'}, [step.how, step.why].filter(Boolean).join(' · ')),
            ),
          ),
        ),
      ),
  );
}

// A rule's many patterns are a list of their own.
function findingItem(finding) {
  const [, first, rest] = /^(.*? found nothing at) (.*)$/.exec(finding.detail) || [null, finding.detail, ''];
  return h(
    'li',
    {class: `finding ${finding.kind === 'unproved' ? 'warn' : ''}`},
    finding.by.text && h('p', {class: 'finding-head'}, nameOrButton(finding.by)),
    h('p', {}, first, rest && ':'),
    rest &&
      h(
        'ul',
        {class: 'tried'},
        rest.split(', ').map((pattern) => h('li', {}, h('span', {class: 'path'}, pattern))),
      ),
  );
}

function renderFindings() {
  const view = byId('view-findings');
  if (view.hasChildNodes()) return;
  const kinds = [...new Set(report.findings.map((finding) => finding.kind))].sort(
    (a, b) => (b === 'unproved') - (a === 'unproved') || a.localeCompare(b),
  );
  const section = (title, says, count, tone, body) =>
    h(
      'section',
      {class: 'block'},
      h('h2', {class: tone}, title, ' ', h('span', {class: 'count'}, count.toLocaleString('en'))),
      says && h('p', {class: 'soft says'}, says),
      body,
    );
  view.append(
    h(
      'div',
      {class: 'page'},
      report.missing.length > 0
        ? section(
            'Missing',
            'Required, and not there: the program will not start, or will fail when it comes to it.',
            report.missing.length,
            'bad',
            growing(report.missing, 100, missingItem, 'ul', 'findings'),
          )
        : h('p', {class: 'good verdict'}, h('b', {'aria-hidden': 'true'}, '✓ '), 'Nothing required is missing.'),
      kinds.map((kind) => {
        const found = report.findings.filter((finding) => finding.kind === kind);
        return section(
          ...findingTitle(kind),
          found.length,
          kind === 'unproved' ? 'warn' : '',
          growing(found, 100, findingItem, 'ul', 'findings'),
        );
      }),
      report.findings.length === 0 && h('p', {class: 'soft'}, 'There are no findings.'),
    ),
  );
}
