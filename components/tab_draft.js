// What the page opens with: the browser's draft and the name of this tab's session. If the tab was
// only reloaded, its own last messages are newer than those of the draft.
(draft) => {
  try {
    const session = sessionStorage.getItem('playground_session') || crypto.getRandomValues(
      new Uint32Array(4),
    ).join('-');
    sessionStorage.setItem('playground_session', session);
    const messages = JSON.parse(sessionStorage.getItem('playground_messages'));
    sessionStorage.removeItem('playground_messages');
    return [{ ...draft, ...(messages ? { messages } : {}), session }];
  } catch {
    return [draft]; // storage may be forbidden
  }
}
