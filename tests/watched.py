"""The scripted engine, which also tells when its stream was closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from core.events import Event
from core.workspace import Request
from engine.scripted import ScriptedEngine


class Watched(ScriptedEngine):
    """`freed` is set when a stream has ended or was closed."""

    def __init__(self, tokens_per_second: float) -> None:
        super().__init__(tokens_per_second=tokens_per_second)
        self.freed = threading.Event()

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[str, Event]]:
        try:
            yield from super().stream(requests)
        finally:
            self.freed.set()
