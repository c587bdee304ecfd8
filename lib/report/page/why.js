// The panel: why a file is here, what a package brings, and without either the largest groups.

const kMaxStates = 200000; // of the search for chains

// The chains of files from an entry, shortest first: a search backwards that first follows what may become the
// shortest (A*, with the true distances).
function* chainsTo(file) {
  const queue = []; // of states, by the least length of the whole chain
  let states = 0;
  const push = (state) => {
    const length = state.length + state.file.depth;
    if (length !== Infinity && ++states <= kMaxStates) (queue[length] ||= []).push(state);
  };
  push({file, next: null, reasons: null, length: 0});
  for (let length = 0; length < queue.length; ++length) {
    for (let at = 0; queue[length] && at < queue[length].length; ++at) {
      const state = queue[length][at];
      if (state.file.depth === 0) yield chainOf(state);
      for (const {file: by, reasons} of neededBy(state.file)) {
        let seen = false;
        for (let step = state; step && !seen; step = step.next) seen = step.file === by;
        if (!seen) push({file: by, next: state, reasons, length: state.length + 1});
      }
    }
    queue[length] = null;
  }
}

function chainOf(state) {
  const roots = state.file.reasons.filter((reason) => reason.by === null);
  const steps = [{file: state.file, reasons: roots}];
  for (; state.next; state = state.next) steps.push({file: state.next.file, reasons: state.reasons});
  return steps;
}

function reasonLine(reasons) {
  const [first, ...others] = reasons;
  if (!first) return null;
  return h(
    'span',
    {class: 'reason'},
    chip(first.kind, first.how),
    first.detail && first.kind !== 'entry' && h('span', {class: 'detail'}, first.detail),
    others.length > 0 &&
      h('span', {class: 'soft', title: others.map((r) => `${r.kind} ${r.detail}`).join('\n')}, `and ${others.length} more`),
  );
}

function chainItem(steps) {
  return h(
    'li',
    {},
    h(
      'ol',
      {class: 'chain'},
      steps.map(({file, reasons}, index) => {
        const out = index === 0 && reasons[0] && reasons[0].byText;
        return h(
          'li',
          {},
          out && h('span', {class: 'soft'}, `${out} is left out itself`),
          reasonLine(reasons),
          index + 1 < steps.length ? fileButton(file) : h('span', {class: 'path this'}, pathParts(file)),
        );
      }),
    ),
  );
}

function chainsSection(file) {
  const chains = chainsTo(file),
    list = h('ol', {class: 'chains', 'aria-label': 'Chains of reasons'});
  const more = h('button', {class: 'more', on: {click: () => take(10)}}, 'Show longer chains');
  function take(count) {
    const from = list.children.length;
    for (; count > 0; --count) {
      const {value, done} = chains.next();
      if (done) break;
      list.append(chainItem(value));
    }
    more.hidden = count > 0;
    if (from > 0 && list.children[from]) list.children[from].querySelector('button, .this').focus();
  }
  take(3);
  return [list, more];
}

function edgeRow({file, reasons}) {
  return h('li', {}, fileButton(file), reasonLine(reasons));
}

function facts(pairs) {
  return h(
    'dl',
    {class: 'facts'},
    pairs.filter(([, value]) => value).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}

function panelHead(over, title) {
  return h(
    'div',
    {class: 'panel-head'},
    h('p', {class: 'over'}, over),
    h('h2', {id: 'panel-title', tabindex: '-1'}, title),
    h(
      'button',
      {class: 'icon close', title: 'Close (Esc)', on: {click: closePanel}},
      h('b', {'aria-hidden': 'true'}, '×'),
      h('span', {class: 'unseen'}, 'Close'),
    ),
  );
}

function filePanel(file) {
  const by = neededBy(file),
    needs = needsOf(file),
    about = (items) => items.filter((item) => item.by.key === file.key);
  const notes = file.removed ? [] : [...about(report.missing), ...about(report.findings)];
  const type =
    file.type === 'symlink' ? 'Link' : file.type === 'directory' ? 'Directory' : file.generated ? 'Generated file' : 'File';
  const actions = h(
    'div',
    {class: 'actions'},
    !file.removed &&
      h('button', {on: {click: () => go({view: 'graph'})}, 'aria-pressed': String(state.view === 'graph')}, 'Graph'),
    !file.removed &&
      h('button', {on: {click: () => go({view: 'files', query: ''})}, 'aria-pressed': String(state.view === 'files')}, 'List'),
    file.size > 0 &&
      h(
        'button',
        {class: 'to-map', on: {click: () => go({view: 'map', zoom: null})}, 'aria-pressed': String(state.view === 'map')},
        'Map',
      ),
    h('button', {on: {click: (event) => copy(file.text, event.currentTarget)}}, 'Copy path'),
  );
  return [
    panelHead(
      [file.removed ? 'Removed' : 'Why is this here?', file.change !== 'same' && changeChip(file.change)],
      h('span', {class: 'path'}, pathParts(file)),
    ),
    facts([
      ['Type', type],
      ['Leads to', file.target && h('span', {class: 'path'}, file.target)],
      [
        'Size',
        file.type === 'file' && `${sizeText(file.size)}${file.size >= 1024 ? ` (${file.size.toLocaleString('en')} bytes)` : ''}`,
      ],
      ['Mode', file.mode],
      [
        'Package',
        (file.packageName || file.type === 'file') &&
          packageButton(file.packageName, packageText(file.packageName), h('span', {class: 'soft'}, ' ', file.version)),
      ],
      ['Built for', file.note],
      ['Since before', file.old && file.change === 'changed' && changesOf(file).join('; ')],
    ]),
    actions,
    notes.length > 0 &&
      growing(
        notes,
        5,
        (item) =>
          h(
            'li',
            {class: `note ${item.name !== undefined ? 'bad' : item.kind === 'unproved' ? 'warn' : ''}`},
            h('b', {}, item.name !== undefined ? 'Missing' : findingTitle(item.kind)[0]),
            ' ',
            item.name !== undefined ? item.name : item.detail,
          ),
        'ul',
        'notes',
      ),
    file.removed ? h('h3', {}, 'It was there because') : h('h3', {}, 'Chains of reasons, shortest first'),
    file.removed
      ? h(
          'ul',
          {class: 'plain'},
          file.reasons
            .slice(0, 20)
            .map((reason) => h('li', {}, reasonLine([reason]), nameOrButton({key: reason.byKey, text: reason.byText}))),
        )
      : chainsSection(file),
    by.length > 0 && [h('h3', {}, `Needed by ${countText(by.length, 'file')}`), growing(by, 8, edgeRow)],
    needs.length > 0 && [h('h3', {}, `Needs ${countText(needs.length, 'file')}`), growing(needs, 8, edgeRow)],
  ];
}

function packagePanel(name) {
  const files = [
    ...(report.packages.get(name) || {files: []}).files,
    ...(before ? before.removed : []).filter((file) => file.packageName === name),
  ].sort((a, b) => b.size - a.size);
  const item = report.packages.get(name) || (before && before.packages.get(name));
  const graph = packageGraph(),
    node = graph.get(name);
  const others = (edges) => [...edges.keys()].map((other) => graph.get(other)).sort((a, b) => b.size - a.size);
  const row = (other) => h('li', {class: 'sized'}, packageButton(other.name), h('span', {class: 'soft'}, sizeText(other.size)));
  return [
    panelHead('Package', packageText(name)),
    facts([
      ['Version', item.version],
      ['Takes', `${sizeText(item.size)} in ${countText(item.files.length, 'file')}`],
    ]),
    h(
      'div',
      {class: 'actions'},
      h('button', {on: {click: () => go({view: 'files', query: `package:${name || 'none'}`})}}, 'List'),
      item.size > 0 && h('button', {on: {click: () => go({view: 'map', by: 'package', zoom: name})}}, 'Map'),
      node &&
        h(
          'button',
          {on: {click: () => go({view: 'graph', file: null})}, 'aria-pressed': String(state.view === 'graph')},
          'Graph',
        ),
    ),
    node &&
      node.from.size > 0 && [
        h('h3', {}, `Needed by ${countText(node.from.size, 'package')}`),
        growing(others(node.from), 8, row),
      ],
    node && node.to.size > 0 && [h('h3', {}, `Needs ${countText(node.to.size, 'package')}`), growing(others(node.to), 8, row)],
    h('h3', {}, 'Files, largest first'),
    growing(files, 12, (file) =>
      h(
        'li',
        {class: 'sized'},
        fileButton(file),
        h('span', {class: 'soft'}, file.removed ? 'removed, ' : '', file.type === 'file' ? sizeText(file.size) : file.type),
      ),
    ),
  ];
}

function groupsPanel() {
  const groups = mapGroups(),
    most = groups.length > 0 ? groups[0].size : 1;
  const total = groups.reduce((sum, group) => sum + group.size, 0) || 1;
  const title = {package: 'Largest packages', reason: 'By reason', directory: 'Largest directories'}[state.by];
  return [
    h('h2', {class: 'lone', id: 'panel-title', tabindex: '-1'}, state.zoom === null ? title : 'Largest files'),
    growing(groups, 40, (group) => {
      const bar = h('span', {class: 'bar-fill'});
      bar.style.width = `${Math.max(0.5, (100 * group.size) / most)}%`;
      return h(
        'li',
        {},
        h(
          'button',
          {class: 'rank', title: group.text, on: {click: (event) => group.open(event.detail === 0)}},
          h('span', {class: 'rank-name'}, group.text),
          h('span', {class: 'rank-size'}, sizeText(group.size)),
          h('span', {class: 'rank-share'}, `${((100 * group.size) / total).toFixed(group.size * 10 < total ? 1 : 0)} %`),
          h('span', {class: 'bar-line'}, bar),
        ),
      );
    }),
  ];
}

function renderPanel() {
  const panel = byId('panel');
  const open = state.file !== null || state.package !== null || state.lost !== null;
  panel.classList.toggle('open', open);
  panel.setAttribute('aria-label', state.file ? 'Why is this here?' : 'Details');
  let content;
  if (state.lost !== null)
    content = [
      panelHead('Not in this report', h('span', {class: 'path'}, state.lost)),
      h(
        'p',
        {},
        'It is not among the files. On the command line, ',
        h('code', {}, 'rootlet why'),
        ' says what was looked for in its place.',
      ),
    ];
  else if (state.file) content = filePanel(state.file);
  else if (state.package !== null) content = packagePanel(state.package);
  else content = groupsPanel();
  panel.replaceChildren(...content.flat(3).filter(Boolean));
  panel.scrollTop = 0;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector('#panel-title'));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = 'Selected';
  }
}
