"""Checks say what an answer does and why not; they are asked again without running anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sheets.cell import Cell, Place
from core.sheets.check import Check, check_from_dict, check_to_dict
from core.sheets.checking import Outcome, counted, evaluate, number_in, passes
from core.sheets.judge import JudgePlan
from core.sheets.plan import Plan
from core.sheets.sheet import Row, Sheet
from core.workspace import Workspace

COLUMNS = ("word", "expected", "city")


def judged(
    check: Check, *answers: str, expected: str | Sequence[str] = "Paris", city: str = "Rome"
) -> list[Outcome]:
    """The outcomes of answers to rows that are alike, but for what is expected."""
    wanted = [expected] * len(answers) if isinstance(expected, str) else expected
    talk = Conversation((message("user", "{{word}}"),))
    rows = tuple(Row(n, (str(n), one, city)) for n, one in enumerate(wanted, start=1))
    sheet = Sheet("", Workspace(talk), COLUMNS, rows, (check,), expected="expected")
    plan = Plan(sheet, {})
    cells = {}
    for place, answer in zip(plan.places(), answers, strict=True):
        key = plan.key(place)
        cells[key] = Cell(key, place.row, "A", text=answer)
    return [found for (found,) in evaluate(plan, cells).values()]


@pytest.mark.parametrize(
    ("check", "answer", "passed"),
    [
        (Check("equals"), " Paris\n", True),
        (Check("equals"), "paris", False),
        (Check("equals", ignore_case=True), "PARIS", True),
        (Check("equals", "{{city}}"), "Rome", True),
        (Check("equals", negated=True), "Paris", False),
        (Check("contains"), "It is Paris.", True),
        (Check("contains", "{{expected}} and {{city}}"), "Paris and Rome", True),
        (Check("contains"), "It is Rome.", False),
        (Check("regex", r"^P\w+s$"), "Paris", True),
        (Check("regex", "rome"), "Rome", False),
        (Check("regex", "{{city}}", ignore_case=True), "ROME!", True),
        (Check("number", "12.5", tolerance=0.1), "about 12.4 km", True),
        (Check("number", "1250"), "It costs 1,250.00.", True),
        (Check("number", "3", tolerance=0.1), "2.8", False),
        (Check("number", "3"), "none", False),
        (Check("number", "-2"), "−2 °C", True),
        (Check("json"), '{"a": 1}', True),
        (Check("json"), "Paris", False),
        (Check("json_schema", '{"required": ["a"]}'), '{"a": 1}', True),
        (Check("json_schema", '{"required": ["{{city}}"]}'), '{"Rome": 1}', True),
        (Check("json_schema", '{"required": ["a"]}'), "{}", False),
        (Check("json_schema", '{"required": ["a"]}'), "a", False),
        (Check("field", field="city"), '{"city": "Paris"}', True),
        (Check("field", "7", field="a.0.b"), '{"a": [{"b": 7.0}]}', True),
        (Check("field", "true", field="a"), '```json\n{"a": true}\n```', True),
        (Check("field", "1", field="a"), '{"a": true}', False),
        (Check("field", '["x"]', field="a"), '{"a": ["x"]}', True),
        (Check("field", field="b"), '{"city": "Paris"}', False),
        (Check("length", most=5), "Paris", True),
        (Check("length", least=6), "Paris", False),
        (Check("similarity", least=0.8), "Pariss", True),
        (Check("similarity", least=0.8), "Rome", False),
    ],
)
def test_a_check_says_whether_an_answer_passes(check, answer, passed):
    (found,) = judged(check, answer)
    assert found.passed is passed
    assert bool(found.why) is not passed


@pytest.mark.parametrize(
    ("check", "answer", "why"),
    [
        (Check("equals"), "Rome", "It is not “Paris”."),
        (Check("regex", "x"), "Rome", "Nothing in it matches the expression."),
        (Check("number", "3"), "2", "The number is 2; 3 was expected."),
        (Check("json"), "{", "The answer ends before the JSON is complete."),
        (Check("json_schema", '{"required": ["a"]}'), "{}", "a is missing"),
        (Check("field", field="city"), '{"city": "Rome"}', "city is “Rome” instead of “Paris”."),
        (Check("length", most=3), "Rome", "It has 4 characters; the maximum is 3."),
        (Check("similarity", least=0.8), "Rome", "80% is needed"),
        (Check("contains", negated=True), "Paris", "It passes a check that it must not pass."),
    ],
)
def test_a_failure_says_why(check, answer, why):
    assert why in judged(check, answer)[0].why


@pytest.mark.parametrize(
    ("check", "answer", "why"),
    [
        (Check("equals", "{{town}}"), "x", "No value for variable town"),
        (Check("regex", "("), "x", "The regular expression can't be read"),
        (Check("regex", "(a+)+$"), "a" * 60 + "b", "more than 0.5 seconds"),
        (Check("regex", "(?:a{65000}){65000}{65000}"), "x", ""),
        (Check("json_schema", "{"), "{}", "The JSON schema can't be read at line 1"),
        (Check("json_schema", '{"type": 7}'), "{}", "The schema has a mistake at"),
        (Check("number", "many"), "7", "“many” is not a number"),
        (Check("similarity", least=0.5), "x" * 20_001, "more than 20,000 characters"),
        (Check("judge", "Right? {{answer}}"), "x", "Not judged yet."),
    ],
)
def test_what_can_not_be_checked_neither_passes_nor_fails(check, answer, why):
    began = monotonic()
    (found,) = judged(check, answer)
    assert found.passed is None
    assert why in found.why
    assert monotonic() - began < 30


EVIL = "a" * 60 + "b"  # takes (a+)+$ for years


def test_an_answer_or_a_value_that_can_not_be_checked_spoils_no_other():
    found = judged(Check("regex", "^(a+)+$"), "aa", EVIL, "b", EVIL, "a")
    assert [one.passed for one in found] == [True, None, False, None, True]
    expected = ["C(", "C", "", "D", " "]
    found = judged(Check("regex"), *["C D"] * 4, "", expected=expected)
    assert [one.passed for one in found] == [None, True, None, True, None]
    schemas = ['{"type": 7}', '{"type": "object"}', "{", '{"$ref": "#/x"}', '{"type": "array"}']
    found = judged(Check("json_schema"), *["{}"] * 5, expected=schemas)
    assert [one.passed for one in found] == [None, True, None, None, False]


@pytest.mark.thorough
def test_a_check_that_is_too_slow_for_most_answers_is_given_up():
    began = monotonic()
    found = judged(Check("regex", "^(a+)+$"), "aa", *[EVIL] * 300, "b")
    assert found[0].passed
    assert {one.passed for one in found[1:]} == {None}
    assert found[-1].why.startswith("Not checked: 5 of 200 answers took too long.")
    assert monotonic() - began < 60


@pytest.mark.parametrize("kind", ["equals", "contains", "regex", "similarity"])
@pytest.mark.parametrize("negated", [False, True])
def test_an_empty_value_neither_passes_nor_fails(kind, negated):
    (found,) = judged(Check(kind, negated=negated), "x", expected=" ")
    assert found.passed is None
    assert f"“{Check(kind, negated=negated).label}” is empty in this row" in found.why


def test_a_field_may_be_expected_to_be_empty():
    found = judged(Check("field", field="a"), '{"a": ""}', '{"a": "x"}', expected="")
    assert [one.passed for one in found] == [True, False]


def test_hundreds_of_answers_share_a_child_process():
    began = monotonic()
    found = judged(Check("json_schema", '{"type": "object"}'), *["{}", "[]"] * 150)
    assert [one.passed for one in found] == [True, False] * 150
    assert monotonic() - began < 30


@pytest.mark.parametrize(
    ("text", "number"),
    [("x 1,234,567.5", 1234567.5), ("-3", -3), (".5", 0.5), ("1e3", 1000), ("12,5", 12),
     ("", None), ("1e999", None)],
)  # fmt: skip
def test_the_first_number_is_found(text, number):
    assert number_in(text) == number


def test_an_answer_passes_when_all_checks_hold():
    yes, no, unknown = Outcome(True), Outcome(False), Outcome(None)
    assert passes([yes, yes]) is True
    assert passes([yes, no, unknown]) is False
    assert passes([yes, unknown]) is None
    assert passes([]) is None


def test_an_answer_counts_when_all_checks_are_decided():
    yes, no, unknown = Outcome(True), Outcome(False), Outcome(None)
    assert counted([yes, yes]) is True
    assert counted([yes, no]) is False
    assert counted([no, unknown]) is counted([yes, unknown]) is counted([]) is None


def test_a_judge_is_asked_about_each_answer_once():
    check = Check("judge", "Is {{answer}} a city like {{expected}}?", model="judge")
    talk = Conversation((message("user", "{{word}}"),))
    workspace = Workspace(talk).with_lanes(
        [LaneSettings(sampling=(("seed", 1),)), LaneSettings(sampling=(("seed", 2),))]
    )
    rows = (Row(1, ("a", "Paris", "")), Row(2, ("b", "Paris", "")))
    plan = Plan(Sheet("", workspace, COLUMNS, rows, (check,), expected="expected"), {})
    cells = {plan.key(place): Cell(plan.key(place), 1, "A", text="Rome") for place in plan.places()}
    judge = JudgePlan(plan, check, cells)
    ((place, key),) = judge.missing(())
    request = judge.request(place)
    assert request.conversation.messages[0].text == "Is Rome a city like Paris?"
    assert (request.model, request.params.greedy) == ("judge", True)
    said = {"pass": False, "why": "It is."}
    for text, outcome in (
        (json.dumps(said), Outcome(False, "It is.")),
        ("no", Outcome(None, "The judge's answer can't be read. Use another model.")),
    ):
        known = {**cells, key: Cell(key, 1, "A", text=text)}
        assert set(evaluate(plan, known).values()) == {(outcome,)}
        assert evaluate(plan, known, [Place(0, "B")]) == {Place(0, "B"): (outcome,)}


def test_failed_and_outdated_cells_are_left_out():
    talk = Conversation((message("user", "{{word}}"),))
    sheet = Sheet("", Workspace(talk), COLUMNS, (Row(1, ("a", "x", "")),), (Check("json"),))
    plan = Plan(sheet, {})
    key = plan.key(Place(0, "A"))
    assert evaluate(plan, {key: Cell(key, 1, "A", error="It failed.")}) == {}
    changed = Plan(replace(sheet, rows=(sheet.rows[0].edited(0, "b"),)), {})
    assert evaluate(changed, {key: Cell(key, 1, "A", text="{}")}) == {}


@pytest.mark.parametrize(
    "check",
    [
        Check("equals"),
        Check("length", most=24),
        Check("field", "{{age}}", "Age", field="age"),
        Check("number", "7", tolerance=0.5, negated=True),
        Check("judge", "Is {{answer}} right?", model="x"),
    ],
)
def test_a_check_comes_back_from_its_form_in_files(check):
    assert check_from_dict(json.loads(json.dumps(check_to_dict(check)))) == check


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (7, "A check must be an object"),
        ({}, "The kind of a check is NoneType; use one of equals"),
        ({"kind": []}, "The kind of a check is list"),
        ({"kind": "equals", "evil": 1}, "unknown field 'evil'"),
        ({"kind": "equals", "value": 7}, "value of a check must be a string"),
        ({"kind": "equals", "value": " "}, "equals has an empty value"),
        ({"kind": "equals", "value": "x" * 65_537}, "at most 65,536 characters"),
        ({"kind": "equals", "name": "\ud83d"}, "name of a check must be a string"),
        ({"kind": "equals", "negated": 1}, "negated of a check must be true or false"),
        ({"kind": "number", "tolerance": float("nan")}, "tolerance of a check must be a number"),
        ({"kind": "number", "tolerance": 10**400}, "tolerance of a check must be a number"),
        ({"kind": "length", "most": -1}, "most of a check must be a number from 0"),
        ({"kind": "length"}, "neither least nor most"),
        ({"kind": "similarity", "least": 2}, "from 0 to 1"),
        ({"kind": "field"}, "names no field"),
        ({"kind": "judge", "value": "Right?"}, "does not have {{answer}}"),
    ],
)
def test_a_wrong_check_is_named(value, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        check_from_dict(value)


def test_a_check_is_called_by_what_it_asks():
    assert Check("equals").label == "equals expected"
    assert Check("length", most=24).label == "length at most 24"
    assert Check("contains", "x y", negated=True).label == "not contains “x y”"
    assert Check("field", "{{age}}", field="age").label == "age equals age"
    assert Check("json", name="Well-formed").label == "Well-formed"
