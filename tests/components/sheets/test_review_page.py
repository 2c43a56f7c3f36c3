"""What the server sends to a reviewer, and does with what comes back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from components.sheets.open_sheet import OpenSheet
from components.sheets.review_page import ReviewAsked, item_view, judge, open_place
from components.sheets.sheet_table import Order
from components.sheets.sheet_view import state_value
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sheets.cell import Cell
from core.sheets.check import Check
from core.sheets.plan import Plan
from core.sheets.review import Judgement
from core.sheets.sheet import Row, Sheet
from core.sheets.store import SheetStore
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import LIBRARY, workspace

PRESETS = LIBRARY.presets
LANES = (LaneSettings(preset="greedy"), LaneSettings(preset="creative"))
ROWS = tuple(Row(n, (f"word {n}", f"hint {n}")) for n in range(1, 5))
SHEET = Sheet("Words", workspace("Say {{word}}", lanes=LANES), ("word", "hint"), ROWS)


def opened(tmp_path: Path, sheet: Sheet = SHEET) -> OpenSheet:
    """A sheet that has run."""
    store = SheetStore(tmp_path / "sheets")
    engine = ScriptedEngine()
    key, model = store.create(sheet), engine.description
    plan = Plan(sheet, PRESETS, model.name if model else "")
    for place in plan.places():
        answer = f"Answer {'one' if place.lane == 'A' else 'two'} to row {place.row}."
        store.journal(key).add(
            Cell(plan.key(place), place.row, place.lane, place.sample, 123, "A model", answer,
                 tokens=777, seconds=8.25, prompt_tokens=555)
        )  # fmt: skip
    return OpenSheet(engine, store, key, "test")


def asked(sheet: OpenSheet, at: int, marks: list[int], reviewer: str = "Ann") -> ReviewAsked:
    token = sheet.items(PRESETS)[at].token(reviewer)
    return ReviewAsked("judge", sheet.key, reviewer, at, token, [*marks], "a note")


def test_nothing_of_the_lanes_is_sent_to_a_reviewer(tmp_path: Path):
    sheet = opened(tmp_path)
    views = [item_view(sheet, item, "Ann") for item in sheet.items(PRESETS)]
    said = json.dumps(views)
    for secret in ("greedy", "creative", "Greedy", "Creative", "temperature", "A model", "123",
                   "777", "555", "8.25", '"A"', '"B"', "lane", "seed"):  # fmt: skip
        assert secret not in said
    for item in sheet.items(PRESETS):
        assert item.key not in said
    assert views[0]["asked"] == "Say word 1"
    assert views[0]["inputs"] == [("hint", "hint 1")]
    assert set(views[0]) == {
        "token", "row", "sample", "asked", "inputs", "image", "texts", "marks", "note",
    }  # fmt: skip
    for view in views:
        number = view["row"] - 1
        assert sorted(view["texts"]) == [
            f"Answer one to row {number}.", f"Answer two to row {number}.",
        ]  # fmt: skip


def test_a_judgement_is_kept_at_once_and_counts_in_results_and_checks(tmp_path: Path):
    checked = replace(SHEET, checks=(Check("review", ""),))
    sheet = opened(tmp_path, checked)
    assert sheet.state(PRESETS, Order(), 0, 9).review is None
    for at in range(3):
        texts = item_view(sheet, sheet.items(PRESETS)[at], "Ann")["texts"]
        first = [1, -1] if "one" in texts[0] else [-1, 1]
        assert judge(sheet, sheet.items(PRESETS), "Ann", asked(sheet, at, first)) == at
    value = state_value(sheet.key, sheet.state(PRESETS, Order(), 0, 9), {})
    assert value["review"] == "Ann (3) judged 3 of 4 rows."
    assert value["lanes"][0]["review"].startswith("Blind review: 100% of wins")
    assert [(one["passed"], one["answers"]) for one in value["lanes"]] == [(3, 3), (0, 3)]
    again = OpenSheet(ScriptedEngine(), SheetStore(tmp_path / "sheets"), sheet.key, "test")
    assert len(again.judgements.of("Ann")) == 3
    view = item_view(again, again.items(PRESETS)[0], "Ann", again.judgements.all()[0])
    assert (sorted(view["marks"]), view["note"]) == ([-1, 1], "a note")
    again.judgements.undo("Ann")
    value = state_value(sheet.key, again.state(PRESETS, Order(), 0, 9), {})
    assert [one["passed"] for one in value["lanes"]] == [2, 0]


def test_rows_of_which_reviewers_disagree_have_a_filter(tmp_path: Path):
    sheet = opened(tmp_path)
    for name, marks in (("Ann", [0, 0]), ("Ben", [1, -1])):
        judge(sheet, sheet.items(PRESETS), name, asked(sheet, 2, marks, name))
        judge(sheet, sheet.items(PRESETS), name, asked(sheet, 1, [0, 0], name))
    now = sheet.state(PRESETS, Order("reviewers"), 0, 9)
    assert now.counts["reviewers"] == 1
    assert [one.row.number for one in now.rows] == [3]


def test_answers_that_are_no_longer_there_and_tokens_of_others_are_refused(tmp_path: Path):
    sheet = opened(tmp_path)
    items = sheet.items(PRESETS)
    mine = asked(sheet, 2, [0, 0])
    assert judge(sheet, items, "Ann", replace(mine, at=0)) == 2  # rows were added meanwhile
    for wrong in (replace(mine, item="x"), replace(mine, item=items[2].token("Ben"))):
        with pytest.raises(InvalidInput, match="have changed"):
            judge(sheet, items, "Ann", wrong)
    with pytest.raises(InvalidInput, match="better, tie or worse"):
        judge(sheet, items, "Ann", replace(mine, marks=None))
    assert len(sheet.judgements.all()) == 1


def test_a_prompt_with_several_seeds_has_an_item_for_each(tmp_path: Path):
    settings = (LaneSettings(preset="creative"),)
    prompt = workspace("Write a poem.", lanes=settings)
    sheet = opened(tmp_path, Sheet("Poem", prompt, ("n",), (Row(1, ("1",)),), samples=4))
    views = [item_view(sheet, item, "Ann") for item in sheet.items(PRESETS)]
    assert [(view["row"], view["sample"]) for view in views] == [(1, n) for n in range(1, 5)]
    judge(sheet, sheet.items(PRESETS), "Ann", asked(sheet, 3, [4]))
    review = sheet.state(PRESETS, Order(), 0, 9).review
    assert review is not None
    assert review.sentences[0] == "Ann (1) judged 1 of 4 samples."


def test_the_next_row_is_one_without_a_judgement(tmp_path: Path):
    items = opened(tmp_path).items(PRESETS)
    said = {items[at].key: Judgement("Ann") for at in (0, 2)}
    assert [open_place(items, said, start) for start in (0, 2, 3, 99)] == [1, 3, 3, 1]
    assert open_place(items, {one.key: Judgement("Ann") for one in items}, 0) == 4
