"""Which event calls which handler, with which inputs and outputs.

One server listener per event: several on one event run one after another, or for ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.client_component import read_asset
from components.compare.comparison_handlers import ComparisonHandlers
from components.controls import Controls
from components.handlers import Handlers
from components.images.budget_panel import ADVANCED
from components.lanes.lane_handlers import LaneHandlers
from components.models.model_handlers import ModelHandlers
from components.sessions.session_panel import SessionParts

# Raw values (preprocess): Gradio's own checks know neither an empty field nor what it is for.
PRIVATE: dict[str, Any] = {
    "api_visibility": "private", "show_progress": "hidden", "preprocess": False
}  # fmt: skip
QUICK: dict[str, Any] = {**PRIVATE, "queue": False}
LONG: dict[str, Any] = {**PRIVATE, "concurrency_limit": None}


# A visitor of a demo has one thing to do: choose a card.
RUN_A_DEMO = """() => {
  if (document.body.classList.contains('demo')) document.querySelector('#run').click();
}"""
# Scripts that draw what follows from the page listen for this.
TELL: dict[str, Any] = {
    "fn": None, "inputs": None, "outputs": None, **PRIVATE,
    "js": "() => { document.dispatchEvent(new Event('playground-changed')); }",
}  # fmt: skip
PRESS_RUN = "() => document.querySelector(`#run-${document.body.dataset.lanes}`).click()"


@dataclass(frozen=True)
class Parts:
    """What only the wiring needs; what handlers read or write is in `controls`.

    runs: hidden, one for each number of lanes, with their panes as its only outputs; `run` presses
    the right one. other_tabs: by name, those that ask for nothing when opened.
    """

    run: gr.Button
    runs: list[gr.Button]
    stop: gr.Button
    scenarios: gr.HTML
    compare_tab: gr.Tab
    prompt_tab: gr.Tab
    other_tabs: dict[str, gr.Tab]
    controls: Controls
    work_bar: gr.HTML
    sessions: SessionParts


class Wiring:
    def __init__(
        self, page: gr.Blocks, parts: Parts, handlers: Handlers, models: ModelHandlers,
        lane_handlers: LaneHandlers, comparisons: ComparisonHandlers,
    ) -> None:  # fmt: skip
        self._page = page
        self._parts = parts
        self._controls = parts.controls
        self._handlers = handlers
        self._model_handlers = models
        self._lane_handlers = lane_handlers
        self._comparisons = comparisons
        self._editors = [*self._controls.lanes.editors.values()]
        self._panes = [*self._controls.lanes.panes.values()]
        self._inputs = self._controls.inputs()
        self._written = self._controls.written()
        self._save = self._keeping("act")
        self._show: dict[str, Any] = {
            "fn": handlers.show,
            "inputs": self._inputs,
            "outputs": self._controls.shown(),
            **PRIVATE,
        }

    def wire(self) -> None:
        self._edits()
        self._acts()
        self._tabs()
        self._runs()
        self._models()
        picker, history = self._controls.picker, self._controls.history
        opened = [*self._written, *self._panes, *self._model_outputs(), picker.choice, history]
        load = self._page.load(
            self._handlers.open_page, [self._parts.work_bar], opened, js=read_asset("tab_draft.js"),
            **PRIVATE,
        )  # fmt: skip
        load.then(**self._keeping("open")).then(**self._show)
        self._page.unload(self._handlers.leave)
        self._page.unload(self._model_handlers.leave)
        self._page.unload(self._lane_handlers.leave)

    def _keeping(self, how: str) -> dict[str, Any]:
        """Keeps the draft and the step to undo, in the browser; how: as in kept_drafts.js."""
        names = json.dumps(self._controls.kept_names())
        script = f"(...values) => keepWorkspace({names}, values, '{how}')"
        return {"fn": None, "inputs": self._written, "outputs": [], "js": script, **PRIVATE}

    def _edits(self) -> None:
        lanes = [self._controls.lanes.bar.edit, *(editor.edit for editor in self._editors)]
        texts = [self._controls.editor.edit, self._controls.tools.edit]
        chosen = self._controls.picker.choice.input  # its recipe is offered before it is loaded
        edits = [*texts, *lanes, *self._controls.value_events(), chosen]
        gr.on(edits, **self._keeping("edit"))  # first: a busy server loses no draft
        gr.on(edits, **self._show, trigger_mode="always_last").then(**TELL)

    def _acts(self) -> None:
        """What writes inputs."""
        controls, handlers, few_shot = self._controls, self._handlers, self._controls.few_shot
        inputs, written, panes = self._inputs, self._written, self._panes
        examples = {few_shot.text, few_shot.table}
        earlier = [*written, *panes, controls.tabs, controls.tab]
        lanes = inputs | set(panes)
        comparisons = self._comparisons
        scenario = self._parts.scenarios.pick(
            handlers.pick_scenario, inputs, [*written, controls.scenario_fold], **QUICK
        )
        acts = [
            controls.presets.pick(handlers.pick_preset, inputs, written, **QUICK),
            scenario,
            few_shot.insert.click(
                handlers.insert_examples, inputs | examples, [*written, *examples], **PRIVATE
            ),
            *(pane.reply(handlers.use_as_reply, lanes, written, **PRIVATE) for pane in panes),
            *(pane.seed(handlers.keep_seed, lanes, written, **PRIVATE) for pane in panes),
            *(e.promote(handlers.promote, inputs, written, **PRIVATE) for e in self._editors),
            controls.lanes.bar.pick(handlers.pick_set_up, inputs, written, **PRIVATE),
            controls.budget.bar.pick(handlers.pick_budget, inputs, written, **PRIVATE),
            controls.budget.bar.remedy(handlers.turn_splitting_off, inputs, written, **PRIVATE),
            controls.tiles.sample(handlers.add_sample, inputs, written, **PRIVATE),
            controls.dice.click(handlers.draw_seed, inputs, written, **PRIVATE),
            controls.history.open(comparisons.open_run, inputs, earlier, **PRIVATE),
            controls.history.restore(comparisons.restore, inputs, written, **PRIVATE),
            controls.history.place(comparisons.place, inputs, earlier, **PRIVATE),
        ]
        for act in acts:
            self.after_act(act)
        scenario.then(None, None, None, js=RUN_A_DEMO, **PRIVATE)

    def after_act(self, act: Any) -> None:
        """What writes inputs ends so: the draft is kept and what follows is shown."""
        act.then(**self._save).then(**self._show).then(**TELL)

    def show_after(self, event: Any, **how: Any) -> None:
        """What changes inputs in the browser alone ends so."""
        event(**{**self._show, **how}).then(**TELL)

    def _tabs(self) -> None:
        controls, parts, comparisons = self._controls, self._parts, self._comparisons
        compared = [controls.tab, controls.comparison, controls.history]
        parts.prompt_tab.select(
            self._handlers.show_prompt,
            self._inputs,
            [controls.tab, *controls.shown()],
            **PRIVATE,
        )
        for name, tab in parts.other_tabs.items():
            tab.select(_named(name), None, [controls.tab], **QUICK)
        parts.compare_tab.select(comparisons.compare, self._inputs, compared, **PRIVATE)
        controls.comparison.pick(comparisons.pick, self._inputs, compared, **PRIVATE)
        controls.comparison.report(
            comparisons.report, self._inputs, [controls.comparison], **PRIVATE
        )

    def _runs(self) -> None:
        controls, handlers, parts = self._controls, self._lane_handlers, self._parts
        panes, editors = self._panes, self._editors
        # Each token pays for every output, also for those that stay, and for Gradio's checks.
        run: dict[str, Any] = {"inputs": self._inputs, "postprocess": False, **LONG}
        together = [
            button.click(handlers.run_of(count), outputs=panes[:count], **run)
            for count, button in enumerate(parts.runs, start=1)
        ]
        alone = [
            editor.run(handlers.run_lane, outputs=[pane], trigger_mode="multiple", **run)
            for editor, pane in zip(editors, panes, strict=True)
        ]
        after = [controls.tab, controls.comparison, controls.history]
        for runs in (*together, *alone):
            runs.then(self._comparisons.after_run, self._inputs, after, **PRIVATE).then(**TELL)
        parts.run.click(None, None, None, js=PRESS_RUN, **PRIVATE)
        parts.stop.click(handlers.stop, None, None, **QUICK)
        for editor in editors:
            editor.stop(handlers.stop_lane, None, None, **QUICK)
        for pane in panes:
            pane.begin(self._model_handlers.in_use, None, self._model_outputs(), **QUICK)
            pane.inspect(handlers.inspect, None, panes, **PRIVATE)

    def _models(self) -> None:
        picker, handlers = self._controls.picker, self._model_handlers
        reach = ("min_image_tokens", "max_image_tokens", *ADVANCED)
        advanced = [self._controls.budget.controls[name] for name in reach]
        changed = [picker.load, picker.beside, picker.cancel, *advanced]
        for button, load in (
            (picker.load, handlers.load),
            (picker.beside, handlers.load_beside),
        ):
            outputs = [*self._model_outputs(), *changed]
            self.after_act(button.click(load, {picker.choice, picker.weights}, outputs, **LONG))
        picker.cancel.click(handlers.cancel, None, None, **QUICK)

    def _model_outputs(self) -> list[Any]:
        budget = self._controls.budget
        return [self._controls.picker.status, budget.panel, budget.advanced]


def _named(tab: str) -> Callable[[], str]:
    def name() -> str:
        return tab

    return name
