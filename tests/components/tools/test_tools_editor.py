"""The tools on the page: what they cost, what is wrong with them, and that they are kept."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from components.client_component import text_of
from components.messages.message_editor import new_row
from components.page_state import PageState, follow
from components.saved_state import saved_of, state_of
from components.tools.tools_editor import EXAMPLES, tools_status
from core.library.library import read_library
from core.prompt import PromptToken, RenderedPrompt
from core.sampling import SamplingParams
from core.tools.schemas import parse_tools
from core.vision import VisionBudget
from engine.scripted.scripted_engine import ScriptedEngine

LIBRARY = read_library(Path(__file__).parents[3] / "presets")
TOOLS = json.dumps(list(EXAMPLES.values()))


def state(tools: str) -> PageState:
    return PageState(
        (new_row("user", "Hi"),), "greedy", SamplingParams(), VisionBudget(), tools=tools
    )


def test_the_examples_are_tools():
    names = [tool.name for tool in parse_tools(TOOLS)]
    assert names == ["get_weather", "search", "calculate"]


def test_count_and_cost_are_those_of_the_prompt_and_the_meter():
    after = follow(ScriptedEngine(), LIBRARY, state(TOOLS))
    cost = dict(after.meter["segments"])["tools"]
    assert after.tools["summary"] == f"3 tools · {cost} tokens"
    assert f"tools {cost}" in after.meter["text"]
    bare = follow(ScriptedEngine(), LIBRARY, state(""))
    assert bare.tools["summary"] == "none"
    assert "tools" not in dict(bare.meter["segments"])
    assert sum(tokens for _, tokens in after.meter["segments"]) == cost + sum(
        tokens for _, tokens in bare.meter["segments"]
    )


def test_a_mistake_is_named_with_its_place_and_the_meter_says_it_too():
    after = follow(ScriptedEngine(), LIBRARY, state('[\n{"name": }]'))
    assert (after.tools["line"], after.tools["column"]) == (2, 10)
    assert "line 2, column 10" in after.tools["note"]
    assert after.meter["note"] == after.tools["note"]


def test_a_list_that_is_json_but_no_tools_has_no_place():
    status = tools_status('{"name": "f"}', None)
    assert status["warning"]
    assert "line" not in status


def test_a_template_that_leaves_tools_out_is_named():
    prompt = RenderedPrompt("x", (PromptToken(1, "x"),), 9, tools_ignored=True)
    status = tools_status(TOOLS, prompt)
    assert status["warning"]
    assert "leaves tools out" in status["note"]
    assert not tools_status(TOOLS, replace(prompt, tools_ignored=False))["warning"]


def test_tools_are_part_of_a_saved_workspace():
    saved = saved_of(state(TOOLS))
    assert saved.conversation.tools == TOOLS
    assert state_of(saved, state("")).tools == TOOLS
    assert state(TOOLS).workspace(LIBRARY.presets).conversation.tools == TOOLS


@pytest.mark.parametrize("value", [None, 3, ["[]"], {}])
def test_what_is_no_text_is_no_tools(value):
    assert text_of(value) == ""
