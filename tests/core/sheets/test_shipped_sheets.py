"""The examples that are shipped: their right answers are right, and training never saw them."""

from __future__ import annotations

from datetime import date

import pytest

from core.sheets.plan import Plan
from core.sheets.sheet_json import sheet_of
from tests.shipped import LIBRARY
from training.data.dates import STYLES, is_held_out
from training.data.person_names import HELD_OUT

SHEETS = {key: sheet_of(path.read_text("utf-8")) for key, path in LIBRARY.sheets.items()}


@pytest.mark.parametrize("key", SHEETS)
def test_a_shipped_sheet_can_run(key):
    plan = Plan(SHEETS[key], LIBRARY.presets)
    plan.check()
    assert len(plan.names) == SHEETS[key].workspace.count
    assert len({plan.key(place) for place in plan.places()}) == len([*plan.places()])


def test_a_hundred_dates_are_right_and_held_out():
    sheet = SHEETS["dates"]
    days = [date.fromisoformat(day) for day, _ in (row.values for row in sheet.rows)]
    assert len(set(days)) == 100
    assert all(map(is_held_out, days))
    assert [row.values[1] for row in sheet.rows] == [*map(STYLES["15 January 2024"], days)]


def test_sixty_extractions_are_in_their_sentences_and_the_names_are_held_out():
    rows = [SHEETS["extraction"].values(row) for row in SHEETS["extraction"].rows]
    assert len({row["sentence"] for row in rows}) == 60
    for row in rows:
        assert all(row[name] in row["sentence"] for name in ("city", "name", "age", "job"))
        assert row["name"] in HELD_OUT
