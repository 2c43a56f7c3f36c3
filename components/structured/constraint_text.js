// What is typed for each kind of constraint, its colours and its form. Knows no elements.
export const KINDS = [
  ['none', 'None'], ['json', 'JSON'], ['json_schema', 'Schema'], ['choices', 'Choices'], ['regex', 'Regex'],
  ['grammar', 'Grammar'],
];
export const HINTS = {
  none: 'Answers are unconstrained. A kind applies to all lanes; a lane can have its own.',
  json: 'The answer is a JSON object or list.',
  json_schema: 'The answer is JSON that fits the schema.',
  choices: 'The whole answer is one of these, one per line.',
  regex: 'The whole answer matches the expression.',
  grammar: 'The whole answer follows the rule “start”, in Lark’s notation.',
};
export const TYPED = ['json_schema', 'choices', 'regex', 'grammar']; // kinds with a text
export const NEW = { kind: 'none', texts: {}, flexible_whitespace: false, after_thought: true };
const MOST_PAINTED = 20_000; // characters
const LONGEST_LINE = 60; // of an object on one line
const JSON_TOKEN = /("(?:\\.|[^"\\\n])*"?)(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g;
const LARK_TOKEN = /("(?:\\.|[^"\\\n])*"?i?)|(\/\/[^\n]*)|(^\s*[?!]?\w+)(?=\s*:)/gm;

export const linesOf = (text) => text.split('\n').filter((line) => line.trim());

// before: what was typed so far; the other kinds keep it.
export function stateOf(value, before = NEW) {
  const { kind = 'none', text = '', choices = [], flexible_whitespace, after_thought } = value || {};
  const texts = { ...before.texts };
  const isSame = JSON.stringify(linesOf(texts.choices || '')) === JSON.stringify(choices);
  if (kind === 'choices' && !isSame) texts.choices = choices.join('\n');
  else if (TYPED.includes(kind) && kind !== 'choices') texts[kind] = text;
  return {
    kind, texts, flexible_whitespace: flexible_whitespace ?? false, after_thought: after_thought ?? true,
  };
}
// The inverse: the constraint.
export function valueOf({ kind, texts, flexible_whitespace, after_thought }) {
  const { [kind]: text = '' } = texts;
  return {
    kind, text: kind === 'choices' ? '' : text, choices: kind === 'choices' ? linesOf(text) : [],
    flexible_whitespace, after_thought,
  };
}

// The place that an error names, from 1; null if it names none.
export function placeOf(error) {
  const [, line, column] = /line (\d+), column (\d+)/.exec(error || '') || [];
  return line ? { line: Number(line), column: Number(column) } : null;
}
export function offsetOf(text, { line, column }) {
  const before = text.split('\n').slice(0, line - 1).join('\n');
  return (line > 1 ? before.length + 1 : 0) + column - 1;
}

// The text as pieces [class, text], whose texts add up to it.
export function painted(text, kind) {
  const pattern = { json_schema: JSON_TOKEN, grammar: LARK_TOKEN }[kind];
  if (!pattern || text.length > MOST_PAINTED) return [['', text]];
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    const [whole, string, more] = found;
    if (found.index > end) pieces.push(['', text.slice(end, found.index)]);
    if (kind === 'grammar') pieces.push([string ? 'string' : more ? 'comment' : 'name', whole]);
    else if (!string) pieces.push(['number', whole]);
    else pieces.push([more ? 'name' : 'string', string], ...(more ? [['', more]] : []));
    end = found.index + whole.length;
  }
  if (end < text.length) pieces.push(['', text.slice(end)]);
  return pieces;
}

// How many pieces at the start and at the end are the same in both.
export function changedRange(before, after) {
  const same = (one, other) => one[0] === other[0] && one[1] === other[1];
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && same(before[start], after[start])) start += 1;
  let end = 0;
  while (end < most - start && same(before.at(-1 - end), after.at(-1 - end))) end += 1;
  return [start, end];
}

// The same JSON, an entry on each line; short objects that hold no others stay on one. Numbers and the
// order of names stay as they are typed. Null if it can't be read.
export function formatted(text) {
  try {
    JSON.parse(text);
    const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g);
    let place = 0;
    const value = (indent) => {
      const open = tokens[place++];
      const close = { '{': '}', '[': ']' }[open];
      if (!close) return open;
      const parts = [];
      while (tokens[place] !== close) {
        if (tokens[place] === ',') place += 1;
        let part = value(`${indent}  `);
        if (tokens[place] === ':') {
          place += 1;
          part += `: ${value(`${indent}  `)}`;
        }
        parts.push(part);
      }
      place += 1;
      if (!parts.length) return open + close;
      const space = open === '{' ? ' ' : '';
      const line = open + space + parts.join(', ') + space + close;
      const isFlat = indent && !/[{[\n]/.test(parts.join('').replace(/"(?:\\.|[^"\\])*"/g, '').replace(/\[[^{[]*\]/g, ''));
      if (isFlat && indent.length + line.length <= LONGEST_LINE) return line;
      return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(',\n')}\n${indent}${close}`;
    };
    return value('');
  } catch {
    return null;
  }
}

// What the editor holds, for lanes that begin an own constraint.
export const shared = { state: NEW };
