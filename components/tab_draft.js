// What the page opens with: the browser's draft and the name of this tab's session. If the tab was
// only reloaded, its own last messages and tools are newer than those of the draft.
(draft) => {
  try {
    const session = sessionStorage.getItem('playground_session') || crypto.getRandomValues(
      new Uint32Array(4),
    ).join('-');
    sessionStorage.setItem('playground_session', session);
    const messages = JSON.parse(sessionStorage.getItem('playground_messages'));
    sessionStorage.removeItem('playground_messages');
    const tools = sessionStorage.getItem('playground_tools');
    sessionStorage.removeItem('playground_tools');
    const newest = { ...(messages ? { messages } : {}), ...(tools === null ? {} : { tools }) };
    return [{ ...draft, ...newest, session }];
  } catch {
    return [draft]; // storage may be forbidden
  }
}
