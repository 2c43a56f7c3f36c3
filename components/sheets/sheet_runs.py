"""The runs of an open sheet, one after the other: first its answers, then what its judges say."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable

from components.sheets.checked_table import CheckedTable
from core.runs.engine import Engine
from core.sheets.cell import Cell
from core.sheets.check import Check
from core.sheets.journal import Journal
from core.sheets.judge import JudgePlan
from core.sheets.plan import Plan
from core.sheets.runner import Progress, SheetRun


class SheetRuns:
    """Safe to use from many threads. visitor: for the engine's queue. table: is told of what is
    new.
    """

    def __init__(self, engine: Engine, journal: Journal, visitor: str, table: CheckedTable) -> None:
        self._engine = engine
        self._journal = journal
        self._visitor = visitor
        self._table = table
        self._lock = threading.RLock()
        self._run: SheetRun | None = None
        self._plan: Plan | None = None
        self._judges: deque[Check] = deque()  # that are still to be asked
        self._judging = False

    @property
    def progress(self) -> Progress | None:
        """How far the run under way or the last one is; None before the first."""
        run = self._run
        return run.progress if run else None

    @property
    def state(self) -> str:
        """As of a run; "running" also from one run to the next."""
        with self._lock:
            now = self._run.progress.state if self._run else "stopped"
            return "running" if now == "finished" and self._judges else now

    @property
    def goes_on(self) -> bool:
        return self.state in ("running", "pausing")

    @property
    def is_busy(self) -> bool:
        """Whether it goes on, or is paused."""
        return self.state not in ("stopped", "finished")

    @property
    def asks_judge(self) -> bool:
        """Whether the run under way asks one."""
        return self._judging and self.is_busy

    def start(self, plan: Plan, again: Collection[str], checks: Iterable[Check]) -> None:
        """again: keys of cells that are asked once more. checks: of which the judges are asked
        afterwards. Raises InvalidInput where no row could run.
        """
        with self._lock:
            begun = self._made(plan, again, self._table.added)
            self._plan, self._judges = plan, _judges(checks)
            self._run, self._judging = begun, False
            begun.start()

    def judge(self, plan: Plan, checks: Iterable[Check]) -> None:
        """Ask the judges about the answers that there are."""
        with self._lock:
            self._plan, self._judges = plan, _judges(checks)
        self._go_on()

    def pause(self) -> None:
        with self._lock:
            if self._run:
                self._run.pause()

    def resume(self) -> None:
        with self._lock:
            if self._run:
                self._run.resume()

    def stop(self) -> None:
        with self._lock:
            self._judges.clear()
            if self._run:
                self._run.stop()

    def _go_on(self) -> None:
        """A run has finished: begin the next one. What a judge failed to say is asked again."""
        with self._lock:
            if not self._judges or self._plan is None:
                return
            judges, answered, check = self._judges, self._plan, self._judges[0]
        cells = self._journal.cells
        plan = JudgePlan(answered, check, cells)
        rows: dict[str, set[int]] = {}
        for place in plan.places():
            rows.setdefault(plan.key(place), set()).add(plan.sheet.rows[place.row].number)
        failed = [key for key in rows if key in cells and cells[key].error]
        begun = self._made(plan, failed, self._table.added)
        with self._lock:
            if self._judges is not judges or not judges:  # stopped meanwhile
                return
            self._table.judged = rows
            self._run, self._judging = begun, True
            judges.popleft()
            begun.start()

    def _made(self, plan: Plan, again: Collection[str], added: Callable[[Cell], None]) -> SheetRun:
        return SheetRun(
            self._engine, plan, self._journal, self._visitor, again, added=added,
            finished=self._go_on,
        )  # fmt: skip


def _judges(checks: Iterable[Check]) -> deque[Check]:
    return deque(check for check in checks if check.kind == "judge")
