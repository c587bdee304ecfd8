// The graph of packages: who needs whom.

let packages = null;
// Packages and who needs whom, by the reasons of their files.
function packageGraph() {
  if (packages) return packages;
  packages = new Map();
  for (const item of report.packages.values())
    packages.set(item.name, {
      name: item.name,
      size: item.size,
      files: item.files.length,
      to: new Map(),
      from: new Map(),
      depth: Infinity,
      parent: null,
      below: [],
    });
  for (const file of report.files) {
    const node = packages.get(file.packageName);
    for (const {by} of file.reasons) {
      if (by === null || by.packageName === file.packageName) continue;
      const from = packages.get(by.packageName);
      from.to.set(node.name, (from.to.get(node.name) || 0) + 1);
      node.from.set(from.name, (node.from.get(from.name) || 0) + 1);
    }
  }
  let reached = [];
  for (const file of report.files) {
    const node = packages.get(file.packageName);
    if (file.depth === 0 && node.depth === Infinity) ((node.depth = 0), reached.push(node));
  }
  while (reached.length > 0) {
    const next = [];
    for (const node of reached) {
      for (const name of node.to.keys()) {
        const other = packages.get(name);
        if (other.depth !== Infinity) continue;
        Object.assign(other, {depth: node.depth + 1, parent: node});
        node.below.push(other);
        next.push(other);
      }
    }
    reached = next;
  }
  return packages;
}

const kNode = {width: 204, height: 30, gap: 6, column: 300, most: 400};

// The largest packages, with those that lead to them.
function packagesInSight(graph) {
  const shown = new Set();
  for (const node of [...graph.values()].sort((a, b) => b.size - a.size)) {
    for (let step = node; step && !shown.has(step); step = step.parent) shown.add(step);
    if (shown.size >= kNode.most) break;
  }
  return shown;
}

// Layers by the distance from the entries, where the tallest is no taller than the window.
function layLayers(shown, most) {
  const layers = [];
  for (const node of shown) (layers[Math.min(node.depth, 20)] ||= []).push(node);
  const packed = layers.filter(Boolean),
    rows = Math.max(...packed.map((layer) => layer.length));
  if (rows > most) return null;
  packed.forEach((layer, level) => {
    const rank = (node) => (node.parent ? node.parent.row : 0);
    layer.sort((a, b) => rank(a) - rank(b) || b.size - a.size);
    const spread = Math.min(2, rows / layer.length),
      start = (rows - layer.length * spread) / 2;
    layer.forEach((node, at) => Object.assign(node, {level, row: start + (at + 0.5) * spread - 0.5}));
  });
  return {levels: packed.length, rows};
}

// A tree of what first needs what, without crossings (after Wetherell and Shannon): each level fills from the top, and a node
// is beside the first of those below it.
function layTree(shown) {
  const roots = [...shown].filter((node) => !node.parent).sort((a, b) => a.depth - b.depth || b.size - a.size);
  const free = []; // the next row of each level
  const below = (node) =>
    node.below.filter((other) => shown.has(other)).sort((a, b) => a.below.length - b.below.length || b.size - a.size);
  function shift(node, rows) {
    node.row += rows;
    free[node.level] = Math.max(free[node.level], node.row + 1);
    for (const other of below(node)) shift(other, rows);
  }
  function place(node, level) {
    const others = below(node);
    node.level = level;
    const least = free[level] || 0;
    if (others.length > 0) free[level + 1] = Math.max(free[level + 1] || 0, least);
    for (const other of others) place(other, level + 1);
    node.row = others.length > 0 ? others[0].row : least;
    if (node.row < least) {
      const rows = least - node.row;
      node.row = least;
      for (const other of others) shift(other, rows);
    }
    free[level] = node.row + 1;
  }
  for (const root of roots) place(root, 0);
  return {levels: free.length, rows: Math.max(...free)};
}

function layPackages(graph, width, height) {
  const shown = packagesInSight(graph),
    step = kNode.height + kNode.gap;
  const tree = layLayers(shown, Math.floor(height / step)) || layTree(shown);
  kNode.column = Math.max(kNode.width + 52, Math.min(300, (width - kNode.width) / Math.max(1, tree.levels - 1)));
  for (const node of shown) ((node.x = node.level * kNode.column), (node.y = node.row * step));
  return {
    nodes: [...shown].sort((a, b) => a.level - b.level || a.row - b.row),
    width: (tree.levels - 1) * kNode.column + kNode.width,
    height: tree.rows * step,
  };
}

function curve(from, to) {
  const y1 = from.y + kNode.height / 2,
    y2 = to.y + kNode.height / 2;
  if (from.x === to.x)
    return `M${from.x + kNode.width} ${y1}C${from.x + kNode.width + 46} ${y1} ${to.x + kNode.width + 46} ${y2} ${to.x + kNode.width} ${y2}`;
  const [left, right, ly, ry] = from.x < to.x ? [from, to, y1, y2] : [to, from, y2, y1];
  const x1 = left.x + kNode.width,
    x2 = right.x,
    middle = (x1 + Math.min(x2, x1 + kNode.column)) / 2;
  return `M${x1} ${ly}C${middle} ${ly} ${x2 - (middle - x1)} ${ry} ${x2} ${ry}`;
}

function renderOverview(view) {
  const kept = view.querySelector('.scroller');
  if (kept && kept.dataset.size === [view.clientWidth, view.clientHeight].join()) return kept.dispatchEvent(new Event('chosen'));
  const graph = packageGraph(),
    {nodes, width, height} = layPackages(graph, view.clientWidth - 76, view.clientHeight - 100);
  const inSight = new Set(nodes.map((node) => node.name));
  const picture = svg('svg', {width: width + 4, height: height + 8, 'aria-hidden': 'true', class: 'edges'});
  const tree = svg('path', {
    class: 'edge',
    d: nodes
      .filter((node) => node.parent && inSight.has(node.parent.name))
      .map((node) => curve(node.parent, node))
      .join(''),
  });
  const needs = svg('path', {class: 'edge needs'}),
    by = svg('path', {class: 'edge by'});
  picture.append(tree, by, needs);
  const buttons = new Map();
  function light(node) {
    const draw = (edges, flip) =>
      node
        ? [...edges.keys()]
            .filter((name) => inSight.has(name))
            .map((name) => (flip ? curve(graph.get(name), node) : curve(node, graph.get(name))))
            .join('')
        : '';
    needs.setAttribute('d', draw(node && node.to, false));
    by.setAttribute('d', draw(node && node.from, true));
    tree.classList.toggle('faint', Boolean(node));
    for (const [name, button] of buttons) {
      button.classList.toggle('needs', Boolean(node && node.to.has(name)));
      button.classList.toggle('by', Boolean(node && node.from.has(name)));
      button.classList.toggle('faint', Boolean(node && node.name !== name && !node.to.has(name) && !node.from.has(name)));
    }
  }
  function choose() {
    for (const [name, button] of buttons) button.setAttribute('aria-pressed', String(name === state.package));
    light(chosen());
    if (chosen()) buttons.get(state.package).scrollIntoView({block: 'nearest', inline: 'nearest'});
  }
  const chosen = () => (state.package !== null && inSight.has(state.package) ? graph.get(state.package) : null);
  const layer = h('div', {class: 'nodes'});
  for (const node of nodes) {
    const button = h(
      'button',
      {
        class: 'node',
        title: `${packageText(node.name)}: ${sizeText(node.size)}, needs ${node.to.size}, needed by ${node.from.size}`,
        on: {
          click: (event) => openPackage(node.name, event.detail === 0),
          mouseenter: () => light(node),
          mouseleave: () => light(chosen()),
          focus: () => light(node),
          blur: () => light(chosen()),
        },
      },
      h('span', {class: 'name'}, packageText(node.name)),
      h('span', {class: 'soft'}, sizeText(node.size)),
    );
    button.style.transform = `translate(${node.x}px, ${node.y}px)`;
    buttons.set(node.name, button);
    layer.append(button);
  }
  layer.style.width = picture.getAttribute('width') + 'px';
  layer.style.height = picture.getAttribute('height') + 'px';
  layer.prepend(picture);
  const more = graph.size > nodes.length ? ` The ${kNode.most} largest are shown.` : '';
  view.replaceChildren(
    h(
      'div',
      {class: 'tools'},
      h('p', {class: 'soft'}, `Packages by how far they are from the entries; a line leads from what first needs each.${more}`),
      h(
        'ul',
        {class: 'legend'},
        h('li', {}, h('i', {class: 'swatch line-needs'}), 'needs'),
        h('li', {}, h('i', {class: 'swatch line-by'}), 'needed by'),
      ),
    ),
    h(
      'div',
      {
        class: 'scroller',
        role: 'group',
        tabindex: '0',
        'aria-label': 'Graph of packages',
        'data-size': [view.clientWidth, view.clientHeight].join(),
        on: {keydown: (event) => nodeKey(event, event.currentTarget), chosen: choose},
      },
      layer,
    ),
  );
  choose();
}

// Arrows go to the nearest node in their direction.
function nodeKey(event, box) {
  const [dx, dy] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key] || [];
  if (dx === undefined) return;
  const nodes = [...box.querySelectorAll('.node, .node-name')];
  const from = document.activeElement.closest('.node, .card');
  event.preventDefault();
  if (!from) return (box.querySelector('.node[aria-pressed=true], .middle .node-name') || nodes[0]).focus();
  const middle = (element) => {
    const r = element.getBoundingClientRect();
    return [r.left + r.width / 2, r.top + r.height / 2];
  };
  const [x, y] = middle(from);
  let best = null,
    least = Infinity;
  for (const node of nodes) {
    const [nx, ny] = middle(node.closest('.node, .card')),
      ahead = (nx - x) * dx + (ny - y) * dy,
      aside = Math.abs((nx - x) * dy) + Math.abs((ny - y) * dx);
    if (ahead > 4 && (dy === 0 || aside < 40) && ahead + 2 * aside < least) ((least = ahead + 2 * aside), (best = node));
  }
  if (best) best.focus();
}

function renderGraph() {
  const view = byId('view-graph'),
    first = report.files.find((file) => file.depth === 0) || report.files[0];
  if (state.file && !state.file.removed) renderAround(view, state.file);
  else if (!first) view.replaceChildren(h('p', {class: 'soft'}, 'There are no files.'));
  else if (report.packages.size > 1) renderOverview(view);
  else renderAround(view, first); // without packages, from the entry on
}
