"""Rates, and sentences about lanes: no verdict without enough rows, and luck is called luck."""

from __future__ import annotations

import pytest

from core.conversation import Conversation, message
from core.lanes import LaneSettings
from core.sheets.cell import Cell
from core.sheets.check import Check
from core.sheets.checking import PASSED, evaluate
from core.sheets.plan import Plan
from core.sheets.results import compare, results
from core.sheets.sheet import Row, Sheet
from core.sheets.statistics import wilson
from core.workspace import Workspace


def rows(*runs: tuple[int, bool, bool]) -> tuple[dict[int, bool], dict[int, bool]]:
    """Of each (count, whether A passes, whether B does)."""
    both = [(a, b) for count, a, b in runs for _ in range(count)]
    return {n: a for n, (a, _) in enumerate(both)}, {n: b for n, (_, b) in enumerate(both)}


@pytest.mark.parametrize(
    ("runs", "verdict", "sentence"),
    [
        (
            [(11, False, True), (2, True, False), (87, True, True)], "better",
            "B is better than A. It passes 11 rows that A fails, and fails 2 that A passes. Luck "
            "alone would do this about once in 45 sheets (McNemar, p = 0.022).",
        ),
        (
            [(9, False, True), (2, True, False), (89, True, True)], "luck",
            "B may be better than A, or it is luck. It passes 9 rows that A fails, and fails 2 "
            "that A passes (McNemar, p = 0.065). About 80 more rows would tell.",
        ),
        (
            [(1, False, True), (24, True, False), (75, True, True)], "worse",
            "B is worse than A. It passes 1 row that A fails, and fails 24 that A passes. Luck "
            "alone would do this about once in 650,000 sheets (McNemar, p < 0.001).",
        ),
        (
            [(1_030, False, True)], "better",
            "B is better than A. It passes 1,030 rows that A fails, and fails 0 that A passes. "
            "Luck alone would do this less than once in a million sheets (McNemar, p < 0.001).",
        ),
        (
            [(10_000, True, False)], "worse",
            "B is worse than A. It passes 0 rows that A fails, and fails 10,000 that A passes. "
            "Luck alone would do this less than once in a million sheets (McNemar, p < 0.001).",
        ),
        ([(100, True, True)], "same", "B and A pass the same rows."),
        (
            [(3, False, True), (3, True, False), (94, True, True)], "luck",
            "B is neither better nor worse than A. It passes 3 rows that A fails, and fails 3 that "
            "A passes (McNemar, p = 1.000).",
        ),
        (
            [(19, False, True)], "too_few",
            "Too few rows to compare B with A. Both have answered 19 rows; 20 are needed for a "
            "verdict.",
        ),
        (
            [(51, False, True), (50, True, False), (899, True, True)], "luck",
            "B may be better than A, or it is luck. It passes 51 rows that A fails, and fails 50 "
            "that A passes (McNemar, p = 1.000). No sheet has enough rows to tell so small a "
            "difference.",
        ),
    ],
)  # fmt: skip
def test_lanes_are_compared_in_a_sentence(runs, verdict, sentence):
    first, other = rows(*runs)
    found = compare("A", first, "B", other)
    assert (found.verdict, found.sentence) == (verdict, sentence)


def test_each_lane_gets_its_rate_and_figures():
    talk = Conversation((message("user", "{{n}}"),))
    workspace = Workspace(talk).with_lanes(
        [LaneSettings(), LaneSettings(sampling=(("temperature", 0.5),))]
    )
    lines = tuple(Row(n, (str(n), "yes")) for n in range(1, 31))
    checks = (Check("equals"), Check("length", most=3))
    sheet = Sheet("", workspace, ("n", "expected"), lines, checks, 2, expected="expected")
    plan = Plan(sheet, {})
    cells = {}
    for place in plan.places():
        key = plan.key(place)
        text = "yes" if place.lane == "B" or place.row < 10 else "maybe"
        if place.row == 29 and place.lane == "A":
            cells[key] = Cell(key, 30, "A", error="It failed.")
        else:
            cells[key] = Cell(key, place.row, place.lane, text=text, tokens=4, prompt_tokens=10,
                              seconds=0.5, stop_reason="end_of_sequence")  # fmt: skip
    (a, b), (compared,) = results(plan, cells, evaluate(plan, cells))
    assert (a.answers, a.passed, a.errors, a.rate) == (58, 20, 2, 20 / 58)
    assert a.by_check == (("equals expected", 20, 58), ("length at most 3", 20, 58))
    assert (a.tokens, a.seconds, a.prompt_total, a.token_total) == (4, 0.5, 580, 232)
    assert a.stop_reasons == (("end_of_sequence", 58),)
    assert a.spread is not None
    assert a.spread.of_rows == 1
    # Both answers of a row are alike: the interval is that of 29 rows
    assert (round(a.low or 0, 3), round(a.high or 0, 3)) == (0.199, 0.527)
    assert (b.rate, b.high, b.spread and b.spread.of_rows) == (1.0, 1.0, 0.0)
    assert (compared.rows, compared.gained, compared.lost) == (29, 19, 0)
    assert compared.verdict == "better"


def test_a_rate_waits_for_checks_that_are_undecided():
    talk = Conversation((message("user", "{{n}}"),))
    lines = tuple(Row(n, (str(n), "yes")) for n in range(1, 101))
    checks = (Check("equals"), Check("review"))
    sheet = Sheet("", Workspace(talk), ("n", "expected"), lines, checks, expected="expected")
    plan = Plan(sheet, {})
    keys = {place: plan.key(place) for place in plan.places()}
    cells = {
        key: Cell(key, place.row, "A", text="yes" if place.row < 90 else "no")
        for place, key in keys.items()
    }
    (a,), _ = results(plan, cells, evaluate(plan, cells))
    assert (a.planned, a.answers, a.undecided, a.rate) == (100, 0, 100, None)
    assert a.by_check == (("equals expected", 90, 100), ("passes the blind review", 0, 0))
    reviewed = {place: PASSED for place in keys if place.row % 2}
    (a,), _ = results(plan, cells, evaluate(plan, cells, reviewed=reviewed))
    assert (a.answers, a.passed, a.undecided, a.rate) == (50, 45, 50, 0.9)


def test_the_samples_of_one_row_are_worth_one_answer():
    talk = Conversation((message("user", "{{n}}"),))
    sheet = Sheet("", Workspace(talk), ("n",), (Row(1, ("1",)),), (Check("length", most=3),), 20)
    plan = Plan(sheet, {})
    cells = {plan.key(place): Cell(plan.key(place), 1, "A", text="yes") for place in plan.places()}
    (a,), _ = results(plan, cells, evaluate(plan, cells))
    assert (a.answers, a.low, a.high) == (20, wilson(1, 1)[0], 1.0)


def test_without_answers_nothing_is_claimed():
    plan = Plan(Sheet("", Workspace(), ("n",), (Row(1, ("x",)),), (Check("json"),)), {})
    (a,), compared = results(plan, {}, {})
    assert (a.rate, a.low, a.tokens, a.by_check) == (None, None, None, (("is JSON", 0, 0),))
    assert compared == ()
