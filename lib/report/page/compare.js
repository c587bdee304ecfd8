// What two builds differ in.

function packageChanges() {
  const rows = [];
  for (const name of new Set([...before.packages.keys(), ...report.packages.keys()])) {
    const old = before.packages.get(name),
      now = report.packages.get(name);
    const files = [...(now ? now.files : []), ...(old ? old.files.filter((file) => file.removed) : [])].filter(
      (file) => file.change !== 'same',
    ).length;
    const version = old && now && old.version !== now.version ? `${old.version} → ${now.version}` : (now || old).version;
    const change = !old ? 'added' : !now ? 'removed' : files > 0 || old.version !== now.version ? 'changed' : 'same';
    if (change !== 'same') rows.push({name, version, change, files, size: (now ? now.size : 0) - (old ? old.size : 0)});
  }
  return rows.sort((a, b) => Math.abs(b.size) - Math.abs(a.size) || a.name.localeCompare(b.name));
}

const fileChange = (file) => (file.removed ? -file.size : file.size - (file.old ? file.old.size : 0));
const sameFinding = (a, b) => a.kind === b.kind && a.by.key === b.by.key && a.detail === b.detail && a.name === b.name;
const notIn = (items, others) => items.filter((item) => !others.some((other) => sameFinding(item, other)));

function changeCell(bytes) {
  return h('td', {class: `number ${bytes > 0 ? 'more-bytes' : bytes < 0 ? 'less-bytes' : 'soft'}`}, changeText(bytes));
}

// A table with a switch for the kind of change; rows come in portions.
function changeTable(title, rows, heads, cells) {
  const count = (change) => rows.filter((row) => row.change === change).length;
  const holder = h('div');
  function show(only) {
    const some = only === 'all' ? rows : rows.filter((row) => row.change === only);
    const [body, more] = growing(some, 60, (row) => h('tr', {}, cells(row)), 'tbody', '');
    holder.replaceChildren(
      choice(
        '',
        Object.fromEntries(
          ['all', 'added', 'removed', 'changed']
            .filter((c) => c === 'all' || count(c) > 0)
            .map((c) => [
              c,
              c === 'all' ? `All ${rows.length.toLocaleString('en')}` : `${CHANGES[c]} ${count(c).toLocaleString('en')}`,
            ]),
        ),
        only,
        show,
      ),
      h(
        'div',
        {class: 'table-frame'},
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              heads.map((head) =>
                h(
                  'th',
                  {scope: 'col', class: {Bytes: 'number', Files: 'number', Version: 'wrap', What: 'wrap'}[head] || ''},
                  head,
                ),
              ),
            ),
          ),
          body,
        ),
      ),
      more,
    );
  }
  show('all');
  return h(
    'section',
    {class: 'block'},
    h('h2', {}, title, ' ', h('span', {class: 'count'}, rows.length.toLocaleString('en'))),
    holder,
  );
}

function totals(files) {
  const sum = {added: [0, 0], removed: [0, 0], changed: [0, 0]};
  for (const file of files) ((sum[file.change][0] += 1), (sum[file.change][1] += fileChange(file)));
  return h(
    'ul',
    {class: 'totals'},
    Object.entries(sum).map(([change, [count, bytes]]) =>
      h('li', {}, changeChip(change), h('b', {}, countText(count, 'file')), h('span', {class: 'soft'}, changeText(bytes))),
    ),
  );
}

// The bytes before and after on one scale, with what went and what came.
function scales() {
  const most = Math.max(before.size, report.size, 1);
  const bar = (label, answer) => {
    const fill = h('span', {class: 'bar-fill'});
    fill.style.width = `${(100 * answer.size) / most}%`;
    return h(
      'div',
      {class: 'scale'},
      h('span', {class: 'scale-name'}, label),
      h('span', {class: 'bar-line'}, fill),
      h(
        'span',
        {class: 'scale-size'},
        h('b', {}, sizeText(answer.size)),
        ` in ${countText(answer.files.length, 'path')}, ${countText(answer.packages.size - (answer.packages.has('') ? 1 : 0), 'package')}`,
      ),
    );
  };
  return h('div', {class: 'scales'}, bar('Before', before), bar('Now', report));
}

function renderCompare() {
  const view = byId('view-compare');
  if (view.hasChildNodes()) return;
  const files = [...report.files, ...before.removed]
    .filter((file) => file.change !== 'same')
    .sort((a, b) => Math.abs(fileChange(b)) - Math.abs(fileChange(a)) || (a.text < b.text ? -1 : 1));
  const grown = report.size - before.size;
  const tone = (item) => (item.name === undefined ? findingItem(item) : missingItem(item));
  const talk = (title, items) =>
    items.length > 0 &&
    h(
      'section',
      {class: 'block'},
      h('h2', {}, title, ' ', h('span', {class: 'count'}, items.length)),
      growing(items, 20, tone, 'ul', 'findings'),
    );
  const [came, went] = [
    [report, before],
    [before, report],
  ].map(([a, b]) => [...notIn(a.missing, b.missing), ...notIn(a.findings, b.findings)]);
  view.append(
    h(
      'div',
      {class: 'page'},
      h(
        'h2',
        {class: 'first'},
        files.length === 0
          ? 'The two builds hold the same files'
          : grown === 0
            ? 'Same size as before'
            : `${sizeText(Math.abs(grown))} ${grown > 0 ? 'more' : 'less'} than before`,
        before.size > 0 &&
          grown !== 0 &&
          h('span', {class: 'soft'}, ` (${grown > 0 ? '+' : '−'}${((100 * Math.abs(grown)) / before.size).toFixed(1)} %)`),
      ),
      scales(),
      files.length > 0 && totals(files),
      before.entries.join('\n') !== report.entries.join('\n') &&
        h('p', {class: 'warn'}, `The earlier report was about ${before.entries.join(', ')}.`),
      talk('New among what is missing and found', came),
      talk('No more missing or found', went),
      files.length > 0 &&
        changeTable('Packages', packageChanges(), ['Change', 'Package', 'Version', 'Files', 'Bytes'], (row) => [
          h('td', {}, changeChip(row.change)),
          h('td', {}, packageButton(row.name)),
          h('td', {class: 'soft wrap'}, row.version),
          h('td', {class: 'number'}, row.files.toLocaleString('en')),
          changeCell(row.size),
        ]),
      files.length > 0 &&
        changeTable('Files', files, ['Change', 'Path', 'What', 'Bytes'], (file) => [
          h('td', {}, changeChip(file.change)),
          h('td', {class: 'wide'}, fileButton(file)),
          h('td', {class: 'soft wrap'}, file.old ? changesOf(file).join('; ') : file.packageName),
          changeCell(fileChange(file)),
        ]),
      h(
        'p',
        {class: 'soft'},
        'Files of the same size, mode and package version count as unchanged; their bytes are not compared.',
      ),
    ),
  );
}
