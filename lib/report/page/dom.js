// Elements. Text goes in as text nodes only.

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const byId = (id) => document.getElementById(id);
const svgSpace = byId('mark').namespaceURI;
function svg(tag, attributes = {}) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function announce(text) {
  byId('live').textContent = text;
}

// A path that may break at its slashes only, its last part the strongest.
function pathParts(file) {
  const parts = file.directory
    .split('/')
    .slice(0, -1)
    .flatMap((part) => [part + '/', h('wbr')]);
  return [h('span', {class: 'directory'}, parts), h('span', {class: 'name'}, file.name)];
}

function chip(kind, how = '') {
  return h('span', {class: `chip k-${colourOf(kind)}`, title: meaningOf(kind)}, kind, how && h('i', {}, how));
}

function changeChip(change) {
  return h('span', {class: `chip c-${change}`}, `${SIGNS[change]} ${change}`);
}

// Opens a file or a package in the panel; from the keyboard, the panel gets the focus.
function fileButton(file, name = 'file-link', ...children) {
  return h(
    'button',
    {class: name, title: file.text, on: {click: (event) => openFile(file, event.detail === 0)}},
    ...(children.length > 0 ? children : pathParts(file)),
  );
}
function packageButton(name, ...children) {
  return h(
    'button',
    {class: 'file-link', on: {click: (event) => openPackage(name, event.detail === 0)}},
    ...(children.length > 0 ? children : [packageText(name)]),
  );
}
// What a name leads to, if it is in the report.
function nameOrButton(name) {
  const file = fileAt(name.key);
  return file ? fileButton(file) : h('span', {class: 'path'}, name.text || 'the user');
}

function choice(label, options, chosen, choose) {
  return h(
    'div',
    {class: 'choice', role: 'group', 'aria-label': label},
    h('span', {'aria-hidden': 'true'}, label),
    Object.entries(options).map(([value, text]) =>
      h('button', {'aria-pressed': String(value === chosen), on: {click: () => choose(value)}}, text),
    ),
  );
}

// A list that starts short and grows on demand.
function growing(items, first, row, tag = 'ul', name = 'plain') {
  const list = h(tag, {class: name});
  let shown = 0;
  const more = h('button', {class: 'more', on: {click: () => grow(Math.max(first, 50), true)}});
  function grow(count, focus) {
    const from = shown;
    for (const item of items.slice(shown, shown + count)) list.append(row(item));
    shown = Math.min(items.length, shown + count);
    more.hidden = shown >= items.length;
    const left = items.length - shown,
      next = Math.min(Math.max(first, 50), left);
    more.textContent = next === left ? `Show ${left} more` : `Show ${next} of ${left.toLocaleString('en')} more`;
    if (focus && list.children[from]) (list.children[from].querySelector('button') || more).focus();
  }
  grow(first, false);
  return [list, more];
}
