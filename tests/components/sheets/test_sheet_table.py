"""Which rows of a sheet are shown, in which order, and what a cell came to."""

from components.sheets.sheet_table import LaneCell, Order, TableRow, counts, lane_cell
from core.sheets.cell import Cell, Place
from core.sheets.checking import Outcome
from core.sheets.plan import Plan
from core.sheets.sheet import Row, Sheet
from tests.components.snapshots import LIBRARY, workspace


def passing(text: str) -> LaneCell:
    return LaneCell(1, 1, 1, 1, text)


ROWS = (
    TableRow(Row(1, ("10", "b")), {"A": passing("yes"), "B": LaneCell(1, 1, 0, 1, "no")}),
    TableRow(Row(2, ("9", "a")), {"A": passing("Yes"), "B": passing("yes")}),
    TableRow(Row(3, ("x", "c")), {"A": LaneCell(1, 1, error="No memory."), "B": LaneCell(1)}),
    TableRow(Row(4, ("", "d"), "It has 1 value for 2 columns."), {}),
)  # fmt: skip
COLUMNS = ("size", "name")


def numbers(**order):
    return [one.row.number for one in Order(**order).of(ROWS, COLUMNS)]


def test_filters_show_rows_by_what_their_cells_came_to():
    assert counts(ROWS) == {"all": 4, "fails": 1, "disagree": 1, "errors": 2}
    assert numbers(filter="errors") == [3, 4]
    assert numbers(text="YES") == [1, 2]
    assert numbers(text="memory") == [3]


def test_rows_of_which_reviewers_disagree_are_shown_where_there_is_a_review():
    assert counts(ROWS, {2, 9})["reviewers"] == 1
    assert [one.row.number for one in Order("reviewers").of(ROWS, COLUMNS, {2, 9})] == [2]
    assert "reviewers" not in counts(ROWS)
    assert numbers(filter="reviewers") == []


def test_rows_are_sorted_by_numbers_texts_and_marks():
    assert numbers(by="column:size") == [2, 1, 4, 3]
    assert numbers(by="column:name", falling=True) == [4, 3, 1, 2]
    assert numbers(by="lane:B") == [1, 2, 3, 4]
    assert numbers(by="lane:A") == [3, 1, 2, 4]
    assert numbers(by="column:gone") == [1, 2, 3, 4]


def test_without_checks_lanes_disagree_where_their_answers_differ():
    row = TableRow(Row(1, ()), {"A": LaneCell(1, 1, text="x"), "B": LaneCell(1, 1, text="y")})
    assert row.disagrees
    assert not row.fails


def test_a_cell_of_several_samples_passes_if_most_of_them_do():
    page = workspace("{{word}}", params=LIBRARY.presets["creative"].params(workspace("x").params))
    plan = Plan(Sheet("", page, ("word",), (Row(1, ("a",)),), samples=3), LIBRARY.presets)
    places = [Place(0, "A", sample) for sample in range(3)]
    cells = {plan.key(place): Cell(plan.key(place), 1, "A", text=str(place)) for place in places}
    outcomes = {
        place: (Outcome(place.sample < 2, "" if place.sample < 2 else "It is wrong."),)
        for place in places
    }
    found = lane_cell(plan, 0, "A", cells, outcomes)
    assert (found.planned, found.ran, found.passes, found.passed) == (3, 3, 2, True)
    assert found.why == "It is wrong."
    unknown = Outcome(None, "Not reviewed yet.")
    waiting = {place: (*one, unknown) for place, one in outcomes.items()}
    assert lane_cell(plan, 0, "A", cells, waiting).passed is None
