"""The page: lays out its features. A feature is made where its components are placed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from components.access.user_stores import UserStores
from components.access.visitors import Visitors
from components.advice.lint_view import Findings
from components.advice.recipe_box import RecipeBox
from components.api import add_api
from components.compare.compare_tab import CompareTab
from components.demo.demo_page import Demo
from components.drafts.opening import Opening
from components.drafts.workspace_bar import WorkspaceBar
from components.export.export_tab import ExportTab
from components.feature import Feature, Services, static
from components.history.history_tab import HistoryTab
from components.history.run_history import RunHistory
from components.images.budget_panel import BudgetPanel
from components.images.images_row import ImagesRow
from components.images.tile_view import ImagesTab
from components.lanes.lane_bar import LaneBar
from components.lanes.lane_runs import LaneRuns
from components.lanes.lanes import Lanes
from components.messages.few_shot_panel import FewShot
from components.messages.message_editor import Messages
from components.models.models import Models
from components.models.server_panel import ServerPanel
from components.models.template_options import TemplateOptions
from components.presets.presets import Presets
from components.prompt.prompt_view import PromptTab
from components.prompt.token_meter import TokenMeter
from components.sampling.sampling_panel import Sampling
from components.scenarios.scenario_cards import Scenarios
from components.sessions.session_bar import SessionBar
from components.sessions.sessions_tab import SessionsTab
from components.sheets.review_page import Review
from components.sheets.sheet_tab import SheetTab
from components.structured.structured_output import StructuredOutput, StructuredRow
from components.tokens.tokens_tab import TokensTab
from components.tools.tools_editor import Tools
from components.variables.variable_fields import Variables
from components.wiring import Wiring
from core.access.access import Access
from core.access.run_gate import RunGate
from core.library.library import Library
from core.runs.engine import Engine
from core.runs.servers import Servers
from core.sessions.data_folder import default_data_folder
from core.sheets.sheet_json import sheet_of

BRAND = """<a class="skip" href="#run">Skip to Run</a>
<div class="brand"><span class="logo" aria-hidden="true"></span><h1>LFM Playground</h1></div>"""
RAIL = """<button type="button" class="icon-button" data-fold="side" aria-expanded="true"
aria-label="Hide or show the settings" title="Hide or show the settings">
<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 4h14v12H3zM8 4v12" fill="none"/></svg>
</button>"""
SPLIT = """<h2 class="hidden-text">Answers</h2>
<div class="split" role="separator" tabindex="0" aria-orientation="vertical"
aria-label="Width of the messages" aria-valuemin="320" aria-valuemax="720" aria-valuenow="420"
title="Drag to resize. Double-click to reset."></div>"""
PHONE = """<div class="seg" role="group" aria-label="Parts of the page">
<button type="button" data-pane="messages">Messages</button>
<button type="button" data-pane="answers">Answers</button>
<button type="button" data-pane="settings">Settings</button></div>"""
SUN = """<button type="button" id="keys" class="icon-button" aria-label="Keyboard shortcuts"
title="Keyboard shortcuts (?)">?</button><button type="button" id="theme" class="icon-button"
aria-label="Switch between light and dark" title="Light or dark">
<svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="6.5"/>
<path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z"/></svg></button>"""
EXPLAIN = """<div class="section-head"><h2>Presets</h2>
<button type="button" id="explain" aria-pressed="false">Explain</button></div>"""


def build_page(
    engine: Engine,
    library: Library,
    demo_model: str = "",
    data: Path | None = None,
    access: Access | None = None,
    is_connected: Callable[[str], bool] = lambda session: True,
    runs: RunGate | None = None,
    servers: Servers | None = None,
) -> gr.Blocks:
    """The whole page, not launched. demo_model: the model that gets the demo banner. data: the
    folder of presets and sessions. access: who may do what; None: everybody may do everything.
    is_connected: whether the client with a session hash is still connected. runs: what all runs of
    the server pass; None: one for the page alone. servers: those of the engine, which owners may
    change; None: they may not.
    """
    access = access or Access()
    stores = UserStores(data or default_data_folder())

    def library_now() -> Library:
        return library if access.demo else stores.library(library)

    services = Services(
        engine=engine,
        library_now=library_now,
        library_of=lambda user: stores.library_of(library, user),
        stores=stores,
        visitors=Visitors(access, is_connected, runs),
        history=RunHistory(),
        demo_model=demo_model,
        sheets={key: sheet_of(path.read_text("utf-8")) for key, path in library.sheets.items()},
        servers=servers,
    )
    with gr.Blocks(title="LFM Playground", fill_width=True, analytics_enabled=False) as blocks:
        features = [*_bar(services), *_side(services)]
        with gr.Column(elem_id="messages-pane"):
            features += [Messages(services)]
            with gr.Column(elem_id="dock"):
                features += [Variables(), Findings(), FewShot()]
                features += [StructuredOutput(services), Tools()]
            features += [TokenMeter(services)]
        static(SPLIT, elem_id="split")
        with gr.Column(elem_id="answers"), gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Answers", id="output", elem_id="view-output") as output:
                features += [Scenarios(services), Lanes(services)]
            features += _tabs(services)
        static(PHONE, elem_id="phone")
        features += [Review(services), Demo(services), Opening(services)]
        page = Wiring(
            blocks=blocks, services=services, tabs=tabs, tab=gr.State("output"), features=features
        )
        page.tab_opened(output, "output")
        page.wire()
        add_api(services)
    return blocks


def _bar(services: Services) -> list[Feature]:
    with gr.Row(elem_id="bar"):
        static(BRAND, elem_id="brand")
        bars = [SessionBar(), LaneBar(services), WorkspaceBar()]
        static(SUN, elem_id="theme-box")
        return [*bars, LaneRuns(services)]


def _side(services: Services) -> list[Feature]:
    with gr.Column(elem_id="side"):
        static(RAIL, elem_id="rail")
        with gr.Column(elem_id="side-in"):
            models = [Models(services), ServerPanel(services), RecipeBox(services)]
            models += [TemplateOptions()]
            static(EXPLAIN)
            settings = [*models, Presets(services), Sampling(), ImagesRow(services)]
            return [*settings, StructuredRow()]


def _tabs(services: Services) -> list[Feature]:
    compare, tokens = CompareTab(services), TokensTab(services)
    images = ImagesTab(services)
    with images.tab:
        budget = BudgetPanel(services)
    return [
        compare,
        tokens,
        images,
        budget,
        SheetTab(services),
        HistoryTab(services),
        SessionsTab(services),
        PromptTab(services),
        ExportTab(services),
    ]
