'use strict';
// The report as `rootlet resolve --format json` gave it, indexed: files that know what needs them and what they need.

// What a reason means, and the colour that it shares with its like.
const KINDS = {
  entry: {colour: 'entry', says: 'named by the user'},
  interpreter: {colour: 'interpreter', says: 'the program names it as its loader or interpreter'},
  needed: {colour: 'library', says: 'a library that the loader loads'},
  preload: {colour: 'library', says: 'preloaded'},
  filter: {colour: 'library', says: 'a library that filters, or is asked beside, another'},
  hwcaps: {colour: 'library', says: 'the same library for some processors'},
  link: {colour: 'other', says: 'a link on the way to something needed'},
  script: {colour: 'script', says: 'a script imports or starts it'},
  dlopen: {colour: 'plugin', says: 'opened at run time, as the bytes say'},
  plugin: {colour: 'plugin', says: 'a plugin'},
  data: {colour: 'data', says: 'its path is among the bytes, or configuration names it'},
  rule: {colour: 'rule', says: 'a rule says so'},
  package: {colour: 'package', says: 'installed by the same package'},
  include: {colour: 'other', says: 'asked for with --include'},
  generated: {colour: 'other', says: 'made for the layer'},
};
const COLOURS = {
  entry: 'Entries',
  interpreter: 'Loaders',
  library: 'Libraries',
  plugin: 'Plugins',
  rule: 'Rules',
  data: 'Data',
  script: 'Scripts',
  package: 'Packages',
  other: 'Other',
};
const CHANGES = {added: 'Added', removed: 'Removed', changed: 'Changed', same: 'Unchanged'};
const SIGNS = {added: '+', removed: '−', changed: '±', same: ''};
const colourOf = (kind) => (Object.hasOwn(KINDS, kind) ? KINDS[kind].colour : 'other');
const meaningOf = (kind) => (Object.hasOwn(KINDS, kind) ? KINDS[kind].says : kind);

// Controls, and marks that turn the order of writing, spelled out: a name cannot pass for another.
function plain(text) {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

// A name that is not UTF-8 comes with its bytes; those that are no character are shown as \xHH.
function spell(hex) {
  const bytes = Uint8Array.from(hex.match(/../g) || [], (two) => parseInt(two, 16));
  const decoder = new TextDecoder('utf-8', {fatal: true});
  let text = '';
  for (let at = 0; at < bytes.length;) {
    let length = 4;
    for (; length > 0; --length) {
      try {
        const one = decoder.decode(bytes.subarray(at, at + length));
        if ([...one].length > 1) continue;
        text += one;
        break;
      } catch {
        /* shorter */
      }
    }
    if (length === 0) text += '\\x' + hex.substr(2 * at, 2);
    at += length || 1;
  }
  return text;
}

// A name to compare by, and one to show.
function nameIn(item, field) {
  const hex = item[field + '_hex'];
  return hex ? {key: '\0' + hex, text: plain(spell(hex))} : {key: item[field] || '', text: plain(item[field] || '')};
}

function sizeText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.length; ++unit) bytes /= 1024;
  return (unit === 0 ? bytes : bytes.toFixed(1)) + ' ' + units[unit];
}
const changeText = (bytes) => (bytes === 0 ? 'same size' : (bytes > 0 ? '+' : '−') + sizeText(Math.abs(bytes)));
const countText = (count, one, many = one + 's') => count.toLocaleString('en') + ' ' + (count === 1 ? one : many);

function readFile(item) {
  const path = nameIn(item, 'path');
  const slash = path.text.lastIndexOf('/');
  const text = plain(item.package || '');
  const space = text.indexOf(' ');
  return {
    key: path.key,
    text: path.text,
    name: path.text.slice(slash + 1) || '/',
    directory: path.text.slice(0, slash + 1),
    type: item.type,
    size: Number(item.size) || 0,
    mode: item.mode || '',
    target: item.target ? nameIn(item, 'target').text : '',
    generated: Boolean(item.generated),
    note: plain(item.package_note || ''),
    packageName: space < 0 ? text : text.slice(0, space),
    version: space < 0 ? '' : text.slice(space + 1),
    reasons: (item.reasons || []).map((reason) => {
      const by = nameIn(reason, 'by');
      return {
        kind: reason.kind,
        byKey: by.key,
        byText: by.text,
        by: null,
        detail: nameIn(reason, 'detail').text,
        how: reason.how || '',
      };
    }),
    needs: [],
    depth: Infinity,
    kind: 'link',
    change: 'same',
    old: null,
    removed: false,
  };
}

function readAnswer(json) {
  const files = json.files.map(readFile);
  const at = new Map(files.map((file) => [file.key, file]));
  return {
    root: nameIn(json, 'root').text,
    entries: (json.entries || []).map(plain),
    files,
    at,
    missing: (json.missing || []).map((item) => ({
      name: nameIn(item, 'name').text,
      by: nameIn(item, 'by'),
      kind: item.kind,
      tried: (item.tried || []).map((step) => ({
        path: nameIn(step, 'path').text,
        how: step.how || '',
        why: plain(step.why || ''),
      })),
    })),
    findings: (json.findings || []).map((item) => ({kind: item.kind, by: nameIn(item, 'by'), detail: plain(item.detail || '')})),
  };
}

// Edges, distances from what the user named, and of each file the kind of reason on a shortest way there.
function connect(answer) {
  let reached = [];
  for (const file of answer.files) {
    for (const reason of file.reasons) {
      reason.by = answer.at.get(reason.byKey) || null;
      if (reason.by === null) file.depth = 0;
      else if (reason.by !== file) reason.by.needs.push({file, reason});
    }
    if (file.depth === 0) reached.push(file);
  }
  for (let depth = 1; reached.length > 0; ++depth) {
    const next = [];
    for (const file of reached) {
      for (const {file: needed} of file.needs) {
        if (needed.depth !== Infinity) continue;
        needed.depth = depth;
        next.push(needed);
      }
    }
    reached = next;
  }
  for (const file of answer.files) {
    const near = file.reasons.filter((reason) => (reason.by === null ? file.depth === 0 : reason.by.depth + 1 === file.depth));
    const first = near.find((reason) => reason.kind !== 'link') || near[0] || file.reasons[0];
    if (first) file.kind = first.kind;
  }
}

// The files that need this one, each once with all its reasons; those nearest to an entry first.
function neededBy(file) {
  if (file.neededBy) return file.neededBy;
  const edges = new Map();
  for (const reason of file.reasons) {
    if (reason.by === null || reason.by === file) continue;
    if (!edges.has(reason.by)) edges.set(reason.by, []);
    edges.get(reason.by).push(reason);
  }
  file.neededBy = [...edges].map(([other, reasons]) => ({file: other, reasons})).sort((a, b) => a.file.depth - b.file.depth);
  return file.neededBy;
}

function needsOf(file) {
  const edges = new Map();
  for (const {file: other, reason} of file.needs) {
    if (!edges.has(other)) edges.set(other, []);
    edges.get(other).push(reason);
  }
  const rank = (edge) => (edge.reasons.every((reason) => reason.kind === 'link') ? 1 : 0);
  return [...edges]
    .map(([other, reasons]) => ({file: other, reasons}))
    .sort((a, b) => rank(a) - rank(b) || b.file.size - a.file.size);
}

function packagesOf(files) {
  const packages = new Map();
  for (const file of files) {
    let item = packages.get(file.packageName);
    if (!item) packages.set(file.packageName, (item = {name: file.packageName, version: file.version, size: 0, files: []}));
    item.size += file.size;
    item.files.push(file);
  }
  return packages;
}
const packageText = (name) => name || 'no package';

// Against an earlier answer: what each file was, and those that are no more.
function compareWith(answer, before) {
  const removed = [];
  for (const file of answer.files) {
    file.old = before.at.get(file.key) || null;
    if (file.old === null) file.change = 'added';
    else if (changesOf(file).length > 0) file.change = 'changed';
  }
  for (const file of before.files) {
    if (answer.at.has(file.key)) continue;
    file.removed = true;
    file.change = 'removed';
    const first = file.reasons.find((reason) => reason.kind !== 'link') || file.reasons[0];
    if (first) file.kind = first.kind;
    removed.push(file);
  }
  return removed;
}

function changesOf(file) {
  const old = file.old,
    changes = [];
  if (old.type !== file.type) changes.push(`was a ${old.type}`);
  if (old.size !== file.size) changes.push(`${sizeText(old.size)} → ${sizeText(file.size)}`);
  if (old.target !== file.target) changes.push(`led to ${old.target || 'nothing'}`);
  if (old.mode !== file.mode && old.mode && file.mode) changes.push(`mode ${old.mode} → ${file.mode}`);
  if (old.packageName !== file.packageName)
    changes.push(`package ${packageText(old.packageName)} → ${packageText(file.packageName)}`);
  else if (old.version !== file.version) changes.push(`${old.version} → ${file.version}`);
  return changes;
}

const report = readAnswer(JSON.parse(document.getElementById('data').textContent));
connect(report);
report.packages = packagesOf(report.files);
report.size = report.files.reduce((sum, file) => sum + file.size, 0);
const before = (() => {
  const json = JSON.parse(document.getElementById('before').textContent);
  if (json === null) return null;
  const answer = readAnswer(json);
  answer.packages = packagesOf(answer.files);
  answer.size = answer.files.reduce((sum, file) => sum + file.size, 0);
  answer.removed = compareWith(report, answer);
  return answer;
})();
const fileAt = (key) => report.at.get(key) || (before && before.at.get(key)) || null;
