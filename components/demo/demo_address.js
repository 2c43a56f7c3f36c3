// What the address of the page says: whether it is a demo, and which example it opens.
const asked = () => new URLSearchParams(location.search);

export function isDemo() {
  return Boolean(document.querySelector('meta[name=playground-demo]')) || asked().get('demo') === '1';
}
export const cardInAddress = () => asked().get('card');

// The page as it is opened anew, with the same example.
export function addressOf({ origin, pathname }, card) {
  return `${origin}${pathname}?${new URLSearchParams({ demo: '1', ...(card ? { card } : {}) })}`;
}
