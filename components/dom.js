// Helpers for every component's script: elements, texts, files to save, the clipboard.

// kind: a tag and its classes, such as `p.note`. A part is a text or a node, a list of these, or an
// object of properties and attributes. Missing parts are left out. Text is never markup.
export function make(kind, ...parts) {
  const [tag, ...classes] = kind.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const part of parts.flat()) {
    if ([undefined, null, false, ''].includes(part)) continue;
    if (typeof part !== 'object' || part instanceof Node) node.append(part);
    else set(node, part);
  }
  return node;
}
function set(node, facts) {
  for (const [name, value] of Object.entries(facts)) {
    if (name === 'dataset') Object.assign(node.dataset, value);
    else if (name in node) node[name] = value;
    else if (value !== undefined) node.setAttribute(name, value);
  }
}

export function button(text, ...parts) {
  return make('button', { type: 'button' }, text, ...parts);
}
// `data-act` names the button's action; `data` holds the arguments. label: for screen readers, if the
// text alone is not clear.
export function actButton(text, act, data = {}, label = '') {
  return button(text, { dataset: { act, ...data } }, label && { 'aria-label': label });
}
export function option(value, text, chosen) {
  return make('option', { value, selected: value === chosen }, text);
}

// A long text grows in its node, so that a selection in it survives.
export function setText(node, text) {
  const old = node.firstChild?.data ?? '';
  if (old && text.startsWith(old)) node.firstChild.appendData(text.slice(old.length));
  else if (old !== text) node.textContent = text;
}

// The table is in a box that scrolls, also with the keyboard, because it may be wide. name: of the box.
// labels: of the columns. rows: each has a name and values, which are texts or {text, share}.
export function table(name, caption, labels, rows) {
  const node = make('table');
  node.createCaption().textContent = caption;
  node.createTHead().insertRow().append(make('td'), ...labels.map((label) => make('th', label)));
  const body = node.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    line.append(make('th', row.name));
    for (const value of row.values) {
      const cell = line.insertCell();
      cell.textContent = value.text ?? value;
      if (value.share) cell.style.setProperty('--share', value.share);
    }
  }
  return make('div.comparison-table', { tabIndex: 0, role: 'region', 'aria-label': name }, node);
}

// Redraws only after a change, so that a pressed button or a focused field is not replaced.
export function drawnOnce(draw) {
  let drawn = '';
  return (facts) => {
    const now = JSON.stringify(facts);
    if (now === drawn) return;
    drawn = now;
    draw(facts);
  };
}

export function saveFile(name, content, type = 'text/plain;charset=utf-8') {
  const href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  make('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

// Returns whether it was copied: browsers may forbid it, and have no clipboard over plain HTTP.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// The button shows `word` for a moment.
export function flash(node, word, milliseconds = 1200) {
  node.dataset.label ??= node.textContent;
  node.textContent = word;
  setTimeout(() => { node.textContent = node.dataset.label; }, milliseconds);
}

// Storage may be forbidden, and its content may be anything: null if it can't be read.
export function stored(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

export const figure = (number) => number.toLocaleString('en');
export const counted = (count, word) => `${figure(count)} ${word}${count === 1 ? '' : 's'}`;
