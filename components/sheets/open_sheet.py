"""A sheet that somebody looks at, or that runs: its answers, what checks say of them, its run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from components.sheets.checked_table import CheckedTable
from components.sheets.known_plan import KnownPlan
from components.sheets.open_review import OpenReview
from components.sheets.sheet_runs import SheetRuns
from components.sheets.sheet_table import Order, TableRow, counts
from core.access.file_access import allowed_file
from core.conversation import Image
from core.errors import InvalidInput
from core.library.library import Preset
from core.runs.engine import Engine
from core.sheets.cell import Cell, Place
from core.sheets.export import Answers
from core.sheets.plan import Plan, no_images
from core.sheets.results import Comparison, LaneResult
from core.sheets.review import Item
from core.sheets.review_results import ReviewResult
from core.sheets.row_changes import (
    RemovedRow,
    index_of,
    with_more_rows,
    with_row_back,
    with_value,
    without_row,
)
from core.sheets.row_images import check_images
from core.sheets.runner import Progress
from core.sheets.sheet import Row, Sheet
from core.sheets.store import SheetStore
from core.workspace import Request, Workspace


@dataclass(frozen=True, slots=True)
class SheetState:
    """The sheet at one moment. judging: whether the progress is that of a judge. unjudged: how
    often one is still to be asked. rows: those that are asked for, from `start` in the order, which
    has `shown`. unchecked: rows whose checks are still to be asked. late: whether the results are
    older than the rows. images: names of those it has. review: None without a judgement.
    """

    sheet: Sheet
    progress: Progress
    judging: bool
    unjudged: int
    rows: tuple[TableRow, ...]
    start: int
    shown: int
    counts: Mapping[str, int]
    unchecked: int
    late: bool
    lanes: tuple[LaneResult, ...]
    comparisons: tuple[Comparison, ...]
    images: tuple[str, ...]
    review: ReviewResult | None


class OpenSheet:
    """Safe to use from many threads. visitor: for the engine's queue. judgements: of reviewers.
    runs: which ones are under way.
    """

    def __init__(self, engine: Engine, store: SheetStore, key: str, visitor: str) -> None:
        """Raises InvalidInput where there is none, or it can't be read."""
        self.key = key
        self._engine = engine
        self._store = store
        self._visitor = visitor
        self._lock = threading.RLock()
        self._sheet = store.stored(key).sheet
        self._journal = store.journal(key)
        self.judgements = store.review(key)
        self._review = OpenReview(self.judgements)
        self._plan: KnownPlan | None = None
        self._closed = False
        self._images_version = 0  # how often those of rows have changed
        self._table = CheckedTable()
        self.runs = SheetRuns(engine, self._journal, visitor, self._table)
        self._removed: RemovedRow | None = None

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    # -- what a person changes -------------------------------------------------------------------
    def change(self, changed: Callable[[Sheet], Sheet]) -> None:
        """Save what `changed` makes of the sheet as it is then, so that nothing that others do at
        the same time is lost. Answers count where they still fit. Raises InvalidInput.
        """
        with self._lock:
            self._check_open()
            sheet = changed(self._sheet)
            saved = self._store.save(self.key, sheet)
            if saved.checks != self._sheet.checks or saved.expected != self._sheet.expected:
                self._table.forget()
            self._sheet = saved

    def edit(self, number: int, column: str, value: str) -> None:
        self.change(lambda sheet: with_value(sheet, number, column, value))

    def remove(self, number: int) -> None:
        with self._lock:
            left, removed = without_row(self._sheet, number)
            self.change(lambda _: left)
            self._removed = removed

    def put_back(self) -> None:
        """The row that was removed last."""
        with self._lock:
            if (removed := self._removed) is None:
                raise InvalidInput("There is no removed row to put back.")
            self.change(lambda sheet: with_row_back(sheet, removed))
            self._removed = None

    def add(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Further rows at the end; columns that are new are empty in the others."""
        self.change(lambda sheet: with_more_rows(sheet, columns, rows))

    def keep_image(self, name: str, content: bytes) -> None:
        """An image that rows may name, in the place of one of that name. Raises InvalidInput."""
        with self._lock:
            self._check_open()
            known = self._images()
            if self.runs.is_busy and name in known:
                raise InvalidInput(
                    f"The sheet is running with a different image named {name}. Stop it, then add "
                    "this one again."
                )
            check_images(self._store.images(self.key), known, name, len(content))
            self._store.keep_image(self.key, name, content)
            self._images_version += 1

    # -- running ---------------------------------------------------------------------------------
    def run(
        self, workspace: Workspace, presets: Mapping[str, Preset], again: Sequence[Place] = ()
    ) -> None:
        """Answer what has no answer yet with this prompt and these lanes, and `again` once more.

        Raises InvalidInput where it runs already, or no row could; then the sheet keeps its prompt.
        """
        with self._lock:
            self._check_open()
            if self.runs.is_busy:
                raise InvalidInput("The sheet is running. Wait until it ends, or stop it.")
            if workspace != self._sheet.workspace:
                changed = replace(self._sheet, workspace=workspace)
                Plan(changed, presets).check()
                self.change(lambda _: changed)
            plan = self._planned(presets, anew=True)
            keys = [plan.key(place) for place in again]
            self.runs.start(plan, keys, self._sheet.checks)

    def judge(self, presets: Mapping[str, Preset]) -> None:
        """Ask the judges about the answers that there are. Raises InvalidInput."""
        with self._lock:
            self._check_open()
            if self.runs.is_busy:
                raise InvalidInput("The sheet is running. Wait until it ends, or stop it.")
            self.runs.judge(self._planned(presets), self._sheet.checks)

    def failed(self, presets: Mapping[str, Preset]) -> list[Place]:
        """The places whose answer failed."""
        with self._lock:
            plan, cells = self._planned(presets), self._journal.cells
            found = ((place, cells.get(plan.key(place))) for place in plan.places())
            return [place for place, cell in found if cell and cell.error]

    def places(self, number: int, lane: str, presets: Mapping[str, Preset]) -> list[Place]:
        """Those of a row in a lane. Raises InvalidInput."""
        with self._lock:
            plan, index = self._planned(presets), index_of(self._sheet, number)
            if lane not in self._sheet.workspace.labels:
                raise InvalidInput(f"The sheet has no lane {lane[:40]!r}. Reload the page.")
            return [Place(index, lane, sample) for sample in range(plan.samples(lane))]

    def close(self) -> None:
        """For ever: the sheet is about to be deleted."""
        with self._lock:
            self._closed = True
            self.runs.stop()

    # -- the blind review ------------------------------------------------------------------------
    def items(self, presets: Mapping[str, Preset]) -> list[Item]:
        """What reviewers are asked about."""
        with self._lock:
            found = self._review.items(self._planned(presets), self._journal.cells)
            return [item for item in found if not item.is_settled]

    # -- what is shown ---------------------------------------------------------------------------
    def asked(self, number: int, presets: Mapping[str, Preset]) -> tuple[Request, ...]:
        """What the row's first answer was asked with in each lane. Raises InvalidInput."""
        with self._lock:
            plan, index = self._planned(presets), index_of(self._sheet, number)
            labels = self._sheet.workspace.labels
            return tuple(plan.request(Place(index, label)) for label in labels)

    def row(self, number: int) -> tuple[Sheet, Row]:
        """And the sheet that it is of, as it is now. Raises InvalidInput."""
        sheet = self._sheet
        return sheet, sheet.rows[index_of(sheet, number)]

    def state(
        self, presets: Mapping[str, Preset], order: Order, start: int, count: int
    ) -> SheetState:
        """start, count: of the rows that are asked for. Takes up to half a second."""
        with self._lock:
            plan, cells = self._planned(presets), self._journal.cells
            review = self._reviewed(plan, cells)
            unchecked = self._table.check(plan, cells)
            table = self._table.rows(plan)
            disputed = None if review is None else review.disputed
            shown = order.of(table, self._sheet.columns, disputed or ())
            late = self._table.make_results(plan, cells, unchecked, self.runs.goes_on)
            start = max(0, min(start, len(shown) - count))
            return SheetState(
                self._sheet, self._progress(), self.runs.asks_judge, self._table.unjudged,
                tuple(shown[start : start + count]), start, len(shown), counts(table, disputed),
                unchecked, late, *self._table.results, self._images(), review,
            )  # fmt: skip

    def answers(self, presets: Mapping[str, Preset]) -> Answers:
        """For files. Checks what was not checked yet, which may take a while."""
        with self._lock:
            plan, cells = self._planned(presets), self._journal.cells
            review = self._reviewed(plan, cells)
            while self._table.check(plan, cells):
                pass
            return Answers(plan, cells, self._table.outcomes(plan), review)

    def _reviewed(self, plan: KnownPlan, cells: Mapping[str, Cell]) -> ReviewResult | None:
        """Also for the check of that kind."""
        review, outcomes = self._review.result(plan, cells)
        self._table.take_review(outcomes, plan)
        return review

    def _progress(self) -> Progress:
        """In cells of the table: equal rows are asked once, and all have the answer."""
        done, total, failed = self._table.counted(self._journal.cells)
        now = self.runs.progress
        if now and self.runs.is_busy:
            if self.runs.asks_judge:
                return now
            return replace(now, done=done, total=total, failed=failed)
        state = "finished" if total and done == total else "stopped"
        return Progress(state, done, total, failed, now.seconds if now else 0.0)

    # -- plans -----------------------------------------------------------------------------------
    def _planned(self, presets: Mapping[str, Preset], anew: bool = False) -> KnownPlan:
        """The plan for the model in use. anew: also with the presets as they are now."""
        used = self._engine.description
        model = used.name if used else ""
        if (
            not anew
            and self._plan
            and self._plan.sheet is self._sheet
            and self._plan.model == model
            and self._plan.images_version == self._images_version
        ):
            return self._plan
        before, version = self._plan, self._images_version
        self._plan = KnownPlan(self._sheet, presets, model, self._image, version, before)
        asks_as_before = before is not None and self._plan.asks_as(before)
        if before and not asks_as_before:
            self._table.forget()
        self._table.follow(self._plan, asks_as_before)
        return self._plan

    def _image(self, name: str) -> Image:
        folder = self._store.images(self.key)
        if (file := allowed_file(str(folder / name), (folder,))) is None:
            return no_images(name)
        return Image(str(file), name)

    def _check_open(self) -> None:
        if self._closed:
            raise InvalidInput("This sheet has been deleted. Choose another one from the list.")

    def _images(self) -> tuple[str, ...]:
        folder = self._store.images(self.key)
        return (
            tuple(sorted(one.name for one in folder.iterdir() if one.name[0] != "."))
            if folder.is_dir()
            else ()
        )
