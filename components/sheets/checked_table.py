"""The rows of a sheet with what its checks say of the answers, brought up to date step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from time import perf_counter

from components.sheets.known_plan import KnownPlan
from components.sheets.sheet_table import TableRow, lane_cell
from core.sheets.cell import Cell, Place
from core.sheets.checking import Outcome, evaluate
from core.sheets.judge import is_due
from core.sheets.results import Comparison, LaneResult, results
from core.sheets.sheet import Row

CHECK_SECONDS = 0.25  # that one step spends on checks; the rest waits for the next one
CHECKED_AT_ONCE = 20  # rows at first, then twice as many: some checks begin with a child process
RESULTS_SECONDS = 0.1  # if they take longer, rows are shown before their results
RESULTS_SHARE = 20  # while a sheet runs, results are made anew after so many times what they take
Results = tuple[tuple[LaneResult, ...], tuple[Comparison, ...]]


class CheckedTable:
    """For one thread at a time, but `added` may be called from any. results: as they were made
    last. judged: rows by the keys of what a judge is asked, which another thread may set.
    """

    def __init__(self) -> None:
        self.results: Results = ((), ())
        self.judged: Mapping[str, Collection[int]] = {}
        self._unjudged: dict[int, int] = {}  # by the row's number
        self._reviewed: Mapping[Place, Outcome] = {}  # what the blind review says
        self._rows: dict[int, TableRow] = {}  # by the row's number
        self._outcomes: dict[int, dict[tuple[str, int], tuple[Outcome, ...]]] = {}
        self._fresh: deque[str] = deque()  # keys of new answers
        self._due: set[int] = set()  # rows whose answers are still to be looked at
        self._numbers: dict[str, list[int]] = {}  # by key: equal rows share their answers
        self._keys: dict[int, tuple[Row, list[str]]] = {}  # by the row's number
        self._outdated = True  # whether the results are
        self._results_due = 0.0  # as `perf_counter` counts
        self._is_large = self._postponed = False

    def added(self, cell: Cell) -> None:
        self._fresh.append(cell.key)

    def take_review(self, outcomes: Mapping[Place, Outcome], plan: KnownPlan) -> None:
        """Rows of which the blind review says something else are looked at again."""
        if outcomes is self._reviewed:
            return
        changed = {
            place.row
            for place in {**self._reviewed, **outcomes}
            if self._reviewed.get(place) != outcomes.get(place)
        }
        self._reviewed = outcomes
        if any(check.kind == "review" for check in plan.sheet.checks):
            rows = plan.sheet.rows
            self._due.update(rows[index].number for index in changed if index < len(rows))

    def forget(self) -> None:
        """All is asked again: lanes or checks have changed."""
        self._rows.clear()

    def follow(self, plan: KnownPlan, asks_as_before: bool = False) -> None:
        """The sheet has changed. asks_as_before: rows that are the same still have their keys."""
        rows = plan.sheet.rows
        if not asks_as_before or [row.number for row in rows] != [*self._keys]:
            self._numbers, self._keys = {}, {}
        for index, row in enumerate(rows):
            known = self._keys.get(row.number)
            if known is None or known[0] is not row:
                self._take_keys(row, [plan.key(place) for place in plan.places_of(index)])
        self._outdated = True

    def _take_keys(self, row: Row, keys: list[str]) -> None:
        before = self._keys.get(row.number)
        for key in before[1] if before else ():
            self._numbers[key].remove(row.number)
            if not self._numbers[key]:
                del self._numbers[key]
        for key in keys:
            self._numbers.setdefault(key, []).append(row.number)
        self._keys[row.number] = (row, keys)

    def rows(self, plan: KnownPlan) -> list[TableRow]:
        """In the order of the sheet."""
        return [self._rows.get(row.number) or TableRow(row, {}) for row in plan.sheet.rows]

    @property
    def unjudged(self) -> int:
        """How often a judge is still to be asked about an answer."""
        return sum(self._unjudged.get(number, 0) for number in self._rows)

    def counted(self, cells: Mapping[str, Cell]) -> tuple[int, int, int]:
        """How many places have an answer, how many there are, and how many answers failed."""
        known = {key: len(rows) for key, rows in self._numbers.items() if key in cells}
        failed = sum(count for key, count in known.items() if cells[key].error)
        return sum(known.values()), sum(map(len, self._numbers.values())), failed

    def outcomes(self, plan: KnownPlan) -> dict[Place, tuple[Outcome, ...]]:
        return {
            Place(index, lane, sample): one
            for index, row in enumerate(plan.sheet.rows)
            for (lane, sample), one in self._outcomes.get(row.number, {}).items()
        }

    def check(self, plan: KnownPlan, cells: Mapping[str, Cell]) -> int:
        """Look at rows that have changed, for a while; returns how many are left."""
        due = self._to_check(plan)
        if not due:
            return 0
        end, count = perf_counter() + CHECK_SECONDS, CHECKED_AT_ONCE
        while due and perf_counter() < end:
            now, due, count = due[:count], due[count:], 2 * count
            self._check(plan, cells, now)
        self._outdated = True
        return len(due)

    def make_results(
        self, plan: KnownPlan, cells: Mapping[str, Cell], unchecked: int, goes_on: bool
    ) -> bool:
        """They are of all rows, so while many change they are made now and then only. Returns
        whether they are late.
        """
        now = perf_counter()
        if not self._outdated or (goes_on and now < self._results_due):
            return False
        if self.results[0] and (unchecked or (self._is_large and not self._postponed)):
            self._postponed = True  # the rows are shown first; the next look makes the results
            return True
        self.results = results(plan, cells, self.outcomes(plan))
        took = perf_counter() - now
        self._outdated = self._postponed = False
        self._is_large = took > RESULTS_SECONDS
        self._results_due = perf_counter() + RESULTS_SHARE * took
        return False

    def _to_check(self, plan: KnownPlan) -> list[tuple[int, Row]]:
        """Rows with their index."""
        for _ in range(len(self._fresh)):
            key = self._fresh.popleft()
            self._due.update(self._numbers.get(key) or self.judged.get(key, ()))
        rows = plan.sheet.rows
        if len(self._rows) > len(rows):
            numbers = {row.number for row in rows}
            for number in [one for one in self._rows if one not in numbers]:
                del self._rows[number]
        return [
            (index, row)
            for index, row in enumerate(rows)
            if row.number in self._due
            or (known := self._rows.get(row.number)) is None
            or known.row is not row
        ]

    def _check(
        self, plan: KnownPlan, cells: Mapping[str, Cell], rows: list[tuple[int, Row]]
    ) -> None:
        labels = plan.sheet.workspace.labels
        places = [
            Place(index, label, sample)
            for index, row in rows if not row.problem
            for label in labels
            for sample in range(plan.samples(label))
        ]  # fmt: skip
        outcomes = evaluate(plan, cells, places, self._reviewed)
        for index, row in rows:
            shown = {} if row.problem else {
                label: lane_cell(plan, index, label, cells, outcomes) for label in labels
            }  # fmt: skip
            self._rows[row.number] = TableRow(row, shown)
            self._outcomes[row.number] = {}
            self._unjudged[row.number] = 0
            self._due.discard(row.number)
        judges = [n for n, check in enumerate(plan.sheet.checks) if check.kind == "judge"]
        for place, found in outcomes.items():
            self._unjudged[plan.sheet.rows[place.row].number] += sum(
                found[n].passed is None and is_due(found[n].why) for n in judges
            )
            self._outcomes[plan.sheet.rows[place.row].number][place.lane, place.sample] = found
