"""The editor of structured output without a browser: what it reads, says and checks."""

import json
from dataclasses import replace

import pytest

from components.advice.quick_fixes import with_quick_fix
from components.structured.constraint_check import checked, schema_of_example
from components.structured.constraint_words import state_of
from components.structured.structured_output import structured_status
from components.tools.tools_editor import choice_status
from core.advice.findings import QuickFix
from core.constraint import LARGEST, Constraint, check_constraint, constraint_to_dict
from core.constraint_examples import EXAMPLES
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.workspace import unseeded
from engine.scripted.scripted_engine import ALL, ScriptedEngine
from tests.components.snapshots import LIBRARY, snapshot, workspace

ORDER = EXAMPLES["extraction"].constraint
ABLE = ScriptedEngine(capabilities=replace(ALL, constraints=True))
TOOLS = '[{"name": "look"}]'


@pytest.mark.parametrize(
    ("constraint", "state"),
    [
        (Constraint(), "None"),
        (Constraint("json"), "JSON"),
        (ORDER, "JSON schema · 3 properties"),
        (EXAMPLES["list"].constraint, "JSON schema · list, 2 properties each"),
        (Constraint("json_schema"), "JSON schema · empty"),
        (Constraint("json_schema", "{"), "JSON schema · unreadable"),
        (Constraint("choices", choices=("a",)), "1 choice"),
        (Constraint("regex", "a+"), "Regex"),
        (Constraint("grammar", 'start: "a"'), "Grammar · 1 line"),
    ],
)
def test_the_row_says_what_is_set(constraint, state):
    assert state_of(constraint, True) == state


def test_what_a_model_does_not_get_is_said_where_it_is_set():
    page = workspace("Hi", constraint=ORDER)
    status = structured_status(snapshot(page))
    assert status["state"].endswith("· not sent")
    assert status["note"].endswith("the JSON schema will not be sent.")
    assert structured_status(snapshot(page, ABLE))["note"] == ""


@pytest.mark.parametrize("value", [7, "x", {"kind": "x"}, {"kind": ["json"]}, {"path": "/etc"}])
def test_what_is_no_constraint_is_refused_with_a_sentence(value):
    found = checked(ABLE, value)
    assert found["error"]
    assert found["fine"] == found["facts"] == ""


def test_the_check_says_what_there_is_and_how_soon_it_is_ready():
    found = checked(ABLE, constraint_to_dict(ORDER))
    assert found == {
        "error": "",
        "fine": "Schema is valid",
        "facts": "3 properties · ready in 1 ms",
    }
    assert checked(ScriptedEngine(), constraint_to_dict(ORDER))["facts"] == "3 properties"
    assert checked(ABLE, None) == {"error": "", "fine": "", "facts": ""}


def test_the_check_has_the_words_of_a_run():
    broken = Constraint("json_schema", '{\n"type": }')
    with pytest.raises(InvalidInput) as refused:
        check_constraint(broken)
    assert checked(ABLE, constraint_to_dict(broken))["error"] == str(refused.value)


def test_an_example_becomes_a_schema_of_its_fields_in_their_order():
    example = '{"name": "mug", "parts": [{"b": 1, "a": true}, {"b": 2.5}], "note": null}'
    schema = json.loads(schema_of_example(example)["text"])
    assert schema["required"] == ["name", "parts", "note"]
    assert schema["additionalProperties"] is False
    part = schema["properties"]["parts"]["items"]
    assert part["required"] == ["b"]
    assert part["properties"] == {"b": {"type": "number"}, "a": {"type": "boolean"}}
    assert schema_of_example("[1]")["text"] == '{"type": "array", "items": {"type": "integer"}}'


@pytest.mark.parametrize(
    "text",
    ["", "{", "hello", '1, "b": 2', None, [], "[" * 100 + "]" * 100, "9" * (LARGEST + 1), "NaN",
     '"\\ud83d"'],
)  # fmt: skip
def test_an_example_that_can_not_be_read_is_refused(text):
    made = schema_of_example(text)
    assert made["text"] == ""
    assert "example" in made["error"]


def test_a_tool_choice_says_what_a_run_would_be_refused_for():
    def note(**values) -> str:
        return choice_status(snapshot(workspace("Hi", tools=TOOLS, **values), ABLE))["note"]

    assert note() == note(tool_choice="look") == ""
    assert "use auto, required or one of look" in note(tool_choice="find")
    assert "Choose one of the two" in note(tool_choice="look", constraint=ORDER)
    page = snapshot(workspace("Hi", tools=TOOLS, tool_choice="look"))
    assert choice_status(page)["note"].endswith("tool_choice look will not be sent.")


def test_a_quick_fix_takes_a_prefill_from_the_lane_that_has_it():
    lanes = (LaneSettings(prefill="{"), LaneSettings())
    page = workspace("Hi", ("assistant", "["), lanes=lanes)
    presets = LIBRARY.presets

    def prefills(page) -> list[str]:
        asked = [unseeded(page.conversation, page.lane(label, presets)) for label in page.labels]
        return [one.conversation.prefill.text if one.conversation.prefill else "" for one in asked]

    assert prefills(page) == ["{", "["]
    fix = QuickFix("", "no_prefill")
    assert prefills(with_quick_fix(page, fix, ["A"], None, presets)) == ["", "["]
    assert prefills(with_quick_fix(page, fix, ["B"], None, presets)) == ["{", ""]
    assert prefills(with_quick_fix(page, fix, ["A", "B"], None, presets)) == ["", ""]
