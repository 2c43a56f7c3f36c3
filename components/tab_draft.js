// The draft that the page opens with: this tab's own last messages, if it was only reloaded, are
// newer than those of the browser's draft.
(draft) => {
  try {
    const messages = JSON.parse(sessionStorage.getItem('playground_messages'));
    sessionStorage.removeItem('playground_messages');
    return [messages ? { ...draft, messages } : draft];
  } catch {
    return [draft]; // storage may be forbidden
  }
}
