// Rules for the page's scripts, checked in their syntax trees: node --expose-internals rules.cjs FOLDER.
// Prints what breaks a rule, a line each. node's own parser, so that nothing has to be installed.
const { readFileSync, readdirSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const acorn = require('internal/deps/acorn/acorn/dist/acorn');

const MOST_LINES = 250;
const SETS_WINDOW = ['page.js'];
// What they write is constant, or comes from the server, which lets no HTML of a model through.
const WRITES_HTML = ['answers/markdown.js', 'messages/message_row.js'];
const HTML = ['innerHTML', 'outerHTML', 'insertAdjacentHTML'];
const KNOWN = new Set(`undefined Array Boolean Date Error Infinity JSON Map Math Node Number Object
  Promise Set String Float32Array Float64Array Uint8Array Uint32Array WeakMap AbortController Blob BroadcastChannel CSS DOMException
  CompressionStream CustomEvent DecompressionStream Event EventTarget File Image IntersectionObserver Option TextDecoder
  TextEncoder URL URLSearchParams atob btoa clearTimeout crypto document fetch history innerWidth
  localStorage location matchMedia navigator performance ReadableStream requestAnimationFrame ResizeObserver Response sessionStorage setTimeout
  structuredClone TextDecoderStream window`.split(/\s+/));

const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
const modules = new Map(files.map((name) => {
  const path = name.replaceAll('\\', '/');
  const text = readFileSync(join(folder, name), 'utf8');
  const options = { ecmaVersion: 'latest', sourceType: 'module', locations: true };
  try {
    return [path, { text, tree: acorn.parse(text, options) }];
  } catch (error) {
    console.log(`${path}: ${error.message}`);
    return [path, { text, tree: { type: 'Program', body: [] } }];
  }
}));

const children = (node) => Object.entries(node)
  .flatMap(([key, value]) => (key === 'loc' ? [] : [value].flat()))
  .filter((value) => typeof value?.type === 'string');
function* every(node) {
  yield node;
  for (const child of children(node)) yield* every(child);
}

// -- names ---------------------------------------------------------------------------------------
// The names that a pattern declares.
function named(pattern) {
  switch (pattern?.type) {
    case 'Identifier': return [pattern.name];
    case 'ObjectPattern': return pattern.properties.flatMap((one) => named(one.value || one.argument));
    case 'ArrayPattern': return pattern.elements.flatMap(named);
    case 'AssignmentPattern': return named(pattern.left);
    case 'RestElement': return named(pattern.argument);
    default: return [];
  }
}
// Declared by these statements, or by what stands at the head of a loop.
function declared(statements) {
  return statements.flatMap((one) => {
    const node = one?.declaration || one;
    if (node?.type === 'VariableDeclaration') return node.declarations.flatMap(({ id }) => named(id));
    if (node?.type === 'ImportDeclaration') return node.specifiers.map(({ local }) => local.name);
    return node?.id ? [node.id.name] : [];
  });
}
function opened(node) {
  if (node.type === 'Program' || node.type === 'BlockStatement') return declared(node.body);
  if (node.type.startsWith('For')) return declared([node.init || node.left]);
  if (node.type === 'CatchClause') return named(node.param);
  if (/Function/.test(node.type)) return [...node.params.flatMap(named), node.id?.name];
  if (node.type === 'SwitchStatement') return declared(node.cases.flatMap((one) => one.consequent));
  return [];
}
// Names are used where they stand as a value: not as a key, a property, a label or in a declaration.
function* used(node, scopes = []) {
  const inside = [...scopes, new Set(opened(node))];
  if (node.type === 'Identifier') {
    yield { name: node.name, line: node.loc.start.line, isKnown: scopes.some((one) => one.has(node.name)) };
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    const isName = (key === 'property' || key === 'key') && !node.computed;
    const isOutside = ['ImportDeclaration', 'ExportSpecifier'].includes(node.type);
    if (key === 'loc' || isName || isOutside) continue;
    for (const child of [value].flat()) {
      if (typeof child?.type === 'string') yield* used(child, inside);
    }
  }
}

// -- rules ---------------------------------------------------------------------------------------
const exportsOf = (tree) => tree.body
  .filter((node) => node.type === 'ExportNamedDeclaration')
  .flatMap((node) => declared([node]));
const isGlobal = (node) => ['window', 'document', 'globalThis'].includes(node?.name);
const said = (path, node, text) => console.log(`${path}:${node.loc.start.line}: ${text}`);

function checkNode(path, node) {
  if (node.type === 'MemberExpression' && HTML.includes(node.property.name) && !WRITES_HTML.includes(path)) {
    said(path, node, `${node.property.name} makes markup of a text. Use make or textContent.`);
  }
  if (node.type === 'AssignmentExpression' && isGlobal(node.left.object) && !SETS_WINDOW.includes(path)) {
    said(path, node, 'Only page.js sets names that all scripts see. Export it.');
  }
  const { callee, arguments: given } = node;
  if (node.type !== 'CallExpression' || callee.property?.name !== 'addEventListener') return;
  const hasSignal = given[2]?.properties?.some(({ key }) => key?.name === 'signal');
  if (isGlobal(callee.object) && !hasSignal) {
    said(path, node, 'A listener on the document or the window needs { signal }, which ends it.');
  }
}
const wanted = new Set(); // exports that somebody imports
for (const [path, { text, tree }] of modules) {
  const lines = text.split('\n').length - 1;
  if (lines > MOST_LINES) console.log(`${path}: ${lines} lines; ${MOST_LINES} at most.`);
  for (const node of every(tree)) checkNode(path, node);
  const names = [...used(tree)];
  for (const { name, line, isKnown } of names) {
    if (!isKnown && !KNOWN.has(name)) console.log(`${path}:${line}: ${name} is declared nowhere.`);
  }
  for (const node of tree.body.filter(({ type }) => type === 'ImportDeclaration')) {
    const source = relative(folder, join(folder, dirname(path), node.source.value)).replaceAll('\\', '/');
    if (!modules.has(source)) said(path, node, `There is no ${source}.`);
    for (const { imported, local } of node.specifiers) {
      wanted.add(`${source} ${imported.name}`);
      const isThere = modules.has(source) && exportsOf(modules.get(source).tree).includes(imported.name);
      if (!isThere) said(path, node, `${source} exports no ${imported.name}.`);
      if (!names.some(({ name }) => name === local.name)) said(path, node, `${local.name} is not used.`);
    }
  }
}
// A test may be the only one that wants it.
const tests = readdirSync(__dirname).filter((name) => name.endsWith('.test.js'))
  .map((name) => readFileSync(join(__dirname, name), 'utf8')).join('\n');
for (const [path, { tree }] of modules) {
  for (const name of exportsOf(tree)) {
    const isTested = tests.includes(`/${path}'`) && new RegExp(`\\b${name}\\b`).test(tests);
    if (!wanted.has(`${path} ${name}`) && !isTested) console.log(`${path}: nobody imports ${name}.`);
  }
}
