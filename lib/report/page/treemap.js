// Where each file is on the map: as large as its bytes, in groups (squarified: Bruls, Huizing, van Wijk).

const kHeader = 21; // pixels, of a group's name
const map = {tiles: [], heads: [], focus: -1, matches: null};

// Lays items {size}, largest first, into a rectangle; place(item, x, y, width, height).
function squarify(items, x, y, width, height, place) {
  let rest = items.reduce((sum, item) => sum + item.size, 0);
  for (let at = 0; at < items.length && width > 0 && height > 0;) {
    const side = Math.min(width, height),
      scale = (width * height) / rest;
    let sum = 0,
      worst = Infinity,
      end = at;
    for (; end < items.length; ++end) {
      const area = (sum + items[end].size) * scale;
      const ratio = Math.max(
        (side * side * items[at].size * scale) / (area * area),
        (area * area) / (side * side * items[end].size * scale),
      );
      if (ratio > worst) break;
      worst = ratio;
      sum += items[end].size;
    }
    const deep = width >= height,
      thickness = (sum * scale) / side;
    for (let along = deep ? y : x; at < end; ++at) {
      const length = (items[at].size * scale) / thickness;
      if (deep) place(items[at], x, along, thickness, length);
      else place(items[at], along, y, length, thickness);
      along += length;
    }
    if (deep) ((x += thickness), (width -= thickness));
    else ((y += thickness), (height -= thickness));
    rest -= sum;
  }
}

const bySize = (a, b) => b.size - a.size;

function mapFiles() {
  const files = report.files.filter((file) => file.size > 0);
  if (state.colour === 'change') files.push(...before.removed.filter((file) => file.size > 0));
  return files;
}

function groupFiles(files, keyOf) {
  const groups = new Map();
  for (const file of files) {
    const key = keyOf(file);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = {key, size: 0, files: []}));
    group.size += file.size;
    group.files.push(file);
  }
  return [...groups.values()];
}

// Directories below `prefix`; the largest gives way to its own until the picture has some parts.
function directoryGroups(files, prefix) {
  const below = (list, start) =>
    groupFiles(list, (file) => {
      const slash = file.text.indexOf('/', start.length);
      return slash < 0 ? start : file.text.slice(0, slash + 1);
    });
  const total = files.reduce((sum, file) => sum + file.size, 0);
  let groups = below(files, prefix);
  for (let turn = 0; turn < 12 && groups.length < 16; ++turn) {
    const largest = groups.filter((group) => group.files.some((file) => file.directory !== group.key)).sort(bySize)[0];
    if (!largest || (groups.length > 4 && largest.size < total * 0.3)) break;
    const parts = below(largest.files, largest.key);
    groups = groups.filter((group) => group !== largest);
    for (const part of parts) {
      const same = groups.find((group) => group.key === part.key);
      if (same) ((same.size += part.size), same.files.push(...part.files));
      else groups.push(part);
    }
  }
  return groups;
}

// What is drawn, and listed beside it: groups, or the files of the group zoomed into.
function mapGroups() {
  let files = mapFiles();
  if (state.zoom !== null) {
    const inside = {
      package: (f) => f.packageName === state.zoom,
      reason: (f) => f.kind === state.zoom,
      directory: (f) => f.text.startsWith(state.zoom),
    };
    files = files.filter(inside[state.by]);
    const flat = state.by !== 'directory' || files.every((file) => file.directory === state.zoom);
    if (flat)
      return files.sort(bySize).map((file) => ({
        text: state.by === 'directory' ? file.name : file.text,
        size: file.size,
        files: [file],
        file,
        open: (focus) => openFile(file, focus),
      }));
  }
  const groups =
    state.by === 'package'
      ? groupFiles(files, (file) => file.packageName)
      : state.by === 'reason'
        ? groupFiles(files, (file) => file.kind)
        : directoryGroups(files, state.zoom || '/');
  for (const group of groups) {
    group.text = state.by === 'package' ? packageText(group.key) : group.key;
    group.open = (focus) => {
      if (state.by === 'package') go({view: 'map', zoom: group.key, file: null, package: group.key}, focus);
      else go({view: 'map', zoom: group.key, file: null, package: null}, focus);
    };
    group.files.sort(bySize);
  }
  return groups.sort(bySize);
}

function layMap(width, height) {
  map.tiles = [];
  map.heads = [];
  const groups = mapGroups();
  const flat = groups.length > 0 && groups[0].file;
  squarify(groups, 0, 0, width, height, (group, x, y, w, h) => {
    if (flat) return map.tiles.push({file: group.file, x, y, w, h, group});
    const head = w > 46 && h > 2.2 * kHeader ? kHeader : 0;
    const edge = w > 12 && h > 12 ? 1.5 : w > 3 && h > 3 ? 0.5 : 0;
    map.heads.push({group, x, y, w, h, head});
    squarify(group.files, x + edge, y + edge + head, w - 2 * edge, h - 2 * edge - head, (file, fx, fy, fw, fh) =>
      map.tiles.push({file, x: fx, y: fy, w: fw, h: fh, group}),
    );
  });
}
