// The address of the page for other devices, as a QR code and as a link.
import { actButton, button, copyText, flash, make } from '../dom.js';

const MARGIN = 4; // modules of light around the code, as its standard asks for

function picture(rows) {
  const size = rows.length + 2 * MARGIN;
  const canvas = make('canvas.demo-code', {
    width: size, height: size, role: 'img', 'aria-label': 'QR code of the link below',
  });
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, size, size);
  context.fillStyle = '#000';
  rows.forEach((row, y) => [...row].forEach((module, x) => {
    if (module === '1') context.fillRect(x + MARGIN, y + MARGIN, 1, 1);
  }));
  return canvas;
}

// code: asks the server for the rows of the code.
export async function showShare(parent, address, code) {
  const close = button('Close');
  const copy = actButton('Copy link', 'copy');
  const link = make('a', address, { href: address });
  const dialog = make('dialog.demo-share', { 'aria-label': 'Open this page on another device' },
    make('h2', 'Open this page on your device'), make('p', link), make('div', copy, close));
  copy.addEventListener('click', async () => {
    flash(copy, (await copyText(address)) ? 'Copied' : 'Copying blocked');
  });
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  parent.append(dialog);
  dialog.showModal();
  const rows = await code(address);
  if (rows?.length) dialog.querySelector('h2').after(picture(rows));
}
