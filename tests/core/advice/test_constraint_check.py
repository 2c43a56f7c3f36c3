"""Advice about what an answer is held to: whether the prompt says so, prefills, and the length."""

import json
from dataclasses import replace

import pytest

from core.advice.constraint_check import shortest_tokens
from core.advice.linter import Asked, lint
from core.constraint import Constraint
from core.constraint_examples import EXAMPLES
from core.conversation import Conversation, message
from core.sampling import SamplingParams
from tests.model_capabilities import ALL

CAN = replace(ALL, constraints=True)
ORDER = EXAMPLES["extraction"].constraint
ASK = message("user", "Three red mugs for Maria.")


def rules(*messages, constraint=ORDER, can=CAN, **more) -> list[str]:
    return [one.rule for one in lint(asked(*messages, constraint=constraint, can=can, **more))]


def asked(*messages, length: int = 512, **more) -> Asked:
    return Asked(Conversation(messages), SamplingParams(max_new_tokens=length), **more)


def schema(**value) -> Constraint:
    return Constraint("json_schema", json.dumps(value))


def test_a_prompt_that_does_not_ask_for_json_is_named_and_a_click_adds_it():
    found = lint(asked(message("system", "Be brief."), ASK, constraint=ORDER, can=CAN))
    assert [one.rule for one in found] == ["json-not-asked-for"]
    (fix,) = found[0].quick_fixes
    assert fix.text == (
        "Be brief.\nAnswer with JSON with the fields customer, deliver_by and items."
    )
    assert rules(message("system", fix.text), ASK) == []


@pytest.mark.parametrize("text", ["Answer in json.", "By this schema: …"])
def test_a_prompt_that_says_it_is_not_named(text):
    assert rules(message("user", text)) == []


def test_choices_need_no_word_about_json_and_an_empty_page_no_advice():
    assert rules(ASK, constraint=EXAMPLES["labels"].constraint) == []
    assert rules() == rules(message("user", "")) == []


def test_a_prefill_in_addition_is_named():
    assert rules(message("user", "JSON!"), message("assistant", "{")) == ["prefill-and-constraint"]


def test_a_length_that_no_answer_fits_is_a_warning():
    need = shortest_tokens(ORDER)
    say = message("user", "JSON!")
    assert rules(say, length=need - 1) == ["too-short-for-constraint"]
    assert rules(say, length=need) == []


def test_the_shortest_answer_is_that_of_the_schema():
    assert shortest_tokens(schema(type="string", minLength=400)) == 402 // 4
    assert shortest_tokens(schema(enum=["x" * 100, "y" * 40])) == 42 // 4
    assert shortest_tokens(schema(anyOf=[{"type": "boolean"}, {"const": "z" * 98}])) == 1
    assert shortest_tokens(schema(type="array", minItems=9, items={"type": "null"})) == 47 // 4
    assert shortest_tokens(Constraint("choices", choices=("a" * 40, "b" * 80))) == 10


@pytest.mark.parametrize(
    "value",
    [{"type": {}}, {"type": [[]]}, {"properties": 3, "required": 3, "type": "object"}, {"enum": []},
     {"type": "array", "minItems": 10**30, "items": True}, {"anyOf": [], "minLength": -1}],
)  # fmt: skip
def test_a_schema_of_any_shape_is_read(value):
    assert shortest_tokens(schema(**value)) >= 0


def test_both_a_schema_and_a_tool_choice_are_refused_before_the_run():
    say = message("user", "JSON!")
    assert rules(say, tool_choice="required") == ["tool-choice-and-constraint"]


def test_a_model_that_can_not_be_held_to_it_is_named_and_gets_no_other_advice():
    found = lint(asked(ASK, constraint=ORDER, can=replace(CAN, constraints=False), model="M"))
    assert [one.text for one in found] == [
        "M does not take the JSON schema, which will be left out."
    ]
