// The map as it is drawn, and what the mouse and the keys do there.

function fit(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let low = 0,
    high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(text.slice(0, middle) + '…').width <= width) low = middle;
    else high = middle - 1;
  }
  return low < 3 ? '' : text.slice(0, low) + '…';
}

function paintOf() {
  const style = getComputedStyle(document.documentElement),
    cache = new Map();
  return (name) => {
    if (!cache.has(name)) cache.set(name, style.getPropertyValue('--' + name).trim());
    return cache.get(name);
  };
}

function drawMap() {
  const canvas = byId('map'),
    frame = byId('map-frame');
  const width = frame.clientWidth,
    height = frame.clientHeight,
    density = devicePixelRatio || 1;
  if (width === 0 || height === 0) return;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  if (map.width !== width || map.height !== height || map.tiles.length === 0) {
    layMap(width, height);
    map.width = width;
    map.height = height;
  }
  const context = canvas.getContext('2d'),
    paint = paintOf(),
    font = getComputedStyle(document.body).fontFamily;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.fillStyle = paint('surface');
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'middle';
  for (const {group, x, y, w, h, head} of map.heads) {
    context.fillStyle = paint('head');
    context.fillRect(x + 0.5, y + 0.5, Math.max(0, w - 1), Math.max(0, h - 1));
    if (!head) continue;
    const size = sizeText(group.size);
    context.font = `11px ${font}`;
    const tail = context.measureText(size).width;
    const room = w > 130 + tail;
    context.fillStyle = paint('soft');
    if (room) context.fillText(size, x + w - tail - 7, y + head / 2 + 2);
    context.font = `600 12px ${font}`;
    context.fillStyle = paint('text');
    context.fillText(fit(context, group.text, w - 12 - (room ? tail + 8 : 0)), x + 7, y + head / 2 + 2);
  }
  if (map.tiles.length === 0) {
    context.fillStyle = paint('soft');
    context.font = `14px ${font}`;
    context.fillText('Nothing here has any bytes.', 16, 26);
  }
  for (const tile of map.tiles) drawTile(context, paint, font, tile);
  outline(
    context,
    paint,
    map.tiles.find((tile) => tile.file === state.file),
    paint('text'),
  );
  if (document.activeElement === canvas) outline(context, paint, map.tiles[map.focus], paint('accent'));
}

function drawTile(context, paint, font, {file, x, y, w, h}) {
  const gap = w > 5 && h > 5 ? 0.5 : 0;
  const dim = map.matches !== null && !map.matches.has(file);
  context.globalAlpha = dim ? 0.18 : 1;
  context.fillStyle = paint(state.colour === 'change' ? `c-${file.change}` : `k-${colourOf(file.kind)}`);
  context.fillRect(x + gap, y + gap, Math.max(0, w - 2 * gap), Math.max(0, h - 2 * gap));
  if (file.removed && w > 8 && h > 8) hatch(context, paint, x + gap, y + gap, w - 2 * gap, h - 2 * gap);
  if (w > 38 && h > 15 && !dim) {
    context.fillStyle = paint('ink');
    context.font = `${w > 160 && h > 60 ? 13 : 11.5}px ${font}`;
    const sign = state.colour === 'change' && SIGNS[file.change] ? SIGNS[file.change] + ' ' : '';
    const two = h > 36,
      middle = two ? y + 12 : y + Math.min(h / 2, 12);
    context.fillText(fit(context, sign + file.name, w - 10), x + 6, middle + 0.5);
    if (two) {
      context.font = `11px ${font}`;
      context.globalAlpha = 0.85;
      const size = sizeText(file.size);
      if (context.measureText(size).width <= w - 10) context.fillText(size, x + 6, y + 28);
    }
  }
  context.globalAlpha = 1;
}

function hatch(context, paint, x, y, w, h) {
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.strokeStyle = paint('surface');
  context.lineWidth = 1;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (let at = x - h; at < x + w; at += 7) (context.moveTo(at, y + h), context.lineTo(at + h, y));
  context.stroke();
  context.restore();
}

function outline(context, paint, tile, colour) {
  if (!tile) return;
  const w = Math.max(tile.w, 4),
    h = Math.max(tile.h, 4);
  context.lineWidth = 5;
  context.strokeStyle = paint('surface');
  context.strokeRect(tile.x + 1, tile.y + 1, w - 2, h - 2);
  context.lineWidth = 2.5;
  context.strokeStyle = colour;
  context.strokeRect(tile.x + 1, tile.y + 1, w - 2, h - 2);
}

function tileAt(x, y) {
  return map.tiles.findIndex((t) => x >= t.x && x < t.x + t.w && y >= t.y && y < t.y + t.h);
}
function headAt(x, y) {
  return map.heads.find((g) => x >= g.x && x < g.x + g.w && y >= g.y && y < g.y + g.h);
}

function renderMap() {
  const key = JSON.stringify([state.by, state.zoom, state.colour]);
  if (map.key !== key) {
    map.key = key;
    map.tiles = [];
    map.focus = -1;
  }
  const words = {package: 'All packages', reason: 'All reasons', directory: 'All directories'};
  const trail = h('nav', {class: 'trail', 'aria-label': 'Zoom'});
  const parts =
    state.zoom === null
      ? []
      : state.by === 'directory'
        ? directoryTrail(state.zoom)
        : [[state.by === 'package' ? packageText(state.zoom) : state.zoom, state.zoom]];
  [[words[state.by], null], ...parts].forEach(([text, zoom], index, all) => {
    if (index > 0) trail.append(h('span', {'aria-hidden': 'true'}, '›'));
    trail.append(
      index + 1 === all.length ? h('b', {}, text) : h('button', {on: {click: () => go({zoom, package: null, file: null})}}, text),
    );
  });
  byId('map-tools').replaceChildren(
    trail,
    choice('Group', {package: 'Package', reason: 'Reason', directory: 'Directory'}, state.by, (by) =>
      go({by, zoom: null, package: null}),
    ),
    before ? choice('Colour', {reason: 'Reason', change: 'Change'}, state.colour, (colour) => go({colour})) : '',
  );
  drawMap();
  renderLegend();
  byId('map').setAttribute(
    'aria-label',
    `Map of ${countText(map.tiles.length, 'file')} by size${state.zoom === null ? '' : ', in ' + (state.zoom || 'no package')}`,
  );
}

function directoryTrail(zoom) {
  const parts = zoom.split('/').slice(1, -1);
  return parts.map((part, index) => [part, '/' + parts.slice(0, index + 1).join('/') + '/']);
}

function renderLegend() {
  const sums = new Map();
  for (const {file} of map.tiles) {
    const key = state.colour === 'change' ? file.change : colourOf(file.kind);
    sums.set(key, (sums.get(key) || 0) + file.size);
  }
  const names = state.colour === 'change' ? CHANGES : COLOURS,
    mark = state.colour === 'change' ? 'c-' : 'k-';
  byId('legend').replaceChildren(
    ...Object.keys(names)
      .filter((key) => sums.has(key))
      .map((key) =>
        h(
          'li',
          {},
          h('i', {class: `swatch ${mark}${key}`}),
          names[key],
          ' ',
          h('span', {class: 'soft'}, sizeText(sums.get(key))),
        ),
      ),
  );
}

function tip(event, tile, head) {
  const box = byId('tip');
  box.hidden = !tile && !head;
  if (box.hidden) return;
  if (tile)
    box.replaceChildren(
      h('b', {class: 'path'}, tile.file.text),
      h(
        'span',
        {},
        [sizeText(tile.file.size), packageText(tile.file.packageName), tile.file.removed ? 'removed' : tile.file.kind].join(
          ' · ',
        ),
      ),
    );
  else
    box.replaceChildren(
      h('b', {}, head.group.text),
      h('span', {}, `${sizeText(head.group.size)} in ${countText(head.group.files.length, 'file')} · click to go in`),
    );
  const width = box.offsetWidth,
    height = box.offsetHeight;
  box.style.left = Math.max(4, Math.min(innerWidth - width - 8, event.clientX + 14)) + 'px';
  box.style.top = (event.clientY + height + 24 > innerHeight ? event.clientY - height - 10 : event.clientY + 16) + 'px';
}

// The nearest tile in a direction, by the middles, sideways distance counted double.
function neighbour(from, dx, dy) {
  const a = map.tiles[from];
  let best = -1,
    least = Infinity;
  map.tiles.forEach((b, index) => {
    const x = b.x + b.w / 2 - a.x - a.w / 2,
      y = b.y + b.h / 2 - a.y - a.h / 2;
    const ahead = x * dx + y * dy,
      aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (index !== from && ahead > 0.5 && b.w * b.h > 30 && ahead + 2 * aside < least)
      ((least = ahead + 2 * aside), (best = index));
  });
  return best < 0 ? from : best;
}

function mapKey(event) {
  const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const tile = map.tiles[map.focus];
  if (arrows[event.key] && map.tiles.length > 0) {
    map.focus = tile ? neighbour(map.focus, ...arrows[event.key]) : 0;
  } else if (event.key === 'Enter' && tile) {
    openFile(tile.file, true);
  } else if (event.key === ' ' && tile && !tile.group.file) {
    tile.group.open(false);
  } else {
    return;
  }
  event.preventDefault();
  const {file} = map.tiles[map.focus] || {};
  if (file) announce(`${file.text}, ${sizeText(file.size)}, ${packageText(file.packageName)}, ${file.kind}`);
  drawMap();
}

function startMap() {
  const canvas = byId('map');
  const at = (event) => {
    const box = canvas.getBoundingClientRect(),
      x = event.clientX - box.left,
      y = event.clientY - box.top;
    const index = tileAt(x, y);
    return {index, tile: map.tiles[index], head: index < 0 ? headAt(x, y) : undefined};
  };
  canvas.addEventListener('mousemove', (event) => {
    const {tile, head} = at(event);
    canvas.style.cursor = tile || head ? 'pointer' : 'default';
    tip(event, tile, head);
  });
  canvas.addEventListener('mouseleave', (event) => tip(event));
  canvas.addEventListener('click', (event) => {
    const {index, tile, head} = at(event);
    map.focus = index;
    if (tile) openFile(tile.file, false);
    else if (head) head.group.open(false);
    tip(event);
  });
  canvas.addEventListener('dblclick', (event) => {
    const {tile} = at(event);
    if (tile && !tile.group.file) tile.group.open(false);
  });
  canvas.addEventListener('keydown', mapKey);
  canvas.addEventListener('focus', () => {
    if (map.focus < 0 && map.tiles.length > 0)
      map.focus = Math.max(
        0,
        map.tiles.findIndex((tile) => tile.file === state.file),
      );
    drawMap();
  });
  canvas.addEventListener('blur', drawMap);
  new ResizeObserver(() => state.view === 'map' && drawMap()).observe(byId('map-frame'));
}
