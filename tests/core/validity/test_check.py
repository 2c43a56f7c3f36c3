"""An answer is checked against its own constraint or that of all lanes, and told in words."""

import json
from dataclasses import replace

import pytest

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.lanes import LABELS, LaneSettings
from core.prompt import PromptToken, RenderedPrompt
from core.runs.run import Run
from core.sampling import SamplingParams
from core.validity.check import answer_of, check, checked, expected, verdict_in_short, verdict_of
from core.validity.schema_check import answered
from core.validity.verdict import Verdict
from core.vision import VisionBudget
from core.workspace import Request, Workspace, unseeded
from tests.amounts import every

SCHEMA = Constraint("json_schema", '{"type": "object", "properties": {"a": {"type": "number"}}}')
OFF = Constraint()
ASK = Conversation((message("user", "Hi"),))
RUN = Run(
    Request("A", ASK, SamplingParams(max_new_tokens=5), VisionBudget(), constraint=SCHEMA),
    status="done", text='{"a": 1}', stop_reason="end_of_sequence",
)  # fmt: skip


def said(answer: str, constraint: Constraint) -> str:
    verdict = check(answer, constraint, ask=in_process)
    return verdict.in_words if verdict else ""


def in_process(question):
    """What the child would answer."""
    return answered(json.loads(json.dumps(question)))


@pytest.mark.parametrize(
    ("answer", "constraint", "words"),
    [
        ('{"a": 1}', SCHEMA, "Valid. Every field fits the schema."),
        ('{"a": "x"}', SCHEMA, "One field fails. a is text, the schema wants a number."),
        ("[]", SCHEMA, "Not valid. The answer is a list, the schema wants an object."),
        ("Sure: {}", SCHEMA, "Not JSON. There is text before the first brace, line 1."),
        ('["x", null, 3]', Constraint("json_schema", '{"items": {"type": "number"}}'),
         "2 fields fail. The first: [0] is text, the schema wants a number."),
        ("{", Constraint("json"), "Not JSON. The answer ends before the JSON is complete."),
        ("[1]", Constraint("json"), "Valid. The answer is JSON."),
        ("1", Constraint("json"), "Not valid. The answer must be a JSON object or list."),
        ("red", Constraint("choices", choices=("red", "blue")),
         "Valid. The answer is one of the choices."),
        ("Red.", Constraint("choices", choices=("red", "blue")),
         "Not a choice. The answer is none of them."),
        (" Red", Constraint("choices", choices=("red", "blue")),
         "Not a choice. Only white space or capital letters differ from “red”."),
        ("a1", Constraint("regex", "[a-z][0-9]"),
         "Valid. The answer matches the regular expression."),
        ("a1.", Constraint("regex", "[a-z][0-9]"),
         "Not valid. The answer does not match the regular expression."),
        ("x", Constraint("grammar", "start: /x/"), ""),
        ("{}", Constraint("json_schema", "{"),
         "Not checked. The JSON schema can't be read at line 1, column 2"),
        ("x" * 400_001, Constraint("json"),
         "Not checked. The answer has more than 400,000 characters."),
    ],
)  # fmt: skip
def test_a_verdict_in_words(answer: str, constraint: Constraint, words: str):
    assert said(answer, constraint).startswith(words)
    assert bool(said(answer, constraint)) == bool(words)


def test_thoughts_are_no_part_of_the_answer_and_the_prefill_is():
    assert verdict_in_short(checked(RUN)) == "yes"  # by a child process, as on the page
    thought = replace(RUN, text='<think>{"a": "x"}</think>\n\n{"a": 1}')
    assert answer_of(thought) == '{"a": 1}'
    opened = RenderedPrompt("…<think>\n", (PromptToken(1, "x"),), 100)
    assert answer_of(replace(RUN, prompt=opened, text="hm</think>{}")) == "{}"
    begun = replace(ASK, messages=(*ASK.messages, message("assistant", '{"a"')))
    prefilled = replace(RUN, request=replace(RUN.request, conversation=begun), text=": 1}")
    assert answer_of(prefilled) == '{"a": 1}'


def test_a_lane_without_a_constraint_is_checked_against_that_of_all_lanes():
    own = Constraint("choices", choices=("x",))
    settings = (LaneSettings(), LaneSettings(constraint=OFF), LaneSettings(constraint=own))
    page = Workspace(ASK, constraint=SCHEMA).with_lanes(settings)
    asked = [unseeded(ASK, page.lane(label, {})) for label in LABELS[:3]]
    assert [one.constraint for one in asked] == [SCHEMA, None, own]
    assert [expected(replace(RUN, request=one)) for one in asked] == [SCHEMA, SCHEMA, own]
    free = unseeded(ASK, Workspace(ASK).lane("A", {}))
    assert expected(replace(RUN, request=free)) is None
    assert checked(replace(RUN, request=free)).verdict is None


def test_a_cut_answer_is_told_as_cut_with_why_and_what_to_do():
    cut = replace(RUN, text='{"a"', stop_reason="max_new_tokens", incomplete=True)
    assert verdict_of(checked(cut)) == Verdict(
        "cut", "Cut before the schema was complete.",
        "It reached max_new_tokens (5). Raise it, then run again.",
    )  # fmt: skip
    full = replace(cut, stop_reason="context_length")
    assert verdict_in_short(full) == "Cut before the schema was complete"
    assert verdict_of(full).detail.startswith("The context is full. Shorten")  # type: ignore[union-attr]


def test_what_is_named_is_bounded_and_can_be_written():
    many = Constraint("json_schema", '{"additionalProperties": {"type": "number"}}')
    verdict = check(json.dumps({f"{n}": "x" for n in range(999)}), many, ask=in_process)
    assert verdict
    assert (verdict.title, len(verdict.problems)) == ("999 fields fail.", 50)
    verdict = check(json.dumps({"k" * 2_000: "x", "\ud83d": "y"}), many, ask=in_process)
    assert verdict
    assert [place for place, _ in verdict.problems] == ["/\ufffd"]
    verdict.in_words.encode()


DOUBLING = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
HOSTILE = [
    ({"pattern": "^(a+)+$"}, "a" * 60 + "b"),
    ({"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}, {"a" * 60 + "b": 1}),
    ({"$defs": {**DOUBLING, "d40": {"type": "string"}}, "$ref": "#/$defs/d0"}, "x"),
    ({"uniqueItems": True}, [{"a": n} for n in range(20_000)]),
    ({"items": {"enum": [f"x{n}" for n in range(5_000)]}}, ["y"] * 20_000),
]


@pytest.mark.parametrize(("schema", "value"), every(len(HOSTILE), HOSTILE))
def test_what_would_take_for_ever_is_given_up(schema, value):
    verdict = check(json.dumps(value), Constraint("json_schema", json.dumps(schema)))
    assert verdict
    assert (verdict.state, verdict.title) == ("unchecked", "Not checked.")
    assert "more than" in verdict.detail  # on a busy machine it is the clock that ends it
