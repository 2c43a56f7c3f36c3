"""The page's inputs hold one workspace: all of it comes back, and only what differs is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from components.images.budget_panel import BudgetPanel
from components.lanes.lane_bar import LaneBar
from components.lanes.lanes import Lanes
from components.messages.message_editor import Messages
from components.presets.presets import Presets
from components.sampling.sampling_panel import Sampling
from components.tools.tools_editor import Tools
from components.wiring import Wiring
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import LIBRARY, workspace

FULL = workspace(
    ("system", " a\n"), "b", tools='[{"name": "f", "parameters": {}}]', preset="greedy",
    params=SamplingParams(temperature=0.3, seed=4, stop=("x",)), budget=VisionBudget(32, 64),
    lanes=(LaneSettings(), LaneSettings(system="Be brief.")),
)  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Iterator[Wiring]:
    services: Any = SimpleNamespace(engine=ScriptedEngine(), library_now=lambda: LIBRARY)
    with gr.Blocks() as blocks:
        features = [
            Messages(services), Tools(), Presets(services), Sampling(), BudgetPanel(services),
            LaneBar(services), Lanes(services),
        ]  # fmt: skip
        yield Wiring(
            blocks=blocks, services=services, tabs=gr.Tabs(), tab=gr.State("output"),
            features=features,
        )  # fmt: skip


def values_of(page: Wiring, workspace: Workspace, **raw: Any) -> dict[Any, Any]:
    values = page.write(workspace)
    return {**values, **{page.kept()[name]: value for name, value in raw.items()}}


def test_everything_that_a_person_edits_comes_back(page: Wiring):
    assert page.read(values_of(page, FULL)) == FULL


def test_an_act_adds_two_listeners_and_a_tab_that_is_remembered_adds_none(page: Wiring):
    """Gradio reads every listener once for each component when a page opens."""
    button = gr.Button()
    before = len(page.blocks.fns)
    page.act(button.click, lambda workspace, act: workspace)
    assert len(page.blocks.fns) == before + 2
    with gr.Tabs(), gr.Tab("Notes") as tab:
        page.tab_opened(tab, "notes")
    assert len(page.blocks.fns) == before + 2


def test_only_what_differs_is_written(page: Wiring):
    values, kept = values_of(page, FULL), page.kept()
    warmer = replace(FULL, params=replace(FULL.params, temperature=0.9))
    assert page.write(warmer, values) == {kept["temperature"]: 0.9}
    first = FULL.conversation.messages[0]
    [rows] = page.write(FULL.with_messages([first]), values).values()
    assert [(row["id"], row["text"]) for row in rows] == [("m0", " a\n")]


def test_a_field_that_is_wrong_is_named_or_repaired_and_then_written(page: Wiring):
    values = values_of(page, FULL, temperature=None, lane_B={"sampling": {"top_k": -1}})
    with pytest.raises(InvalidInput, match="temperature"):
        page.read(values)
    repaired = page.read(values, repair=True)
    assert repaired.params == replace(FULL.params, temperature=SamplingParams().temperature)
    assert repaired.lanes[1] == LaneSettings()
    assert page.kept()["temperature"] in page.write(repaired, values)


def test_a_draft_of_another_version_loses_no_message(page: Wiring):
    rows = [{"id": "m0", "role": "user", "text": "Hi", "images": []}]
    draft = page.read_draft({"messages": rows, "temperature": 99, "unheard_of": 1})
    assert draft is not None
    assert [turn.text for turn in draft.conversation.messages] == ["Hi"]
    assert draft.params == SamplingParams()
    assert page.read_draft({"temperature": 1}) is page.read_draft("x") is None


def test_a_draft_of_an_earlier_version_opens_as_it_was(page: Wiring):
    file = Path(__file__).parents[1] / "core/written_before/draft.json"
    draft = page.read_draft(json.loads(file.read_text()))
    assert draft is not None
    texts = [(turn.id, turn.role, turn.text) for turn in draft.conversation.messages]
    assert texts == [("m1abc", "system", "Be brief."), ("m2abc", "user", "Hi")]
    params = SamplingParams(temperature=0.3, top_k=7, max_new_tokens=64, stop=("\n\n", "x"))
    assert (draft.preset, draft.params, draft.count) == ("greedy", params, 2)
    assert draft.budget == VisionBudget(32, 64, False)
    second = LaneSettings("lfm2-text", (("temperature", 0.9),), system="", pinned=True)
    assert draft.lanes[1] == second
