"""The table of a sheet as it is shown: what each cell came to, and which rows in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from core.sheets.cell import Cell, Place
from core.sheets.checking import Outcome, counted, passes
from core.sheets.plan import Plan
from core.sheets.sheet import Row

Filter = Literal["all", "fails", "disagree", "errors", "reviewers"]
FILTERS: tuple[Filter, ...] = get_args(Filter)


@dataclass(frozen=True, slots=True)
class LaneCell:
    """What a lane has answered to a row. ran: samples that have an answer, of `planned` ones.
    passed: whether more than half of the judged ones pass; None where none can be judged.

    text: the first answer. why: it did not pass. error: why there is none.
    """

    planned: int
    ran: int = 0
    passes: int = 0
    judged: int = 0
    text: str = ""
    why: str = ""
    error: str = ""

    @property
    def passed(self) -> bool | None:
        return 2 * self.passes > self.judged if self.judged else None


@dataclass(frozen=True)
class TableRow:
    """cells: by lane; empty for a row that can't run."""

    row: Row
    cells: Mapping[str, LaneCell]

    @cached_property
    def fails(self) -> bool:
        return any(cell.passed is False for cell in self.cells.values())

    @cached_property
    def disagrees(self) -> bool:
        """Whether lanes differ in passing or, where nothing is judged, in what they answer."""
        marks = {cell.passed for cell in self.cells.values() if cell.passed is not None}
        if marks:
            return len(marks) > 1
        return len({cell.text for cell in self.cells.values() if cell.ran and not cell.error}) > 1

    @cached_property
    def errs(self) -> bool:
        return bool(self.row.problem) or any(cell.error for cell in self.cells.values())

    def shows(self, filter: Filter, disputed: Collection[int] = ()) -> bool:
        """disputed: the numbers of rows of which reviewers disagree."""
        match filter:
            case "reviewers":
                return self.row.number in disputed
            case "fails":
                return self.fails
            case "disagree":
                return self.disagrees
            case "errors":
                return self.errs
        return True

    def has(self, text: str) -> bool:
        """text: in small letters."""
        texts = (*self.row.values, *(cell.text or cell.error for cell in self.cells.values()))
        return any(text in one.casefold() for one in texts)


def lane_cell(
    plan: Plan, row: int, lane: str, cells: Mapping[str, Cell],
    outcomes: Mapping[Place, Sequence[Outcome]],
) -> LaneCell:  # fmt: skip
    """row: its index. cells: by key."""
    places = [Place(row, lane, sample) for sample in range(plan.samples(lane))]
    found = [(place, cell) for place in places if (cell := cells.get(plan.key(place)))]
    mark = passes if len(places) == 1 else counted  # the share of several is a rate
    marks = [mark(outcomes[place]) for place, _ in found if place in outcomes]
    whys = [one.why for place, _ in found for one in outcomes.get(place, ()) if one.why]
    answered = [cell for _, cell in found if not cell.error]
    failed = [cell.error for _, cell in found if cell.error]
    return LaneCell(
        len(places), len(found), marks.count(True), len(marks) - marks.count(None),
        answered[0].text if answered else "", "; ".join(dict.fromkeys(whys)),
        failed[0] if failed else "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """Which rows are shown, and how they are sorted. text: that a row has. by: the name of a column
    or of a lane, as in "column:date" and "lane:A"; empty is the order of the sheet.
    """

    filter: Filter = "all"
    text: str = ""
    by: str = ""
    falling: bool = False

    def of(
        self, rows: Iterable[TableRow], columns: Sequence[str], disputed: Collection[int] = ()
    ) -> list[TableRow]:
        """disputed: as for `TableRow.shows`."""
        wanted = self.text.casefold()
        shown = [
            one
            for one in rows
            if one.shows(self.filter, disputed) and (not wanted or one.has(wanted))
        ]
        kind, _, name = self.by.partition(":")
        if kind == "lane":
            shown.sort(key=lambda one: _lane_rank(one.cells.get(name)), reverse=self.falling)
        elif kind == "column" and name in columns:
            place = columns.index(name)
            shown.sort(key=lambda one: _rank(one.row.values[place]), reverse=self.falling)
        elif self.falling:
            shown.reverse()
        return shown


def _rank(text: str) -> tuple[int, float, str]:
    """Numbers by their size, then texts."""
    try:
        number = float(text)
    except ValueError:
        return 1, 0.0, text.casefold()
    return (0, number, "") if number == number else (1, 0.0, text)


def _lane_rank(cell: LaneCell | None) -> tuple[int, str]:
    """What fails comes first, and what has not run last."""
    if cell is None or not cell.ran:
        return 4, ""
    if cell.error:
        return 0, cell.error
    return {False: 1, True: 2, None: 3}[cell.passed], cell.text.casefold()


def counts(rows: Sequence[TableRow], disputed: Collection[int] | None = None) -> dict[str, int]:
    """How many rows each filter shows. disputed: None without a review, which leaves its filter
    out.
    """
    names: list[Filter] = [name for name in FILTERS if name != "reviewers" or disputed is not None]
    return {name: sum(one.shows(name, disputed or ()) for one in rows) for name in names}
