// What the page opens with: the draft of this tab or the latest one, and the name of the session
// that its runs belong to. It goes in the place of the value of a component that has none.
() => {
  const session = stored(() => sessionStorage.getItem('playground_session')) || randomName();
  stored(() => sessionStorage.setItem('playground_session', session));
  return [{ ...keptDrafts.open(), session }];
}
