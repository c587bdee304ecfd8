// The list of files: search, order, and only the rows in sight.

const list = {rows: [], active: 0, height: 34, sort: 'path', down: false, words: []};
const kColumns = {
  path: {text: 'Path', compare: (a, b) => order(a) - order(b)},
  size: {text: 'Size', compare: (a, b) => b.size - a.size || order(a) - order(b)},
  package: {text: 'Package', compare: (a, b) => a.packageName.localeCompare(b.packageName, 'en') || order(a) - order(b)},
  reason: {text: 'Reason', compare: (a, b) => a.kind.localeCompare(b.kind, 'en') || order(a) - order(b)},
};
report.files.forEach((file, index) => {
  file.order = index;
});
const order = (file) => file.order;

// What a search looks through, made when first asked for.
function haystack(file) {
  if (file.haystack === undefined) {
    const words = new Set([file.text, file.packageName, file.version, file.target]);
    for (const reason of file.reasons) (words.add(reason.kind), words.add(reason.detail), words.add(reason.how));
    file.haystack = [...words].join('\n').toLowerCase();
  }
  return file.haystack;
}

// Each word must be somewhere; package:, reason: and is: say where.
function matcher(query) {
  const tests = [];
  list.words = [];
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const [, where, what] = /^(package|reason|is):(.+)$/.exec(word) || [];
    if (where === 'package') tests.push((file) => (file.packageName || 'none').toLowerCase() === what);
    else if (where === 'reason') tests.push((file) => file.reasons.some((reason) => reason.kind === what));
    else if (where === 'is')
      tests.push(
        (file) =>
          (({link: 'symlink'})[what] || what) === file.type || what === file.change || (what === 'generated' && file.generated),
      );
    else (tests.push((file) => haystack(file).includes(word)), list.words.push(word));
  }
  return (file) => tests.every((test) => test(file));
}

function marked(text) {
  const lower = text.toLowerCase();
  const spans = [];
  for (const word of list.words) {
    for (let at = lower.indexOf(word); at >= 0 && lower.length === text.length; at = lower.indexOf(word, at + word.length))
      spans.push([at, at + word.length]);
  }
  if (spans.length === 0) return [text];
  spans.sort((a, b) => a[0] - b[0]);
  const parts = [];
  let done = 0;
  for (const [from, to] of spans) {
    if (from < done) continue;
    parts.push(text.slice(done, from), h('mark', {}, text.slice(from, to)));
    done = to;
  }
  return [...parts, text.slice(done)];
}

function search() {
  const test = matcher(state.query);
  list.rows = report.files.filter(test);
  if (list.sort !== 'path') list.rows.sort(kColumns[list.sort].compare);
  if (list.down) list.rows.reverse();
  map.matches = state.query.trim() ? new Set(list.rows) : null;
  byId('matches').textContent = state.query.trim()
    ? `${list.rows.length.toLocaleString('en')} of ${report.files.length.toLocaleString('en')}`
    : '';
}

// Two lines each where the window is narrow.
const narrow = matchMedia('screen and (max-width: 780px)');
function measureRows() {
  list.height = narrow.matches ? 48 : 34;
}

function rowOf(file, index) {
  const row = h(
    'div',
    {class: 'row', role: 'row', id: `row-${index}`, 'aria-rowindex': index + 2, 'aria-selected': String(file === state.file)},
    h(
      'span',
      {role: 'gridcell', class: 'cell-path', title: file.text},
      h('span', {class: 'directory'}, marked(file.directory)),
      h('span', {class: 'name'}, marked(file.name)),
      file.type === 'symlink' && h('span', {class: 'soft to'}, ` → ${file.target}`),
      file.type === 'directory' && h('span', {class: 'soft to'}, ' directory'),
      before && file.change !== 'same' && changeChip(file.change),
    ),
    h('span', {role: 'gridcell', class: 'cell-size'}, file.type === 'file' ? sizeText(file.size) : '—'),
    h(
      'span',
      {role: 'gridcell', class: 'cell-package', title: `${file.packageName} ${file.version}`},
      marked(file.packageName) || '',
    ),
    h('span', {role: 'gridcell', class: 'cell-reason'}, chip(file.kind)),
  );
  row.classList.toggle('active', index === list.active);
  return row;
}

function renderRows(all = false) {
  const box = byId('table'),
    body = byId('rows');
  if (!box) return;
  const first = all ? 0 : Math.max(0, Math.floor(box.scrollTop / list.height) - 6);
  const last = all ? list.rows.length : Math.min(list.rows.length, first + Math.ceil(box.clientHeight / list.height) + 12);
  body.style.height = all ? 'auto' : list.rows.length * list.height + 'px';
  body.replaceChildren(
    ...list.rows.slice(first, last).map((file, offset) => {
      const row = rowOf(file, first + offset);
      if (!all) row.style.transform = `translateY(${(first + offset) * list.height}px)`;
      return row;
    }),
  );
  const active = byId(`row-${list.active}`);
  if (active) box.setAttribute('aria-activedescendant', active.id);
  else box.removeAttribute('aria-activedescendant');
}

function reveal(index) {
  const box = byId('table'),
    seen = box.clientHeight - byId('rows').offsetTop;
  list.active = Math.max(0, Math.min(list.rows.length - 1, index));
  const top = list.active * list.height;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + list.height > box.scrollTop + seen) box.scrollTop = top + list.height - seen;
  renderRows();
}

function listKey(event) {
  if (event.target !== byId('table')) return;
  const page = Math.max(1, Math.floor(byId('table').clientHeight / list.height) - 2);
  const to = {
    ArrowDown: list.active + 1,
    ArrowUp: list.active - 1,
    PageDown: list.active + page,
    PageUp: list.active - page,
    Home: 0,
    End: list.rows.length - 1,
  }[event.key];
  if (event.key === 'ArrowUp' && list.active === 0) byId('search').focus();
  else if (to !== undefined) reveal(to);
  else if (event.key === 'Enter' && list.rows[list.active]) openFile(list.rows[list.active], true);
  else return;
  event.preventDefault();
}

function sortBy(name) {
  if (list.sort === name) list.down = !list.down;
  else ((list.sort = name), (list.down = false));
  search();
  renderFiles();
  byId('table').scrollTop = 0;
  reveal(0);
  byId(`sort-${name}`).focus();
}

function renderFiles() {
  const view = byId('view-files');
  measureRows();
  if (!byId('table')) {
    const head = h(
      'div',
      {class: 'row head', role: 'row', 'aria-rowindex': '1'},
      Object.entries(kColumns).map(([name, column]) =>
        h(
          'span',
          {role: 'columnheader', class: `cell-${name}`, id: `head-${name}`},
          h('button', {id: `sort-${name}`, on: {click: () => sortBy(name)}}, column.text),
        ),
      ),
    );
    const rows = h('div', {id: 'rows', role: 'rowgroup'});
    rows.addEventListener('click', (event) => {
      const row = event.target.closest('.row');
      if (!row) return;
      list.active = Number(row.getAttribute('aria-rowindex')) - 2;
      byId('table').focus({preventScroll: true});
      openFile(list.rows[list.active], false);
    });
    view.append(
      h(
        'div',
        {
          class: 'table',
          role: 'grid',
          tabindex: '0',
          'aria-label': 'Files: arrows move, Enter opens',
          id: 'table',
          on: {keydown: listKey, scroll: () => requestAnimationFrame(() => renderRows())},
        },
        h('div', {class: 'heads', role: 'rowgroup'}, head),
        rows,
      ),
      h('p', {class: 'none', id: 'no-rows'}, 'Nothing has all of these words in its path, package or reasons.'),
    );
    new ResizeObserver(() => {
      measureRows();
      renderRows();
    }).observe(byId('table'));
  }
  for (const name of Object.keys(kColumns)) {
    const sorted = list.sort === name ? (list.down !== (name === 'size') ? 'descending' : 'ascending') : 'none';
    byId(`head-${name}`).setAttribute('aria-sort', sorted);
  }
  byId('table').setAttribute('aria-rowcount', list.rows.length + 1);
  byId('no-rows').hidden = list.rows.length > 0;
  const selected = state.file ? list.rows.indexOf(state.file) : -1;
  if (selected >= 0 && selected !== list.active) reveal(selected);
  else renderRows();
}

function listQuery() {
  list.active = 0;
  const box = byId('table');
  if (box) box.scrollTop = 0;
}
