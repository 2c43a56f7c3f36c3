// The page's entry: imports every script and makes the one object that Gradio's events and `js_on_load`
// use. The server puts it into the page before Gradio's own script (serving/scripts.py).
import { listenForArrows } from './arrow_keys.js';
import { mount as recipe_box } from './advice/recipe_box.js';
import { mount as lint_view } from './advice/lint_view.js';
import { mount as lane_pane } from './answers/lane_pane.js';
import { mount as comparison } from './compare/comparison.js';
import { isDemo } from './demo/demo_address.js';
import { mount as demo_page } from './demo/demo_page.js';
import { mount as workspace_bar } from './drafts/workspace_bar.js';
import { barEvents, keepWorkspace, keptDrafts, openDraft, stepWorkspace, undoSteps } from './drafts/workspace.js';
import { withSplicedStreams } from './event_streams.js';
import { mount as export_view } from './export/export_view.js';
import { Frames, unwatch, withCheapCopies } from './gradio_costs.js';
import { mount as run_list } from './history/run_list.js';
import { mount as budget_bar } from './images/budget_bar.js';
import { mount as images_row } from './images/images_row.js';
import { mount as tile_view } from './images/tile_view.js';
import { mount as lane_bar } from './lanes/lane_bar.js';
import { mount as lane_editor } from './lanes/lane_editor.js';
import { pressRun } from './lanes/press_run.js';
import { handOverOnLeaving, keepGradiosFields, liveInputs, offerModelName } from './live_inputs.js';
import { mount as message_editor } from './messages/message_editor.js';
import { mount as model_status } from './models/model_status.js';
import { mount as server_panel } from './models/server_panel.js';
import { mount as template_options } from './models/template_options.js';
import { mount as preset_bar } from './presets/preset_bar.js';
import { mount as prompt_view } from './prompt/prompt_view.js';
import { mount as token_meter } from './prompt/token_meter.js';
import { mount as scenario_cards } from './scenarios/scenario_cards.js';
import { mount as session_bar } from './sessions/session_bar.js';
import { mount as session_panel } from './sessions/session_panel.js';
import { mount as review_view } from './sheets/review_view.js';
import { mount as sheet_view } from './sheets/sheet_view.js';
import { startShell } from './shell.js';
import { mount as structured_editor } from './structured/structured_editor.js';
import { listenForShortcuts, showShortcuts } from './shortcuts.js';
import { mount as tokens_view } from './tokens/tokens_view.js';
import { mount as tool_choice } from './tools/tool_choice.js';
import { mount as tools_editor } from './tools/tools_editor.js';
import { clearOldToasts } from './toasts.js';
import { mount as variable_fields } from './variables/variable_fields.js';
import { stored } from './dom.js';

const COMPONENTS = {
  budget_bar, comparison, demo_page, export_view, images_row, lane_bar, lane_editor, lane_pane, lint_view,
  message_editor,
  model_status, preset_bar, prompt_view, recipe_box, review_view, run_list, scenario_cards, server_panel,
  session_bar, session_panel, sheet_view, structured_editor, template_options, tile_view, token_meter, tokens_view, tool_choice,
  tools_editor, variable_fields, workspace_bar,
};
const THEME = 'playground_theme'; // in this browser's storage; `?__theme=` in the URL takes precedence
let mounted = [];

// Gradio shows a component again in new elements, and does not report that the old ones are gone. Their
// listeners on the document end with `signal` when the next component is shown.
function mount(name, context) {
  for (const { element, end } of mounted) if (!element.isConnected) end.abort();
  const end = new AbortController();
  mounted = [...mounted.filter(({ element }) => element.isConnected), { element: context.element, end }];
  COMPONENTS[name]({ ...context, signal: end.signal });
}

// Called once, when the page is ready.
function start() {
  offerModelName();
  const { body } = document;
  const theme = stored(() => localStorage.getItem(THEME));
  if (theme && !location.search.includes('__theme')) body.classList.toggle('dark', theme === 'dark');
  document.querySelector('#theme')?.addEventListener('click', () => {
    const dark = body.classList.toggle('dark');
    stored(() => localStorage.setItem(THEME, dark ? 'dark' : 'light'));
  });
  document.querySelector('#explain')?.addEventListener('click', (event) => {
    const on = body.classList.toggle('explaining');
    event.currentTarget.setAttribute('aria-pressed', String(on));
  });
  document.querySelector('#keys')?.addEventListener('click', showShortcuts);
  body.classList.toggle('demo', isDemo());
  startShell(signal);
  frames.stop();
}

const { signal } = new AbortController(); // these listen as long as the page exists
window.fetch = withSplicedStreams(window.fetch.bind(window));
window.structuredClone = withCheapCopies(window.structuredClone.bind(window));
unwatch(window.gradio_config?.dependencies);
const frames = new Frames(window.requestAnimationFrame.bind(window));
window.requestAnimationFrame = frames.request;
keptDrafts.meet();
handOverOnLeaving(signal);
keepGradiosFields(signal);
listenForShortcuts(signal);
listenForArrows(signal);
clearOldToasts(signal);
window.playground = {
  mount, start, openDraft, keepWorkspace, stepWorkspace, keptDrafts, undoSteps, pressRun,
  values: (names, values) => liveInputs.values(names, values),
  trigger: (event) => barEvents.trigger(event),
};
