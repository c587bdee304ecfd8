// The graph around a file.

// Columns of files: those that need the file to its left, those that it needs to its right, as far as opened.
const around = {file: null, left: [], right: [], most: new Map()};

function renderAround(view, file = around.file) {
  const old = view.querySelector('.columns');
  const keep = around.file === file && old ? old.scrollLeft : null;
  if (around.file !== file) Object.assign(around, {file, left: [], right: [], most: new Map()});
  const sides = {left: [], right: []};
  for (const side of ['left', 'right']) {
    const edges = side === 'left' ? neededBy : needsOf;
    [file, ...around[side]].forEach((from, level) => {
      const found = edges(from);
      if (found.length > 0) sides[side].push(columnOf(side, level, from, found));
    });
  }
  const middle = h(
    'div',
    {class: 'column middle', role: 'group', 'aria-label': 'The file'},
    h('p', {class: 'column-head'}, 'This file'),
    nodeCard(file, [], null),
  );
  const columns = h(
    'div',
    {class: 'columns', role: 'group', tabindex: '0', 'aria-label': 'Graph around the file'},
    svg('svg', {class: 'edges', 'aria-hidden': 'true'}),
    sides.left.reverse(),
    middle,
    sides.right,
  );
  columns.addEventListener('keydown', (event) => nodeKey(event, columns));
  view.replaceChildren(
    h(
      'div',
      {class: 'tools'},
      h(
        'nav',
        {class: 'trail', 'aria-label': 'Graph'},
        report.packages.size > 1 && [
          h('button', {on: {click: () => go({file: null, package: null})}}, 'All packages'),
          h('span', {'aria-hidden': 'true'}, '›'),
        ],
        h('b', {}, file.name),
      ),
      h('p', {class: 'soft'}, 'Left: what needs it. Right: what it needs. + goes on from a file.'),
    ),
    columns,
  );
  columns.querySelectorAll('.column-body').forEach((body) => body.addEventListener('scroll', () => drawEdges(columns)));
  columns.scrollLeft = keep ?? Math.max(0, middle.offsetLeft - (columns.clientWidth - middle.offsetWidth) / 2);
  drawEdges(columns);
}

function columnOf(side, level, from, edges) {
  const key = `${side} ${from.key}`,
    most = around.most.get(key) || 40;
  const body = h(
    'div',
    {class: 'column-body'},
    edges.slice(0, most).map(({file, reasons}) => nodeCard(file, reasons, {side, level})),
    edges.length > most &&
      h(
        'button',
        {
          class: 'more',
          on: {
            click: () => {
              around.most.set(key, most + 200);
              renderAround(byId('view-graph'));
            },
          },
        },
        `${(edges.length - most).toLocaleString('en')} more`,
      ),
  );
  const title =
    side === 'left'
      ? `${countText(edges.length, 'file')} ${edges.length === 1 ? 'needs' : 'need'} ${level ? from.name : 'it'}`
      : `${level ? from.name : 'It'} needs ${countText(edges.length, 'file')}`;
  return h(
    'div',
    {class: `column ${side}`, role: 'group', 'aria-label': title, 'data-level': level},
    h('p', {class: 'column-head', title}, title),
    body,
  );
}

function nodeCard(file, reasons, place) {
  const button = h(
    'button',
    {
      class: 'node-name',
      title: file.text,
      'aria-current': file === around.file ? 'true' : null,
      on: {click: (event) => openFile(file, event.detail === 0 && file === around.file)},
    },
    h('span', {class: 'name'}, file.name),
    h('span', {class: 'directory'}, file.directory),
  );
  const card = h(
    'div',
    {class: `card k-edge-${colourOf(reasons.length > 0 ? reasons[0].kind : file.kind)}`},
    button,
    h(
      'span',
      {class: 'card-foot'},
      reasons.length > 0 ? chip(reasons[0].kind, reasons[0].how) : chip(file.kind),
      reasons.length > 1 && h('span', {class: 'soft'}, `+${reasons.length - 1}`),
      h('span', {class: 'soft'}, file.type === 'file' ? sizeText(file.size) : file.type),
    ),
  );
  if (place && (place.side === 'left' ? neededBy(file) : needsOf(file)).length > 0) {
    const open = around[place.side][place.level] === file;
    if (open) card.classList.add('open');
    card.append(
      h(
        'button',
        {
          class: 'expand',
          'aria-expanded': String(open),
          title: place.side === 'left' ? 'What needs this' : 'What this needs',
          on: {click: (event) => goOn(event.currentTarget, file, place, !open)},
        },
        h('b', {'aria-hidden': 'true'}, open ? '−' : '+'),
        h('span', {class: 'unseen'}, place.side === 'left' ? 'What needs ' : 'What is needed by ', file.name),
      ),
    );
  }
  return card;
}

// Opens or closes the column behind a card, which stays where it is, with the focus.
function goOn(button, file, {side, level}, open) {
  const was = button.getBoundingClientRect(),
    scrolled = button.closest('.column-body').scrollTop;
  around[side].length = level;
  if (open) around[side].push(file);
  renderAround(byId('view-graph'));
  const columns = byId('view-graph').querySelector('.columns');
  const same = [...columns.querySelectorAll(`.column.${side}[data-level="${level}"] .node-name`)].find(
    (other) => other.title === file.text,
  );
  const again = same.parentElement.querySelector('.expand');
  again.closest('.column-body').scrollTop = scrolled;
  columns.scrollLeft += again.getBoundingClientRect().left - was.left;
  const next = columns.querySelector(`.column.${side}[data-level="${level + 1}"]`);
  if (next) next.scrollIntoView({inline: 'nearest', block: 'nearest'});
  again.focus({preventScroll: true});
  drawEdges(columns);
}

// Curves between the card that a column belongs to and the column's cards in sight.
function drawEdges(columns) {
  const picture = columns.querySelector('svg'),
    origin = picture.getBoundingClientRect();
  let lines = '';
  for (const column of columns.querySelectorAll('.column.left, .column.right')) {
    const left = column.classList.contains('left'),
      level = Number(column.dataset.level);
    const owner =
      level === 0
        ? columns.querySelector('.middle .card')
        : columns.querySelector(`.column.${left ? 'left' : 'right'}[data-level="${level - 1}"] .card.open`);
    if (!owner) continue;
    const a = owner.getBoundingClientRect(),
      frame = column.querySelector('.column-body').getBoundingClientRect();
    const home = owner.closest('.column-body'),
      bounds = home && home.getBoundingClientRect();
    const clamp = (y) => (bounds ? Math.max(bounds.top, Math.min(bounds.bottom, y)) : y);
    const x1 = (left ? a.left : a.right) - origin.left,
      y1 = clamp(a.top + a.height / 2) - origin.top;
    for (const card of column.querySelectorAll('.card')) {
      const b = card.getBoundingClientRect();
      if (b.bottom < frame.top || b.top > frame.bottom) continue;
      const x2 = (left ? b.right : b.left) - origin.left,
        y2 = Math.max(frame.top, Math.min(frame.bottom, b.top + b.height / 2)) - origin.top,
        bend = (x1 + x2) / 2;
      lines += `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`;
    }
  }
  picture.setAttribute('width', columns.scrollWidth);
  picture.setAttribute('height', columns.clientHeight);
  picture.replaceChildren(svg('path', {class: 'edge', d: lines}));
}
