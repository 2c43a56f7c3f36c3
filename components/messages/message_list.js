// Changes to a list of messages. Each function returns a new list; no message is changed in place.
const newId = () => `m${Math.random().toString(36).slice(2, 10)}`;

// A complete row, even if the server or an older draft left fields out. Only the server reads `calls`
// and `tool_call_id`.
export const normal = ({ id, role, text, images, ...others }) => ({
  id: id || newId(), role, text: text || '', images: images || [], ...others,
});
// Whether it can be drawn. A browser's storage may hold anything.
export const isRow = (row) => typeof row?.text === 'string' && typeof row.role === 'string'
  && Array.isArray(row.images) && row.images.every((image) => typeof image?.path === 'string');
export const placeOf = (turns, id) => turns.findIndex((turn) => turn.id === id);

export function inserted(turns, place, turn) {
  return [...turns.slice(0, place), turn, ...turns.slice(place)];
}
export function duplicated(turns, place) {
  const copy = { ...structuredClone(turns[place]), id: newId(), uploading: false };
  return inserted(turns, place + 1, copy);
}
export function removed(turns, place) {
  return turns.filter((turn, other) => other !== place);
}
// Returns the same list if the message can't go there.
export function moved(turns, from, to) {
  if (to < 0 || to >= turns.length || from === to) return turns;
  return inserted(removed(turns, from), to, turns[from]);
}
export function changedAt(turns, place, facts) {
  return turns.map((turn, other) => (other === place ? { ...turn, ...facts } : turn));
}
// replacing: the index of the image that it replaces; null: it is added.
export function withImage(turns, id, image, replacing = null) {
  const place = placeOf(turns, id);
  if (place < 0) return turns;
  const { images } = turns[place];
  return changedAt(turns, place, {
    images: replacing === null ? [...images, image] : images.with(replacing, image),
  });
}
export function withoutImage(turns, place, number) {
  const images = turns[place].images.filter((image, other) => other !== number);
  return changedAt(turns, place, { images });
}
// The rows for Gradio and drafts, without fields that only this page needs.
export function handedOver(turns) {
  return turns.map(({ uploading, ...turn }) => structuredClone(turn));
}
// Rows from the server. typed: ids of messages whose texts here are newer, and stay.
export function taken(turns, rows, typed) {
  const texts = new Map(turns.filter(({ id }) => typed.has(id)).map(({ id, text }) => [id, text]));
  return (rows || []).map(normal).map((turn) => ({ ...turn, text: texts.get(turn.id) ?? turn.text }));
}
