"""What an answer may be held to is read strictly, and refused with the place where it is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.constraint import (
    KINDS,
    Constraint,
    check_constraint,
    constraint_from_dict,
    constraint_to_dict,
    place_of,
)
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lanes import Lane, LaneSettings, as_values, lane_settings
from core.workspace import Workspace, requests

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CONSTRAINTS = st.builds(
    Constraint,
    st.sampled_from(KINDS),
    TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
)
SCHEMA = Constraint("json_schema", '{"type": "object"}')
TOOLS = '[{"name": "now"}, {"name": "then"}]'


@given(CONSTRAINTS)
def test_nothing_is_lost_on_the_way_through_json(constraint):
    value = json.loads(json.dumps(constraint_to_dict(constraint)))
    assert constraint_from_dict(value) == constraint
    own = LaneSettings(constraint=constraint, tool_choice="now")
    assert lane_settings(json.loads(json.dumps(as_values(own)))) == own


def test_what_older_files_do_not_have_is_off():
    assert constraint_from_dict(None) == Constraint()
    assert lane_settings({}).constraint is None


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("x", "must be an object"),
        ([], "must be an object"),
        ({"kind": "yaml"}, "'yaml'; use one of none, json"),
        ({"kind": {}}, "use one of"),
        ({"kind": "regex", "text": 3}, "must be a string"),
        ({"kind": "choices", "choices": "red"}, "a list of strings"),
        ({"kind": "choices", "choices": [1]}, "a list of strings"),
        ({"flexible_whitespace": "yes"}, "flexible_whitespace of constraint must be true"),
        ({"after_thought": None}, "after_thought"),
        ({"schema": {}}, "no field 'schema'"),
        ({"kind": "regex", "text": "a" * 65_537}, "65,537 characters; at most 65,536"),
        ({"kind": "choices", "choices": ["a"] * 501}, "501 choices; at most 500"),
        ({"kind": "choices", "choices": ["a" * 1_001]}, "1,001 characters"),
        ({"kind": "regex", "text": "\ud83d"}, "half of a character"),
    ],
)
def test_what_is_no_constraint_is_named(value, named):
    with pytest.raises(InvalidInput, match=named):
        constraint_from_dict(value)


@pytest.mark.parametrize(
    ("kind", "text", "named"),
    [
        ("json_schema", "", "The JSON schema is empty"),
        ("json_schema", '{"a": 1,\n }', "line 1, column 8|line 2, column 2"),
        ("json_schema", "[]", "must be an object"),
        ("json_schema", "true", "must be an object"),
        ("json_schema", '{"minimum": NaN}', "NaN is not JSON"),
        ("json_schema", '{"title": "\\ud83d"}', "half of a character"),
        ("json_schema", '{"x-guidance": {"lenient": true}}', "x-guidance can't be used"),
        ("json_schema", '{"items":' * 65 + "{}" + "}" * 65, "more than 64"),
        ("json_schema", '{"items":' * 5_000 + "{}" + "}" * 5_000, "more than 64"),
        ("regex", " ", "The regular expression is empty"),
        ("grammar", "", "The grammar is empty"),
        ("choices", "", "no choices"),
    ],
)
def test_what_can_not_be_read_is_refused_before_a_run(kind, text, named):
    saved = constraint_from_dict({"kind": kind, "text": text})  # it may be saved all the same
    with pytest.raises(InvalidInput, match=named):
        check_constraint(saved)
    talk = Conversation((message("user", "Hi"),))
    with pytest.raises(InvalidInput, match=named):
        requests(talk, [Lane(constraint=saved)])


def test_the_place_of_a_keyword_is_not_that_of_a_property_with_its_name():
    schema = {
        "properties": {"not": {"enum": [{"not": 1}]}, "a": {"anyOf": [{}, {"not": {}}]}},
        "$defs": {"not": {}},
    }
    assert place_of(schema, "not") == "#/properties/a/anyOf/1/not"
    assert place_of({"properties": {"not": {}}}, "not") == ""


def test_a_lane_has_the_constraint_of_all_lanes_another_one_or_none():
    own = Constraint("choices", choices=("a", "b"))
    page = Workspace(
        Conversation((message("user", "Hi"),), TOOLS),
        lanes=(
            LaneSettings(),
            LaneSettings(constraint=own),
            LaneSettings(constraint=Constraint(), tool_choice="now"),
            LaneSettings(),
        ),
        count=3,
        constraint=SCHEMA,
    )
    asked = requests(page.conversation, [page.lane(label, {}) for label in page.labels])
    assert [one.constraint for one in asked] == [SCHEMA, own, None]
    assert [one.tool_choice for one in asked] == ["auto", "auto", "now"]


@pytest.mark.parametrize(
    ("choice", "tools", "constraint", "named"),
    [
        ("required", "", Constraint(), "there are no tools"),
        ("soon", TOOLS, Constraint(), "'soon'; use auto, required or one of now, then"),
        ("required", TOOLS, SCHEMA, "also held to the JSON schema"),
    ],
)
def test_a_choice_of_tools_that_can_not_be_is_refused(choice, tools, constraint, named):
    talk = Conversation((message("user", "Hi"),), tools)
    with pytest.raises(InvalidInput, match=named):
        requests(talk, [Lane(constraint=constraint, tool_choice=choice)])


def test_the_name_of_a_tool_is_read_strictly():
    with pytest.raises(InvalidInput, match="tool_choice must be"):
        lane_settings({"tool_choice": ["now"]})
    with pytest.raises(InvalidInput, match="1000 characters"):
        lane_settings({"tool_choice": "x" * 1_001})
