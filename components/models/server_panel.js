// Servers whose models lanes can choose. What is typed here is no part of the workspace: the key goes
// to the server once, with the click on Add, and is nowhere kept.
import { button, drawnOnce, make } from '../dom.js';
import { closesOnEscape } from '../escape_key.js';
import { Questions } from '../questions.js';

const FIELDS = ['url', 'name', 'key'];
const PATIENCE_MS = 60_000; // a playground that doesn't answer must not block the form

export function mount({ element, trigger, props, watch }) {
  const $ = (name) => element.querySelector(`.servers${name}`);
  const form = $('-form');
  const opener = $('-open');
  const submit = form.querySelector('[type=submit]');
  const questions = new Questions(props.answer);
  let asking = '';

  function say(done, error = '') {
    $('-said').textContent = done;
    $('-error').textContent = error;
  }
  function open(shown) {
    form.hidden = !shown;
    opener.setAttribute('aria-expanded', String(shown));
  }
  function close() {
    form.reset();
    open(false);
    opener.focus();
  }
  function ask(event, data, sentence) {
    asking = event;
    submit.disabled = true;
    setTimeout(() => { submit.disabled = false; }, PATIENCE_MS);
    say(sentence);
    trigger(event, questions.next(data));
  }
  const draw = drawnOnce((servers) => {
    $('').hidden = !servers;
    $('-rows').replaceChildren(...(servers || []).map((server) => {
      const remove = button('Remove', { className: 'servers-remove' }, { 'aria-label': `Remove ${server.name}` });
      remove.addEventListener('click', () => ask('remove_server', { name: server.name }, `Removing ${server.name}…`));
      return make('li', make('b.servers-name', { title: server.url }, server.name), remove,
        make('span.servers-facts', server.facts || server.url),
        server.trouble && make('span.servers-trouble', server.trouble));
    }));
  });
  function answered() {
    const { answer } = props;
    if (!asking || !questions.takes(answer) || !questions.isLatest(answer)) return;
    submit.disabled = false;
    say(answer.done, answer.error);
    if (asking === 'add_server' && answer.done) close();
    asking = '';
  }

  opener.addEventListener('click', () => {
    say('');
    open(form.hidden);
    if (!form.hidden) form.elements.namedItem('url').focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = FIELDS.map((name) => [name, form.elements.namedItem(name).value]);
    ask('add_server', Object.fromEntries(typed), 'Contacting the server…');
  });
  form.querySelector('[data-act=cancel]').addEventListener('click', close);
  for (const name of FIELDS) form.elements.namedItem(name).maxLength = props.longest[name];
  closesOnEscape('servers', form, close);
  watch('servers', () => draw(props.servers));
  watch('answer', answered);
  draw(props.servers);
}
