// What is shown, its address, and the keys.

const VIEWS = {map: 'Map', files: 'Files', graph: 'Graph', findings: 'Findings', ...(before ? {compare: 'Compare'} : {})};
const kFirst = {
  view: before ? 'compare' : 'map',
  file: null,
  package: null,
  lost: null,
  by: report.packages.size > 1 ? 'package' : 'directory',
  zoom: null,
  colour: 'reason',
  query: '',
};
let state = {...kFirst};
let returnTo = null; // what had the focus before the panel

// #/VIEW, #/file/PATH or #/package/NAME, and what differs from a first look: #/file/usr/bin/curl?in=graph.
function addressOf(s) {
  const encode = (text) => text.split('/').map(encodeURIComponent).join('/');
  const words = new URLSearchParams();
  let path = s.view;
  if (s.file) path = s.file.key.startsWith('\0') ? 'hex/' + s.file.key.slice(1) : 'file' + encode(s.file.key);
  else if (s.package !== null) path = 'package/' + encode(s.package);
  if ((s.file || s.package !== null) && s.view !== 'files') words.set('in', s.view);
  if (s.by !== kFirst.by) words.set('by', s.by);
  if (s.zoom !== null) words.set('zoom', s.zoom);
  if (s.colour !== kFirst.colour) words.set('colour', s.colour);
  if (s.query) words.set('q', s.query);
  return '#/' + path + (String(words) && '?' + words);
}

function stateAt(hash) {
  const [, path, query = ''] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash),
    words = new URLSearchParams(query);
  const slash = path.indexOf('/'),
    first = slash < 0 ? path : path.slice(0, slash);
  const s = {...kFirst, query: words.get('q') || '', zoom: words.get('zoom')};
  let rest = slash < 0 ? '' : path.slice(slash);
  try {
    rest = decodeURIComponent(rest);
  } catch {
    /* as it is */
  }
  if (['package', 'reason', 'directory'].includes(words.get('by'))) s.by = words.get('by');
  if (before && words.get('colour') === 'change') s.colour = 'change';
  if (Object.hasOwn(VIEWS, first)) return Object.assign(s, {view: first});
  const view = Object.hasOwn(VIEWS, words.get('in') || '') ? words.get('in') : 'files';
  if (first === 'file' || first === 'hex') {
    const file = fileAt(first === 'hex' ? '\0' + rest.slice(1) : rest);
    return Object.assign(s, {view, file, lost: file ? null : plain(rest)});
  }
  if (first === 'package') {
    const known = report.packages.has(rest.slice(1)) || (before && before.packages.has(rest.slice(1)));
    return Object.assign(s, {view, package: known ? rest.slice(1) : null, lost: known ? null : plain(rest.slice(1))});
  }
  return s;
}

function go(changes, focus = false, replace = false) {
  const next = {...state, lost: null, ...changes};
  const address = addressOf(next);
  if (address !== location.hash) {
    try {
      history[replace ? 'replaceState' : 'pushState'](null, '', address);
    } catch {
      /* an address that cannot change */
    }
  }
  show(next);
  if (focus) byId('panel-title').focus();
}

function openFile(file, focus) {
  if (!byId('panel').contains(document.activeElement)) returnTo = document.activeElement;
  go({file, package: null}, focus);
}
function openPackage(name, focus) {
  if (!byId('panel').contains(document.activeElement)) returnTo = document.activeElement;
  go({file: null, package: name}, focus);
}
function closePanel() {
  go({file: null, package: null, lost: null});
  if (returnTo && returnTo.isConnected && returnTo !== document.body) returnTo.focus();
  else focusView();
  returnTo = null;
}

function focusView() {
  const view = byId('view-' + state.view);
  (view.querySelector('#map, #table, .columns, .scroller') || view).focus();
}

const renderers = {map: renderMap, files: renderFiles, graph: renderGraph, findings: renderFindings, compare: renderCompare};
function show(next) {
  const queried = next.query !== state.query;
  state = next;
  for (const view of Object.keys(VIEWS)) {
    byId('view-' + view).hidden = view !== state.view;
    const tab = byId('tab-' + view);
    tab.setAttribute('aria-selected', String(view === state.view));
    tab.tabIndex = view === state.view ? 0 : -1;
  }
  document.body.dataset.view = state.view;
  if (queried) {
    search();
    listQuery();
    if (byId('search').value !== state.query) byId('search').value = state.query;
  }
  byId('tip').hidden = true;
  renderPanel();
  renderers[state.view]();
}

function renderHead() {
  const {entries, files} = report,
    count = (type) => files.filter((file) => file.type === type).length;
  const title =
    entries.length === 0
      ? 'Nothing'
      : entries.length <= 2
        ? entries.join(' and ')
        : `${entries[0]} and ${entries.length - 1} more`;
  document.title = `${title} — rootlet`;
  byId('title').textContent = title;
  byId('title').title = entries.join('\n');
  const packages = report.packages.size - (report.packages.has('') ? 1 : 0);
  byId('subtitle').textContent =
    `and what must stand beside ${entries.length === 1 ? 'it' : 'them'} to run, from the root ${report.root}`;
  const unproved = countOf('unproved');
  const stats = [
    ['Files', count('file').toLocaleString('en'), '', {view: 'files', query: 'is:file'}],
    ['Links', count('symlink').toLocaleString('en'), '', {view: 'files', query: 'is:link'}],
    ['Size', sizeText(report.size), '', {view: 'map', zoom: null}],
    ['Packages', packages.toLocaleString('en'), '', {view: 'graph'}],
    ['Missing', report.missing.length.toLocaleString('en'), report.missing.length > 0 ? 'bad' : 'good', {view: 'findings'}],
    ['Unproved', unproved.toLocaleString('en'), unproved > 0 ? 'warn' : 'good', {view: 'findings'}],
  ];
  byId('stats').replaceChildren(
    ...stats.map(([name, value, tone, to]) =>
      h(
        'li',
        {},
        h(
          'button',
          {class: tone, on: {click: () => go({file: null, package: null, ...to})}},
          h('b', {}, value),
          h('span', {}, name),
        ),
      ),
    ),
  );
  byId('tabs').replaceChildren(
    ...Object.entries(VIEWS).map(([view, text], index) =>
      h(
        'button',
        {
          id: 'tab-' + view,
          role: 'tab',
          'aria-controls': 'view-' + view,
          title: `${text} (${index + 1})`,
          on: {click: () => go({view})},
        },
        text,
        view === 'findings' && h('span', {class: 'count'}, (report.missing.length + report.findings.length).toLocaleString('en')),
      ),
    ),
  );
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
function setTheme(theme, keep) {
  document.documentElement.dataset.theme = theme;
  byId('theme').setAttribute('aria-pressed', String(theme === 'dark'));
  if (keep) {
    try {
      if (theme === (prefersDark.matches ? 'dark' : 'light')) localStorage.removeItem('rootlet-theme');
      else localStorage.setItem('rootlet-theme', theme);
    } catch {
      /* for this time only */
    }
  }
  if (state.view === 'map') drawMap();
}
function startTheme() {
  let kept = null;
  try {
    kept = localStorage.getItem('rootlet-theme');
  } catch {
    /* not to be had */
  }
  setTheme(kept || (prefersDark.matches ? 'dark' : 'light'), false);
  prefersDark.addEventListener('change', () => setTheme(prefersDark.matches ? 'dark' : 'light', false));
  byId('theme').addEventListener('click', toggleTheme);
  let was = null;
  addEventListener('beforeprint', () => {
    was = document.documentElement.dataset.theme;
    setTheme('light', false);
    if (state.view === 'files') renderRows(true);
  });
  addEventListener('afterprint', () => {
    setTheme(was, false);
    if (state.view === 'files') renderRows();
  });
}
function toggleTheme() {
  setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark', true);
}

function startHelp() {
  const keys = [
    ['/', 'search'],
    [`1 – ${Object.keys(VIEWS).length}`, 'the views'],
    ['↑ ↓ ← →', 'move in the list, the map and the graph'],
    ['Enter', 'open: why is it here?'],
    ['Space', 'in the map: go into the group'],
    ['Esc', 'back: close, zoom out, clear the search'],
    ['t', 'light or dark'],
    ['?', 'this help'],
  ];
  const words = [
    ['libssl certs', 'both words in the path, package or reasons'],
    ['package:libc6', 'files of a package'],
    ['reason:rule', 'files with such a reason'],
    ['is:link', 'or file, directory, generated' + (before ? ', added, changed' : '')],
  ];
  const rows = (pairs, tag) =>
    h(
      'dl',
      {class: 'keys'},
      pairs.map(([key, says]) => h('div', {}, h('dt', {}, h(tag, {}, key)), h('dd', {}, says))),
    );
  const kinds = h(
    'dl',
    {class: 'keys'},
    Object.keys(KINDS).map((kind) => h('div', {}, h('dt', {}, chip(kind)), h('dd', {}, KINDS[kind].says))),
  );
  const close = h(
    'button',
    {class: 'icon close', title: 'Close (Esc)', on: {click: () => byId('help').close()}},
    h('b', {'aria-hidden': 'true'}, '×'),
    h('span', {class: 'unseen'}, 'Close'),
  );
  byId('help').append(
    h('div', {class: 'panel-head'}, h('h2', {id: 'help-title'}, 'Help'), close),
    h(
      'div',
      {class: 'help-parts'},
      h('section', {}, h('h3', {}, 'Keys'), rows(keys, 'kbd'), h('h3', {}, 'Search'), rows(words, 'code')),
      h('section', {}, h('h3', {}, 'Reasons'), kinds),
    ),
  );
  byId('help').addEventListener('click', (event) => event.target === byId('help') && byId('help').close());
  byId('help-open').addEventListener('click', () => byId('help').showModal());
}

// Closes the innermost of what is open; true if something was.
function back() {
  if (state.file || state.package !== null || state.lost !== null) {
    const zoomed = state.view === 'map' && state.by === 'package' && state.zoom !== null && state.package === state.zoom;
    if (zoomed) go({zoom: null});
    return (closePanel(), true);
  }
  if (state.view === 'map' && state.zoom !== null)
    return (go({zoom: state.by === 'directory' ? upFrom(state.zoom) : null}), true);
  if (state.query) return (go({query: ''}), true);
  return false;
}
function upFrom(zoom) {
  const up = zoom.slice(0, zoom.lastIndexOf('/', zoom.length - 2) + 1);
  return up.length > 1 ? up : null;
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
  const box = byId('search'),
    typing = event.target === box,
    view = Object.keys(VIEWS)[Number(event.key) - 1];
  if (typing && event.key === 'Enter') (go({view: 'files'}), focusView());
  else if (typing && event.key === 'ArrowDown') (go({view: state.view === 'map' ? 'map' : 'files'}), focusView());
  else if (typing && event.key === 'Escape') box.value ? ((box.value = ''), go({query: ''}, false, true)) : focusView();
  else if (typing) return;
  else if (event.key === 'Escape') {
    if (!back()) return;
  } else if (event.key === '/') (box.focus(), box.select());
  else if (event.key === '?') byId('help').showModal();
  else if (event.key === 't') toggleTheme();
  else if (view) (go({view}), focusView());
  else return;
  event.preventDefault();
}

function start() {
  renderHead();
  startTheme();
  startHelp();
  startMap();
  byId('tabs').addEventListener('keydown', (event) => {
    const names = Object.keys(VIEWS),
      at = names.indexOf(state.view);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1 + names.length, Home: 0, End: names.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go({view: names[to % names.length]});
    byId('tab-' + state.view).focus();
  });
  byId('search').addEventListener('input', (event) =>
    go({query: event.target.value, view: state.view === 'map' ? 'map' : 'files', file: null, package: null}, false, true),
  );
  byId('skip').addEventListener('click', focusView);
  addEventListener('keydown', onKey);
  addEventListener('resize', () => {
    const columns = byId('view-graph').querySelector('.columns');
    if (state.view === 'graph' && columns) drawEdges(columns);
  });
  for (const event of ['popstate', 'hashchange'])
    addEventListener(event, () => location.hash !== addressOf(state) && show(stateAt(location.hash)));
  state.query = null;
  show(stateAt(location.hash));
  performance.mark('rootlet-shown');
}
start();
