"""A card brings its own lanes, and says what the model in use would have to be."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from components.scenarios.scenario_cards import Scenarios, with_scenario
from core.constraint import Constraint
from core.lanes import LaneSettings
from engine.scripted.scripted_engine import ALL, ScriptedEngine
from tests.components.snapshots import LIBRARY, snapshot, workspace

LADDER = (LaneSettings(sampling=(("temperature", 0.0),)), LaneSettings())


@pytest.mark.parametrize(("key", "count"), [("dates", 1), ("small-code", 3)])
def test_a_card_brings_its_own_lanes(key, count):
    page = with_scenario(workspace("x", lanes=LADDER), LIBRARY, LIBRARY.scenarios[key], None)
    assert page.count == count
    assert page.lanes[0].sampling == ()


def test_a_card_without_tools_takes_the_tools_away():
    page = with_scenario(workspace("x", tools="[{}]"), LIBRARY, LIBRARY.scenarios["dates"], None)
    assert page.conversation.tools == ""


def test_a_card_brings_what_its_answer_is_held_to_and_the_next_one_takes_it_away():
    before = replace(workspace("x"), constraint=Constraint("json"), tool_choice="required")
    schema = with_scenario(before, LIBRARY, LIBRARY.scenarios["schema"], None)
    assert schema.constraint.kind == "json_schema"
    assert schema.tool_choice == "auto"
    called = with_scenario(schema, LIBRARY, LIBRARY.scenarios["required-call"], None)
    assert (called.constraint.kind, called.tool_choice) == ("none", "required")


@pytest.mark.parametrize(
    ("lacks", "missing"),
    [
        ({}, {}),
        ({"images": False}, {"picture": "vision model", "small-code": "vision model"}),
        ({"tools": False}, {"tool-call": "tool-trained", "required-call": "tool-trained"}),
    ],
)
def test_a_card_says_what_the_model_in_use_would_have_to_be(lacks, missing):
    engine = ScriptedEngine(capabilities=replace(ALL, **lacks))
    services: Any = SimpleNamespace(sheets={}, engine=engine, library_now=lambda: LIBRARY)
    with gr.Blocks():
        feature = Scenarios(services)
    shown: Any = feature.show(snapshot(workspace("x"), engine))[feature.cards]
    said = {card["key"]: card["missing"] for card in shown if card["missing"]}
    assert set(said) == set(missing)
    assert all(words in said[key] for key, words in missing.items())
