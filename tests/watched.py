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
    """All wait in its queue, at `place`, until `move` lets them come forward and in the end answer.

    `waiting` is released by each stream that begins to wait, `left` by each that is closed.
    """

    def __init__(self, place: int = 1) -> None:
        super().__init__()
        self.place = place
        self.moves = 0
        self.moved = threading.Condition()
        self.waiting = threading.Semaphore(0)
        self.left = threading.Semaphore(0)

    def move(self) -> None:
        with self.moved:
            self.moves += 1
            self.moved.notify_all()

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        return _Line(self, [one.lane for one in requests], super().stream(requests, visitor))


class _Line(Pumped[tuple[str, Event]]):
    """Closing it ends the wait of the thread that reads it, as in the local engine."""

    def __init__(self, engine: Crowded, lanes: list[str], answers: EventStream) -> None:
        self._engine = engine
        self._moves = engine.moves
        self._places = [(n, lane) for n in range(engine.place, 0, -1) for lane in lanes]
        self._answers = answers
        self._waits = False
        self._closed = False

    def __next__(self) -> tuple[str, Event]:
        engine = self._engine
        to_go = engine.place - (self._places[0][0] if self._places else 0)
        if to_go and not self._waits:
            self._waits = True
            engine.waiting.release()
        with engine.moved:
            engine.moved.wait_for(lambda: self._closed or engine.moves - self._moves >= to_go)
        if self._closed:
            raise StopIteration
        if self._places:
            place, lane = self._places.pop(0)
            return lane, Queued(place, 0.0)
        return next(self._answers)

    def stop(self, lane: str) -> None:
        self._answers.stop(lane)

    def close(self) -> None:
        with self._engine.moved:
            if self._closed:
                return
            self._closed = True
            self._engine.moved.notify_all()
        self._answers.close()
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
