// What the page opens with: the draft of this tab or the latest one, and the name of the session
// that its runs belong to.
(older) => {
  const draft = keptDrafts.open(older);
  const session = stored(() => sessionStorage.getItem('playground_session')) || randomName();
  stored(() => sessionStorage.setItem('playground_session', session));
  return [{ ...draft, session }];
}
