// Drags messages by their grip, and drops files on them.

// move: gets the ids of the message and of the one whose position it takes. attach: gets an id and files.
// Files that are dropped next to a message go to the last one of the user; anywhere else nothing happens,
// because the browser would leave the page to open them.
export function allowDragging(list, { move, attach, attachToLast, signal }) {
  let dragged = null;
  const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes('Files');
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  }, { signal });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    if (event.target.closest?.('#messages-pane')) attachToLast(event.dataTransfer.files);
  }, { signal });
  list.addEventListener('dragstart', (event) => {
    const row = event.target.closest('.turn');
    if (!row || !event.target.closest('.turn-grip')) return;
    dragged = row.dataset.id;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', '');
    event.dataTransfer.setDragImage(row, 20, 16);
    row.classList.add('dragged');
  });
  list.addEventListener('dragover', (event) => {
    const row = event.target.closest('.turn');
    const files = [...event.dataTransfer.types].includes('Files');
    if (!row || (!dragged && !files)) return;
    event.preventDefault();
    list.querySelectorAll('.over').forEach((other) => other.classList.toggle('over', other === row));
    row.classList.add('over');
  });
  list.addEventListener('drop', (event) => {
    list.querySelectorAll('.over').forEach((row) => row.classList.remove('over'));
    const row = event.target.closest('.turn');
    if (!row) return;
    if (event.dataTransfer.files.length) attach(row.dataset.id, event.dataTransfer.files);
    else if (dragged) move(dragged, row.dataset.id);
    else return;
    event.preventDefault();
  });
  list.addEventListener('dragend', () => {
    dragged = null;
    list.querySelectorAll('.dragged, .over').forEach((row) => row.classList.remove('dragged', 'over'));
  });
}
