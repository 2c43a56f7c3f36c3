"""The tools on the page: what they cost, what is wrong with them, and that they are kept."""

import json
from dataclasses import replace

import pytest

from components.client_component import text_of
from components.prompt.token_meter import meter_of
from components.tools.tools_editor import EXAMPLES, tools_status
from core.prompt import PromptToken, RenderedPrompt
from core.tools.schemas import parse_tools
from core.workspace_json import workspace_from_dict, workspace_to_dict
from tests.components.snapshots import snapshot, workspace

TOOLS = json.dumps(list(EXAMPLES.values()))


def test_the_examples_are_tools():
    names = [tool.name for tool in parse_tools(TOOLS)]
    assert names == ["get_weather", "search", "calculate"]


def test_count_and_cost_are_those_of_the_prompt_and_the_meter():
    page, bare = (snapshot(workspace("Hi", tools=tools)) for tools in (TOOLS, ""))
    meter, least = meter_of(page), meter_of(bare)
    cost = dict(meter["segments"])["tools"]
    assert tools_status(TOOLS, page.prompt)["summary"] == f"3 tools · {cost} tokens"
    assert f"tools {cost}" in meter["text"]
    assert tools_status("", bare.prompt)["summary"] == "none"
    assert "tools" not in dict(least["segments"])
    assert sum(tokens for _, tokens in meter["segments"]) == cost + sum(
        tokens for _, tokens in least["segments"]
    )


def test_a_mistake_is_named_with_its_place_and_the_meter_says_it_too():
    broken = '[\n{"name": }]'
    page = snapshot(workspace("Hi", tools=broken))
    status = tools_status(broken, page.prompt)
    assert (status["line"], status["column"]) == (2, 10)
    assert "line 2, column 10" in status["note"]
    assert meter_of(page)["note"] == status["note"]


def test_a_list_that_is_json_but_no_tools_has_no_place():
    status = tools_status('{"name": "f"}', None)
    assert status["warning"]
    assert "line" not in status


def test_a_template_that_ignores_tools_is_named():
    prompt = RenderedPrompt("x", (PromptToken(1, "x"),), 9, tools_ignored=True)
    status = tools_status(TOOLS, prompt)
    assert status["warning"]
    assert "ignores tools" in status["note"]
    assert not tools_status(TOOLS, replace(prompt, tools_ignored=False))["warning"]


def test_tools_are_part_of_a_saved_workspace():
    saved = workspace_to_dict(workspace("Hi", tools=TOOLS))
    assert workspace_from_dict(saved).conversation.tools == TOOLS


@pytest.mark.parametrize("value", [None, 3, ["[]"], {}])
def test_what_is_no_text_is_no_tools(value):
    assert text_of(value) == ""
