// An image of a message as large as the window, with its neighbours by the arrow keys.
import { button, make } from '../dom.js';

export function showPreview(images, number) {
  const shown = images.filter(({ missing }) => !missing);
  let place = shown.indexOf(images[number]);
  const picture = make('img');
  const caption = make('p', { role: 'status' });
  const close = button('Close');
  const step = (by) => {
    place = (place + by + shown.length) % shown.length;
    const { name, url } = shown[place];
    const count = shown.length > 1 ? ` · ${place + 1} of ${shown.length}` : '';
    picture.onload = () => {
      caption.textContent = `${name} · ${picture.naturalWidth} × ${picture.naturalHeight} pixels${count}`;
    };
    Object.assign(picture, { src: url, alt: name });
  };
  const steps = shown.length > 1 && [['Previous', -1], ['Next', 1]].map(([name, by]) => {
    const node = button(name);
    node.addEventListener('click', () => step(by));
    return node;
  });
  const dialog = make('dialog.image-preview', { 'aria-label': 'Image' }, picture,
    make('footer', caption, steps, close));
  dialog.addEventListener('keydown', ({ key }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by) step(by);
  });
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  step(0);
  document.querySelector('.gradio-container').append(dialog);
  dialog.showModal();
}
