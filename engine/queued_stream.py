"""The events of several lanes from one queue, which threads of an engine write to."""

from __future__ import annotations

import queue
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

LaneEvent = tuple[str, Any]
Events = queue.SimpleQueue[LaneEvent | None]  # None: one of its writers has no more


class QueuedStream(Iterator[LaneEvent]):
    """Nothing happens before `start` or the first event that is asked for.

    writers: how many write to `events`. `close` may be called from any thread, also while another
    waits for an event: no event comes after it. A stream that is dropped is closed, if no writer
    holds it.
    """

    def __init__(self, events: Events, writers: int) -> None:
        self._events = events
        self._open = writers
        self._started = False
        self._closed = False

    @abstractmethod
    def _begin(self) -> None:
        """Have the writers begin; called once."""

    @abstractmethod
    def _end(self) -> None:
        """Have the writers end; may be called more than once, and before `_begin`."""

    def start(self) -> None:
        if not self._started:
            self._started = True
            self._begin()

    def __next__(self) -> LaneEvent:
        self.start()
        while self._open and not self._closed:
            item = self._events.get()
            if item is not None and not self._closed:
                return item
            self._open -= 1
        raise StopIteration

    def drain(self) -> tuple[list[LaneEvent], bool]:
        items: list[LaneEvent] = []
        while self._open and not self._closed:
            try:
                item = self._events.get_nowait()
            except queue.Empty:
                return items, False
            if item is None:
                self._open -= 1
            else:
                items.append(item)
        return items, True

    def close(self) -> None:
        self._closed = True
        self._end()
        self._events.put(None)  # for a reader that waits

    def __del__(self) -> None:
        self.close()
