"""The real page over the scripted engine, and a count of what serving it costs the processor.

`python -m benchmarks.page_server PORT RATE` serves at a port, with RATE tokens/s in each lane. It
prints a line when it answers, then a count for every line that it reads, and ends with its input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from time import process_time, thread_time

import app
from core.runs.engine import EventStream
from core.runs.events import Event, Token
from core.workspace import Request
from engine.pump import Pumped
from serving.server import Serving


class Counted(app.ScriptedEngine):
    """Knows how many tokens it gave and the processor's seconds that it needed to make them."""

    def __init__(self, tokens_per_second: float) -> None:
        super().__init__(tokens_per_second=tokens_per_second)
        self.tokens = 0
        self.seconds = 0.0
        self._lock = Lock()  # each lane is made by a thread of its own

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        return _Count(super().stream(requests, visitor), self)

    def add(self, seconds: float, tokens: int) -> None:
        with self._lock:
            self.seconds += seconds
            self.tokens += tokens


class _Count(Pumped[tuple[str, Event]]):
    def __init__(self, events: EventStream, counted: Counted) -> None:
        self._events = events
        self._counted = counted

    def __next__(self) -> tuple[str, Event]:
        began = thread_time()  # does not run while the engine sleeps
        try:
            item = next(self._events)
        except StopIteration:
            self._counted.add(thread_time() - began, 0)
            raise
        self._counted.add(thread_time() - began, isinstance(item[1], Token))
        return item

    def stop(self, lane: str) -> None:
        self._events.stop(lane)

    def close(self) -> None:
        self._events.close()


def main() -> None:
    port, rate = int(sys.argv[1]), float(sys.argv[2])
    engine = Counted(tokens_per_second=rate)
    with TemporaryDirectory() as data:
        server = app.make_server(engine, Path(data), Serving(port=port))
        server.start()
        for _ in sys.stdin:
            outside = process_time() - engine.seconds
            print(json.dumps({"tokens": engine.tokens, "seconds": outside}), flush=True)
        server.close()


if __name__ == "__main__":
    main()
