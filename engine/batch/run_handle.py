"""One run on its way through the engine: its lanes, and the events that its reader is sent."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from core.runs.events import Failed, Finished, Queued
from core.runs.scores import Distribution, Scored
from engine.queued_stream import Events

if TYPE_CHECKING:
    from engine.batch.member import Member

LAST = Finished | Failed | Scored | Distribution


class RunHandle:
    """The reader takes events, the worker emits them. closed: the reader went away.

    began: `perf_counter()` that seconds count from. place: in the queue, 0 before it was in it.
    events: shared with other handles; None: its own.
    """

    def __init__(self, visitor: str, began: float, events: Events | None = None) -> None:
        self.visitor = visitor
        self.rows: Sequence[Member] = ()
        self.place = 0
        self.closed = False
        self._stopped: set[str] = set()
        self._open: set[str] = set()
        self._began = began
        self.events: Events = queue.SimpleQueue() if events is None else events

    def open(self, rows: Sequence[Member]) -> None:
        """These lanes will end with an event of their own."""
        self.rows = rows
        self._open = {row.lane for row in rows}
        self._end_if_over()

    def emit(self, lane: str, event: Any) -> None:
        self.events.put((lane, event))
        if isinstance(event, LAST) and lane in self._open:
            self._open.remove(lane)
            self._end_if_over()

    def move_to(self, place: int) -> None:
        """Tell all lanes their place in the queue, if it is a new one."""
        if place != self.place:
            self.place = place
            for row in self.rows:
                self.emit(row.lane, Queued(place, self.seconds))

    def stop(self, lane: str) -> None:
        """The lane leaves the batch before its next step."""
        self._stopped.add(lane)

    def is_over(self, lane: str) -> bool:
        """Whether nobody waits for that lane any more."""
        return self.closed or lane in self._stopped

    def close(self) -> None:
        """Nobody reads on. The lanes leave the batch before its next step."""
        self.closed = True
        self.events.put(None)

    @property
    def seconds(self) -> float:
        return perf_counter() - self._began

    def _end_if_over(self) -> None:
        if not self._open:
            self.events.put(None)
