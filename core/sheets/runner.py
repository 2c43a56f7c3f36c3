"""Runs a sheet: its missing cells through the engine, many at a time, each kept as it ends."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Literal

from core.errors import InvalidInput
from core.runs.engine import Engine, EventStream
from core.runs.run import Run, fold_all
from core.sheets.cell import Cell, Place, cell_of
from core.sheets.journal import Journal
from core.sheets.plan import Plan
from core.workspace import Request

log = logging.getLogger(__name__)
State = Literal["running", "pausing", "paused", "stopped", "finished"]
AT_ONCE = 24  # more than the 16 rows of a batch, so that a free one never waits for the next cell
RATE_OVER = 60  # cells: the rate is that of the last ones
MOST_FAILURES = 24  # in a row in each lane; then something else is wrong than the row


@dataclass(frozen=True, slots=True)
class Progress:
    """done: cells that have run, those of earlier runs and those that failed included. rate: cells
    per second lately; None before the second one. why: what made it pause by itself.
    """

    state: State
    done: int
    total: int
    failed: int
    seconds: float
    rate: float | None = None
    why: str = ""

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.rate if self.rate else None


class SheetRun:
    """One run of a sheet, from `start` to `join`. All methods may be called from any thread. While
    it is paused it has no threads.

    Cells that are in the journal already are not run, unless `again` names them by key.
    visitor: for the engine's queue. added: is called with each cell that was kept, from a thread of
    the run; it must return soon. finished: is called by the last one when all cells have run.
    """

    def __init__(
        self,
        engine: Engine,
        plan: Plan,
        journal: Journal,
        visitor: str = "sheet",
        again: Collection[str] = (),
        at_once: int = AT_ONCE,
        added: Callable[[Cell], None] = lambda cell: None,
        finished: Callable[[], None] = lambda: None,
    ) -> None:
        """Raises InvalidInput where no row could run."""
        plan.check()
        self._engine = engine
        self._plan = plan
        self._journal = journal
        self._visitor = visitor
        self._added = added
        self._finished = finished
        self._told = False  # whether that was called
        self._at_once = at_once
        keys = {plan.key(place) for place in plan.places()}
        known = journal.cells
        kept = {key for key in keys & known.keys() if key not in again}
        self._waiting = deque(plan.missing(kept))
        self._total = len(keys)
        self._done = len(kept)
        self._failed = sum(1 for key in kept if known[key].error)
        self._streams: set[EventStream] = set()
        self._ended: deque[float] = deque(maxlen=RATE_OVER)
        self._state: State = "paused"
        self._why = ""
        self._active = 0  # cells under way
        self._threads = 0  # that look for cells, those of `_active` included
        self._lanes = {place.lane for place, _ in self._waiting}
        self._failures = Counter[str]()  # in a row, by lane
        self._seconds = 0.0  # before the last pause
        self._began: float | None = None  # since then
        self._change = threading.Condition()

    # -- what a person does ----------------------------------------------------------------------
    def start(self) -> None:
        self.resume()

    def pause(self) -> None:
        """Begin no more cells; those under way end, and are kept."""
        self._pause("")

    def resume(self) -> None:
        with self._change:
            if self._state not in ("pausing", "paused"):
                return
            self._state, self._why = "running", ""
            self._failures.clear()
            self._ended.clear()
            self._began = self._began or perf_counter()
            more = max(1, min(self._at_once, len(self._waiting) + self._active)) - self._threads
            self._threads += max(0, more)
        for _ in range(more):
            threading.Thread(target=self._work, name="sheet", daemon=True).start()

    def stop(self) -> None:
        """End at once. Cells under way run the next time, but for those that had just ended."""
        with self._change:
            self._end("stopped")
            streams = tuple(self._streams)
        for stream in streams:
            stream.close()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until it has finished or was stopped; whether it has."""
        with self._change:
            return self._change.wait_for(lambda: self._over, seconds)

    @property
    def progress(self) -> Progress:
        with self._change:
            span = self._ended[-1] - self._ended[0] if len(self._ended) > 1 else 0.0
            rate = (len(self._ended) - 1) / span if span else None
            return Progress(
                self._state, self._done, self._total, self._failed, self._elapsed, rate, self._why
            )

    # -- in its threads --------------------------------------------------------------------------
    @property
    def _over(self) -> bool:
        return self._state in ("finished", "stopped")

    @property
    def _elapsed(self) -> float:
        return self._seconds + (0.0 if self._began is None else perf_counter() - self._began)

    def _work(self) -> None:
        while (found := self._next()) is not None:
            cell = None
            try:
                cell = self._answered(*found)
                if cell is not None:
                    self._journal.add(cell)
            except InvalidInput as error:  # it could not be written
                cell = None
                self._pause(str(error))
            self._ended_with(cell, found)
        with self._change:
            tell = self._state == "finished" and not self._told
            self._told = self._told or tell
        if tell:
            self._finished()

    def _next(self) -> tuple[Place, str] | None:
        """The next cell; None where none may begin, which ends the thread."""
        with self._change:
            if self._state == "running" and self._waiting:
                self._active += 1
                return self._waiting.popleft()
            self._threads -= 1
            if not self._threads:
                if not self._waiting:
                    self._end("finished")
                elif self._state == "pausing":
                    self._state = "paused"
                    self._halt()
            return None

    def _answered(self, place: Place, key: str) -> Cell | None:
        """None where the run was stopped meanwhile."""
        row, now = self._plan.sheet.rows[place.row].number, _now()
        try:
            run = self._run(self._plan.request(place))
        except InvalidInput as error:
            return Cell(key, row, place.lane, place.sample, error=str(error), time=now)
        except Exception as error:  # a bug; the other cells go on
            log.exception("A cell of a sheet failed")
            why = f"The answer failed: {type(error).__name__}. See the log."
            return Cell(key, row, place.lane, place.sample, error=why, time=now)
        if run.status not in ("done", "failed") or run.stop_reason == "stopped":
            return None
        return cell_of(run, key, row, place.lane, place.sample, now)

    def _run(self, request: Request) -> Run:
        stream = self._engine.stream([request], self._visitor)
        with self._change:
            self._streams.add(stream)
            if self._over:
                stream.close()
        try:
            return fold_all(Run(request), [event for _, event in stream])
        finally:
            with self._change:
                self._streams.discard(stream)
            stream.close()

    def _ended_with(self, cell: Cell | None, found: tuple[Place, str]) -> None:
        with self._change:
            self._active -= 1
            if cell is None:
                self._waiting.appendleft(found)
            else:
                self._done += 1
                self._failed += bool(cell.error)
                self._failures[cell.lane] = self._failures[cell.lane] + 1 if cell.error else 0
                self._ended.append(perf_counter())
                if all(self._failures[lane] >= MOST_FAILURES for lane in self._lanes):
                    self._pause(
                        f"{MOST_FAILURES} answers in a row failed{_in_each(self._lanes)}, the last "
                        f"one with: {cell.error} Fix that, then resume."
                    )
        if cell is not None:
            self._added(cell)

    def _pause(self, why: str) -> None:
        with self._change:
            if self._state == "running":
                self._state, self._why = "pausing", why
                self._change.notify_all()

    def _halt(self) -> None:
        self._seconds, self._began = self._elapsed, None
        self._change.notify_all()

    def _end(self, state: State) -> None:
        if not self._over:
            self._state = state
            self._halt()


def _in_each(lanes: Collection[str]) -> str:
    return " in each lane" if len(lanes) > 1 else ""


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
