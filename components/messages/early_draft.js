// What the messages are before the server has opened the page: this tab's draft, which shows at once,
// and what was changed since, which the server's answer must not undo.
import { keptDrafts } from '../drafts/workspace.js';
import { isRow } from './message_list.js';

export class EarlyDraft {
  // given: the value that the page came with.
  constructor(given) {
    this.given = JSON.stringify(given);
    const draft = keptDrafts.wasOpened ? null : keptDrafts.open().messages;
    this.rows = draft?.every(isRow) ? draft : null;
    this.isTouched = false;
  }

  get stands() {
    return this.isTouched && !keptDrafts.wasOpened;
  }

  // Gradio hands the page's own value over once more, after the draft was drawn.
  isGiven(value) {
    return Boolean(this.rows) && !keptDrafts.wasOpened && JSON.stringify(value) === this.given;
  }
}
