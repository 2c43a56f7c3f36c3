"""The page: lays the components out and wires their events to the handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.api import add_api
from components.budget_panel import budget_panel
from components.controls import Controls
from components.few_shot_panel import few_shot_panel
from components.handlers import Handlers
from components.lane_pane import lane_pane
from components.message_editor import message_editor
from components.model_picker import model_picker
from components.preset_bar import preset_bar
from components.prompt_view import prompt_view
from components.sampling_panel import sampling_panel
from components.scenario_cards import scenario_cards
from components.token_meter import token_meter
from core.engine import Engine
from core.library import Library

DRAFT_KEY = "playground_draft_1"
BRAND = """<div class="brand"><span class="logo" aria-hidden="true"></span><div>
<h1>LFM Playground</h1><small>local · Transformers</small></div></div>"""
SUN = """<button type="button" id="theme" class="icon-button" aria-label="Switch light or dark"
title="Light or dark"><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="6.5"/>
<path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z"/></svg></button>"""
EXPLAIN = """<div class="section-head"><h2>Presets and parameters</h2>
<button type="button" id="explain" aria-pressed="false">Explain</button></div>"""


@dataclass(frozen=True)
class Parts:
    """What only the wiring needs; what handlers read or write is in `controls`."""

    run: gr.Button
    stop: gr.Button
    scenarios: gr.HTML
    output_tab: gr.Tab
    prompt_tab: gr.Tab
    controls: Controls
    draft: gr.BrowserState


def build_page(engine: Engine, library: Library, demo_model: str = "") -> gr.Blocks:
    """The whole page, not launched. `demo_model` is the model that gets the demo banner."""
    with gr.Blocks(title="LFM Playground", fill_width=True, analytics_enabled=False) as page:
        parts = _layout(library, demo_model)
        _wire(page, parts, Handlers(engine, library, parts.controls, demo_model))
        add_api(engine, library)
    return page


def _layout(library: Library, demo_model: str) -> Parts:
    with gr.Sidebar(width=308, elem_id="side"):
        _static(BRAND)
        picker = model_picker(library.families, demo_model)
        _static(EXPLAIN)
        presets = preset_bar(library.presets, elem_id="presets")
        sampling, dice = sampling_panel()
        images_panel, budget = budget_panel()
    with gr.Row(elem_id="topbar"):
        _static(SUN)
        with gr.Row(elem_id="run-bar"):
            stop = gr.Button("Stop", size="sm", variant="stop", elem_id="stop", min_width=72)
            run = gr.Button("Run", size="sm", variant="primary", elem_id="run", min_width=120)
    with gr.Accordion("Start from a scenario", open=True, elem_id="scenario-fold") as scenario_fold:
        scenarios = scenario_cards(library.scenarios, elem_id="scenarios")
    with gr.Row(elem_id="work", equal_height=False):
        with gr.Column(scale=5, min_width=340, elem_id="left"):
            editor = message_editor(elem_id="messages")
            meter = token_meter(elem_id="meter")
            few_shot = few_shot_panel()
        with gr.Column(scale=7, min_width=340, elem_id="right"):
            with gr.Tabs(elem_id="tabs"):
                with gr.Tab("Output", id="output") as output_tab:
                    lane = lane_pane(elem_id="lane-a")
                with gr.Tab("Prompt", id="prompt") as prompt_tab:
                    prompt = prompt_view(elem_id="prompt")
    controls = Controls(
        editor, presets, sampling, dice, budget, images_panel, meter, prompt, lane, picker,
        few_shot, scenario_fold, gr.State("output"),
    )  # fmt: skip
    draft = gr.BrowserState(None, storage_key=DRAFT_KEY, secret="a draft is not a secret")
    return Parts(run, stop, scenarios, output_tab, prompt_tab, controls, draft)


def _static(html: str) -> None:
    gr.HTML(html, apply_default_css=False)


def _wire(page: gr.Blocks, parts: Parts, handlers: Handlers) -> None:
    """One server listener per event: several on one event run one after another, or for ever."""
    controls, picker, few_shot = parts.controls, parts.controls.picker, parts.controls.few_shot
    # Raw values (preprocess): Gradio's own checks know neither an empty field nor what it is for.
    private: Any = {"api_visibility": "private", "show_progress": "hidden", "preprocess": False}
    quick: Any = {**private, "queue": False}
    long: Any = {**private, "concurrency_limit": None}
    save: Any = {
        "fn": None,
        "inputs": controls.draft_inputs(),
        "outputs": [parts.draft],
        "js": controls.draft_script(),
        **private,
    }
    inputs, written = controls.inputs(), controls.written()
    show: Any = {"fn": handlers.show, "inputs": inputs, "outputs": controls.shown(), **private}
    edits = [controls.editor.edit, *controls.value_events()]
    gr.on(edits, **save)  # in the browser only, and first: a server that is busy loses no draft
    gr.on(edits, **show, trigger_mode="always_last")
    with_lane = inputs | {controls.lane}
    examples = {few_shot.text, few_shot.table}
    acts = [
        controls.presets.pick(handlers.pick_preset, inputs, written, **quick),
        parts.scenarios.pick(
            handlers.pick_scenario, inputs, [*written, controls.scenario_fold], **quick
        ),
        few_shot.insert.click(
            handlers.insert_examples, inputs | examples, [*written, *examples], **private
        ),
        controls.lane.reply(handlers.use_as_reply, with_lane, written, **private),
        controls.lane.seed(handlers.keep_seed, with_lane, written, **private),
        controls.dice.click(handlers.draw_seed, inputs, written, **private),
    ]
    for act in acts:
        act.then(**save).then(**show)
    parts.prompt_tab.select(
        handlers.show_prompt, inputs, [controls.tab, *controls.shown()], **private
    )
    parts.output_tab.select(lambda: "output", None, [controls.tab], **quick)

    parts.stop.click(handlers.stop, None, None, **quick)
    model = [picker.status, controls.images_panel]
    # Each token pays for every output, also for those that stay, and for Gradio's checks of values.
    parts.run.click(handlers.run, inputs, [controls.lane], **long, postprocess=False)
    controls.lane.begin(handlers.show_model, None, model, **quick)
    picker.load.click(
        handlers.load_model,
        {picker.choice, picker.weights},
        [*model, picker.load, picker.cancel],
        **long,
    ).then(**show)
    picker.cancel.click(handlers.cancel_loading, None, None, **quick)
    opened = [*written, *model, picker.choice]
    page.load(handlers.open_page, [parts.draft], opened, **private).then(**show)
    page.unload(handlers.leave)
