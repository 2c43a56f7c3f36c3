"""What a program sends next to messages and parameters: read strictly, repeated as applied."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer_options import AnswerOptions, answer_options, applied
from core.constraint import Constraint
from core.conversation import Conversation
from core.errors import InvalidInput
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NAMES = ("template", "constraint", "tools", "tool_choice", "json", "json_schema", "choices")


def sent(options: AnswerOptions) -> Request:
    return Request(
        "A", Conversation((), options.tools), SamplingParams(), VisionBudget(),
        template_options=options.template, constraint=options.constraint,
        tool_choice=options.tool_choice,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given_constraint", "read"),
    [
        ({"json": True}, Constraint("json")),
        ({"json_schema": {"enum": ["é"]}}, Constraint("json_schema", '{"enum": ["é"]}')),
        ({"choices": ["a", "b"]}, Constraint("choices", choices=("a", "b"))),
        ({"regex": "a+", "after_thought": False}, Constraint("regex", "a+", after_thought=False)),
        (
            {"grammar": "start: A", "flexible_whitespace": True},
            Constraint("grammar", "start: A", flexible_whitespace=True),
        ),
    ],
)
def test_each_kind_is_read_and_repeated(given_constraint, read) -> None:
    options = answer_options({"constraint": given_constraint})
    assert options.constraint == read
    assert applied(options, sent(options)) == {"constraint": given_constraint}


def test_all_keys_are_read_and_repeated_and_what_was_not_sent_is_null() -> None:
    tools = [{"name": "now"}]
    value = {"template": {"enable_thinking": False}, "tools": tools, "tool_choice": "now"}
    options = answer_options(value)
    assert json.loads(options.tools) == tools
    assert applied(options, sent(options)) == value
    assert answer_options(None) == answer_options({}) == answer_options({"tools": []})
    assert applied(AnswerOptions(), sent(AnswerOptions())) == {}
    held = answer_options({"constraint": {"json": True}})
    assert applied(held, replace(sent(held), constraint=None)) == {"constraint": None}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "options is \\[\\]; it must be an object"),
        ({"evil": 1}, "no key 'evil'. It takes template, constraint, tools, tool_choice"),
        ({"constraint": {"schema": {}}}, "no key 'schema'. It takes one of json, json_schema"),
        ({"constraint": {}}, "has 0 of json, .* it must have one, such as"),
        ({"constraint": {"json": True, "regex": "a"}}, "has 2 of"),
        ({"constraint": {"json": {}}}, "json of constraint is {}; it must be true"),
        ({"constraint": {"json_schema": "{}"}}, "json_schema of constraint is '{}'"),
        ({"constraint": {"json_schema": {"a": float("inf")}}}, "is not JSON"),
        ({"constraint": {"regex": 7}}, "regex of constraint is 7; it must be a string"),
        ({"constraint": {"choices": "a"}}, "list of strings"),
        ({"constraint": {"regex": "x" * 65_537}}, "65,536"),
        ({"tools": {}}, "tools is {}; it must be a list"),
        ({"tool_choice": None}, "tool_choice is None; use auto, required or the name of a tool"),
        ({"tool_choice": {"name": "now"}}, "use auto, required"),
    ],
)
def test_what_is_wrong_is_named(value, said) -> None:
    with pytest.raises(InvalidInput, match=said):
        answer_options(value)


@given(JSON, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_whatever_comes_is_read_or_refused_by_a_sentence(value, outer, inner) -> None:
    for options in (value, {outer: value}, {"constraint": {inner: value}}):
        said = "."
        try:
            answer_options(options)
        except InvalidInput as error:
            said = str(error)
        assert said.endswith(".")
