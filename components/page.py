"""The page: lays the components out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from components.access.user_stores import UserStores
from components.access.visitors import Visitors
from components.advice.advice import Advice
from components.advice.advice_wiring import wire_advice
from components.advice.lint_view import lint_view
from components.advice.recipe_box import recipe_box
from components.api import add_api
from components.compare.comparison import comparison
from components.compare.comparison_handlers import ComparisonHandlers
from components.controls import Controls
from components.drafts.work_wiring import wire_work
from components.drafts.workspace_bar import work_bar
from components.export.export_handlers import ExportHandlers
from components.export.export_wiring import ExportTab, export_tab, wire_export
from components.handlers import Handlers
from components.history.run_history import RunHistory
from components.history.run_list import run_list
from components.images.budget_panel import budget_panel
from components.images.tile_view import tile_view
from components.lanes.lane_bar import lane_bar
from components.lanes.lane_handlers import LaneHandlers
from components.lanes.lanes import lanes
from components.live_inputs import collect_live
from components.messages.few_shot_panel import few_shot_panel
from components.messages.message_editor import message_editor
from components.models.model_handlers import ModelHandlers
from components.models.model_picker import model_picker
from components.presets.own_preset_handlers import OwnPresetHandlers
from components.presets.preset_bar import preset_bar
from components.prompt.prompt_view import prompt_view
from components.prompt.token_meter import token_meter
from components.sampling.sampling_panel import sampling_panel
from components.scenarios.scenario_cards import scenario_cards
from components.sessions.session_bar import session_bar
from components.sessions.session_panel import SessionParts, session_panel
from components.sessions.session_wiring import wire_sessions
from components.tools.tool_wiring import wire_tools
from components.tools.tools_editor import tools_editor
from components.wiring import Parts, Wiring
from core.access.access import Access
from core.lanes import LABELS
from core.library.library import Library
from core.runs.engine import Engine
from core.sessions.data_folder import default_data_folder

BRAND = """<div class="brand"><span class="logo" aria-hidden="true"></span><div>
<h1>LFM Playground</h1><small>local · Transformers</small></div></div>"""
SUN = """<button type="button" id="theme" class="icon-button" aria-label="Switch light or dark"
title="Light or dark"><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="6.5"/>
<path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z"/></svg></button>"""
EXPLAIN = """<div class="section-head"><h2>Presets and parameters</h2>
<button type="button" id="explain" aria-pressed="false">Explain</button></div>"""


def build_page(
    engine: Engine,
    library: Library,
    demo_model: str = "",
    data: Path | None = None,
    access: Access | None = None,
    is_connected: Callable[[str], bool] = lambda session: True,
) -> gr.Blocks:
    """The whole page, not launched. demo_model: the model that gets the demo banner. data: the
    folder of what people keep. access: who may do what; None: everybody everything. is_connected:
    whether the client with a session hash still reads what it is sent.
    """
    access = access or Access()
    stores = UserStores(data or default_data_folder())

    def library_now() -> Library:
        return library if access.demo else stores.library(library)

    with gr.Blocks(title="LFM Playground", fill_width=True, analytics_enabled=False) as page:
        parts, export = _layout(library_now, demo_model)
        history = RunHistory()
        visitors = Visitors(access, is_connected)
        models = ModelHandlers(engine, parts.controls, demo_model, visitors)
        handlers = Handlers(engine, library_now, parts.controls, history, models, visitors)
        lane_handlers = LaneHandlers(engine, parts.controls, history, visitors)
        comparisons = ComparisonHandlers(engine, parts.controls, history, visitors)
        wiring = Wiring(page, parts, handlers, models, lane_handlers, comparisons)
        wiring.wire()
        wire_tools(wiring, parts.controls)
        wire_advice(wiring, engine, library_now, parts.controls, handlers)
        OwnPresetHandlers(engine, parts.controls, stores, visitors).wire(wiring)
        wire_work(wiring, parts.controls, parts.work_bar, parts.sessions.bar)
        wire_sessions(wiring, parts.controls, parts.sessions, stores, visitors)
        exports = ExportHandlers(engine, parts.controls, history, visitors, export.view)
        wire_export(page, parts.controls, export, exports)
        add_api(engine, library_now, visitors)
        collect_live(page, parts.controls.live_names())
    return page


def _layout(library_now: Callable[[], Library], demo_model: str) -> tuple[Parts, ExportTab]:
    library = library_now()
    with gr.Sidebar(width=308, elem_id="side"):
        _static(BRAND)
        picker = model_picker(library.families, demo_model)
        recipe = recipe_box(elem_id="recipe")
        _static(EXPLAIN)
        presets = preset_bar(library, elem_id="presets")
        sampling, dice = sampling_panel()
        budget = budget_panel(library.budgets)
    with gr.Row(elem_id="topbar"):
        bar = lane_bar(elem_id="lane-count")
        work = work_bar(elem_id="work-bar")
        session = session_bar(elem_id="session")
        _static(SUN, elem_id="theme-box")
        with gr.Row(elem_id="run-bar"):
            stop = gr.Button("Stop", size="sm", variant="stop", elem_id="stop", min_width=72)
            run = gr.Button("Run", size="sm", variant="primary", elem_id="run", min_width=120)
            counts = range(1, len(LABELS) + 1)
            runs = [gr.Button(f"Run {n}", visible="hidden", elem_id=f"run-{n}") for n in counts]
    with gr.Accordion("Start from a scenario", open=True, elem_id="scenario-fold") as scenario_fold:
        scenarios = scenario_cards(library, elem_id="scenarios")
    with gr.Row(elem_id="work", equal_height=False):
        with gr.Column(scale=5, min_width=340, elem_id="left"):
            editor = message_editor(elem_id="messages")
            meter = token_meter(elem_id="meter")
            lint = lint_view(elem_id="lint")
            few_shot = few_shot_panel()
            tools = tools_editor(elem_id="tools")
        with gr.Column(scale=7, min_width=340, elem_id="right"):
            with gr.Tabs(elem_id="tabs") as tabs:
                with gr.Tab("Output", id="output") as output_tab:
                    answers = lanes(bar, library.presets)
                with gr.Tab("Compare", id="compare") as compare_tab:
                    compared = comparison(elem_id="comparison")
                with gr.Tab("Images", id="images") as images_tab:
                    tiles = tile_view(library.pictures, elem_id="tiles")
                with gr.Tab("History", id="history") as history_tab:
                    earlier = run_list(elem_id="run-list")
                with gr.Tab("Sessions", id="sessions") as sessions_tab:
                    sessions = SessionParts(session, session_panel(elem_id="sessions"))
                with gr.Tab("Prompt", id="prompt") as prompt_tab:
                    prompt = prompt_view(elem_id="prompt")
                export = export_tab()
    controls = Controls(
        editor, tools, presets, sampling, dice, budget, tiles, meter, prompt, answers, picker,
        few_shot, scenario_fold, tabs, gr.State("output"), library_now, compared, earlier,
        Advice(recipe, lint, scenarios),
    )  # fmt: skip
    other_tabs = {
        "output": output_tab, "images": images_tab, "history": history_tab,
        "sessions": sessions_tab,
    }  # fmt: skip
    parts = Parts(
        run, runs, stop, scenarios, compare_tab, prompt_tab, other_tabs, controls, work, sessions
    )
    return parts, export


def _static(html: str, **props: Any) -> None:
    gr.HTML(html, apply_default_css=False, **props)
