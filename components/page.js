() => {
  offerModelName();
  const remembered = rememberedTheme();
  if (remembered && !location.search.includes('__theme')) {
    document.body.classList.toggle('dark', remembered === 'dark');
  }
  document.querySelector('#theme')?.addEventListener('click', switchTheme);
  document.querySelector('#explain')?.addEventListener('click', (event) => {
    const on = document.body.classList.toggle('explaining');
    event.currentTarget.setAttribute('aria-pressed', String(on));
  });
  const demo = document.querySelector('meta[name=playground-demo]')
    || new URLSearchParams(location.search).get('demo') === '1';
  document.body.classList.toggle('demo', Boolean(demo));
  // An open sidebar covers the whole page of a phone.
  const sidebar = document.querySelector('.sidebar');
  if (innerWidth <= 900 && sidebar?.classList.contains('open')) {
    sidebar.querySelector('.toggle-button').click();
  }
}
