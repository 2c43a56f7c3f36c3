"""Scripted engines that also tell when their streams were closed."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence

from core.runs.engine import EventStream, Readable
from core.runs.events import Event, Queued
from core.runs.verification import VerifyEvent, Verifying
from core.workspace import Request
from engine.pump import Pumped, PumpedGenerator
from engine.scripted.scripted_engine import ScriptedEngine


class Watched(ScriptedEngine):
    """`freed` is set when a stream has ended or was closed; `visitors` asked, in this order."""

    def __init__(self, tokens_per_second: float) -> None:
        super().__init__(tokens_per_second=tokens_per_second)
        self.freed = threading.Event()
        self.visitors: list[str] = []

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        self.visitors.append(visitor)
        return _Watch(super().stream(requests, visitor), self.freed)


class _Watch(Pumped[tuple[str, Event]]):
    def __init__(self, events: EventStream, freed: threading.Event) -> None:
        self._events = events
        self._freed = freed

    def __next__(self) -> tuple[str, Event]:
        try:
            return next(self._events)
        except StopIteration:
            self._freed.set()
            raise

    def stop(self, lane: str) -> None:
        self._events.stop(lane)

    def close(self) -> None:
        self._events.close()
        self._freed.set()


class Crowded(ScriptedEngine):
    """All wait in its queue for ever, without another event.

    `waiting` is released by each stream that begins to wait, `left` by each that is closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)
        self.left = threading.Semaphore(0)

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        return _Line(self, [request.lane for request in requests])


class _Line(Pumped[tuple[str, Event]]):
    """Closing it ends the wait of the thread that reads it, as in the local engine."""

    def __init__(self, engine: Crowded, lanes: list[str]) -> None:
        self._engine = engine
        self._lanes = lanes
        self._closed = threading.Event()

    def __next__(self) -> tuple[str, Event]:
        if self._lanes:
            return self._lanes.pop(), Queued(1, 0.0)
        self._engine.waiting.release()
        self._closed.wait()
        raise StopIteration

    def stop(self, lane: str) -> None:
        """Nothing comes of any lane, so nothing has to end."""

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._engine.left.release()


class Lingering(ScriptedEngine):
    """Its verifications go on until they are left.

    `verifying` is released by each that begins, `left` by each that ends.
    """

    def __init__(self) -> None:
        super().__init__(tokens_per_second=1000)
        self.verifying = threading.Semaphore(0)
        self.left = threading.Semaphore(0)

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        return PumpedGenerator(self._linger(token_ids))

    def _linger(self, token_ids: Sequence[int]) -> Generator[VerifyEvent, None, None]:
        self.verifying.release()
        try:
            while True:
                yield Verifying(0, len(token_ids), 0.0)
                threading.Event().wait(0.05)
        finally:
            self.left.release()
