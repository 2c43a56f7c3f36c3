"""Variables on the page: what is listed, what a run gets, and what is refused."""

from dataclasses import replace

import pytest

from components.presets.presets import with_preset
from components.variables.variable_fields import Variables, found_variables, with_escapes
from core.constraint import Constraint
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR
from core.library.preset_file import preset_of, preset_text
from core.sessions.workspace_diff import workspace_diff
from core.variable_values import MOST_KEPT, variable_values
from core.workspace import requests
from core.workspace_json import workspace_from_dict, workspace_to_dict
from tests.components.snapshots import LIBRARY, snapshot, workspace

VALUES = (("style", "long"), ("date", "1 May"))
ASKED = workspace(("system", "Be {{style}}."), "What is {{ date }}?", variables=VALUES)


def lanes_of(page):
    return [page.lane(label, LIBRARY.presets) for label in page.labels]


def test_each_name_is_listed_once_in_the_order_of_the_prompt():
    lanes = (AS_IN_THE_SIDEBAR, replace(AS_IN_THE_SIDEBAR, system="{{tone}} {{date}}"))
    schema = Constraint("json_schema", '{"const": "{{word}}"}')
    page = replace(ASKED.with_lanes(lanes), constraint=schema)
    assert found_variables(snapshot(page))["names"] == ["style", "date", "word", "tone"]
    off = replace(schema, kind="none")
    assert "word" not in found_variables(snapshot(replace(page, constraint=off)))["names"]


def test_runs_prompts_and_scripts_have_the_values():
    (asked,) = requests(ASKED.conversation, lanes_of(ASKED))
    assert [turn.text for turn in asked.conversation.messages] == ["Be long.", "What is 1 May?"]
    page = snapshot(ASKED)
    assert page.requests[0].conversation == asked.conversation
    assert page.prompt
    assert "What is 1 May?" in page.prompt.text


def test_a_run_without_a_value_is_refused_by_name_and_the_prompt_shows_the_name():
    page = replace(ASKED, variables=())
    with pytest.raises(InvalidInput, match="variables style, date"):
        requests(page.conversation, lanes_of(page))
    shown = snapshot(page).prompt
    assert shown
    assert "What is {{date}}?" in shown.text


def test_what_only_looks_like_a_variable_has_a_place_and_can_be_left_as_it_is():
    page = workspace("{{date}}\n{{a b}}", '{"a": {{"b": 1}}}', variables=VALUES)
    found = found_variables(snapshot(page))
    assert found["doubtful"][0].startswith("Message 1, line 2, column 1: {{a b}}")
    assert found["doubtful"][1].endswith("It is sent as written.")
    assert found["refused"]
    left = with_escapes(page)
    (asked,) = requests(left.conversation, lanes_of(left))
    texts = [turn.text for turn in asked.conversation.messages]
    assert texts == ["1 May\n{{a b}}", '{"a": {{"b": 1}}}']
    assert not found_variables(snapshot(left))["refused"]


def test_no_more_names_and_places_are_listed_than_a_page_can_show():
    many = "".join(f"{{{{a{n}}}}}" for n in range(1_000))
    found = found_variables(snapshot(workspace("{{}}" * 1_000, many + "{{}}" * 1_000)))
    assert len(found["names"]) == MOST_KEPT
    assert len(found["doubtful"]) == 5
    assert found["refused"]


def test_values_are_part_of_the_workspace_its_file_and_its_differences():
    assert workspace_from_dict(workspace_to_dict(ASKED)) == ASKED
    (row,) = workspace_diff(ASKED, replace(ASKED, variables=VALUES[:1])).settings
    assert row.name == "variable: date"


def test_a_preset_with_a_prompt_brings_the_values_along():
    kept = replace(LIBRARY.presets["greedy"], system="Be {{style}}.", variables={"style": "kind"})
    kept = preset_of(preset_text(kept), "kept.yaml")
    library = replace(LIBRARY, presets={"own/kept": kept})
    assert dict(with_preset(ASKED, library, "own/kept").variables) == {
        **dict(VALUES),
        "style": "kind",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1], "must be an object"),
        ({"a b": "x"}, "'a b' is not the name"),
        ({"a": 1}, "variable a is int"),
        ({"a": "x" * 300_000}, "300,000 characters"),
        ({"a": "\ud83d"}, "half of a character"),
        ({f"a{n}": "x" for n in range(MOST_KEPT + 1)}, "at most"),
    ],
)
def test_a_wrong_value_is_refused_and_an_empty_one_is_missing(value, words):
    with pytest.raises(InvalidInput, match=words):
        variable_values(value)
    assert variable_values({"a": ""}) == ()
    assert (
        Variables.read(Variables.__new__(Variables), {"variables": value}, ASKED, True).variables
        == ()
    )
