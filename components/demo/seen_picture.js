// A picture at the size at which a lane's model sees it. What matters in it is shown large: margins of
// one colour are cut away.
import { make } from '../dom.js';
import { resized } from '../images/tile_view.js';

const SCANNED = 256; // pixels of the longer side in which the margin is looked for
const DIFFERS = 48; // of red, green and blue together, from the colour of the first corner
const MARGIN = 0.35; // around the content, of its size
const NEARLY_ALL = 0.5; // content that takes this share of both sides is the whole picture
const SHAPE = 8 / 3; // width to height
const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

// The place of what differs from the margin, in shares of the sides. pixels: RGBA.
export function contentBox(pixels, width, height) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let place = 0; place < width * height; place += 1) {
    let difference = 0;
    for (let colour = 0; colour < 3; colour += 1) difference += Math.abs(pixels[4 * place + colour] - pixels[colour]);
    if (difference <= DIFFERS) continue;
    const [x, y] = [place % width, Math.floor(place / width)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  if (right < 0) return WHOLE;
  return { x: left / width, y: top / height, width: (right - left + 1) / width, height: (bottom - top + 1) / height };
}

// The part of a picture of `ratio` (width to height) that is shown of this content.
export function shownBox(content, ratio) {
  if (content.width >= NEARLY_ALL && content.height >= NEARLY_ALL) return WHOLE;
  let width = content.width * (1 + 2 * MARGIN);
  let height = content.height * (1 + 2 * MARGIN);
  const shape = SHAPE / ratio; // in shares
  if (width < height * shape) width = height * shape;
  else height = width / shape;
  [width, height] = [Math.min(width, 1), Math.min(height, 1)];
  const place = (start, size, shown) => Math.max(0, Math.min(1 - shown, start + size / 2 - shown / 2));
  return { x: place(content.x, content.width, width), y: place(content.y, content.height, height), width, height };
}

function boxOf(source) {
  const { naturalWidth: width, naturalHeight: height } = source;
  const scale = SCANNED / Math.max(width, height, SCANNED);
  const small = resized(source, [width, height].map((side) => Math.max(1, Math.round(side * scale))));
  const { data } = small.getContext('2d').getImageData(0, 0, small.width, small.height);
  return shownBox(contentBox(data, small.width, small.height), width / height);
}

// holder: gets the canvas once the picture is loaded.
export function drawSeen(holder, url, plan) {
  const source = new Image();
  source.onload = () => {
    const size = plan.grid || plan.whole;
    const box = boxOf(source);
    const width = Math.max(1, Math.round(box.width * size[0]));
    const height = Math.max(1, Math.round(box.height * size[1]));
    const canvas = make('canvas', { width, height });
    canvas.getContext('2d').drawImage(resized(source, size), -Math.round(box.x * size[0]), -Math.round(box.y * size[1]));
    holder.replaceChildren(canvas);
  };
  source.src = url;
}
