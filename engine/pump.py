"""An iterator that runs in its own thread, so that whoever reads it never has to wait.

For engines that write their events as a generator, to be `core.runs.engine.Readable`.
"""

from __future__ import annotations

import queue
import threading
from abc import abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, Generic, Protocol, TypeVar

from core.runs.events import Failed

Item = TypeVar("Item")
Given = TypeVar("Given", covariant=True)


class Closable(Protocol[Given]):
    """An iterator that owns something until it is closed."""

    def __iter__(self) -> Iterator[Given]: ...

    def __next__(self) -> Given: ...

    def close(self) -> None: ...


class Pump(Generic[Item]):
    """Runs `items` ahead of its reader. An exception in `items` is raised by `drain`.

    `close` returns at once. It ends even a wait for the next item, except in a generator: that one
    can't be closed while it works, so its own thread closes it after the step it is in.
    """

    def __init__(self, items: Closable[Item]) -> None:
        self._items = items
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._ended = threading.Event()
        self._error: BaseException | None = None
        threading.Thread(target=self._work, daemon=True, name="pump").start()

    def _work(self) -> None:
        try:
            with closing(self._items):
                for item in self._items:
                    self._queue.put(item)
                    if self._closing.is_set():
                        break
        except BaseException as error:  # it belongs to the reader's thread
            self._error = error
        finally:
            self._ended.set()

    def drain(self) -> tuple[list[Item], bool]:
        """All items that have come since the last call, and whether they were the last ones."""
        ended = self._ended.is_set()  # before the queue is read: what came before the end is in it
        items: list[Item] = []
        while not self._queue.empty():
            items.append(self._queue.get())
        if ended and not items and self._error:
            raise self._error
        return items, ended and self._error is None

    def close(self) -> None:
        self._closing.set()
        if not isinstance(self._items, Generator):
            self._items.close()


class Pumped(Iterator[Item]):
    """Gives an iterator that has `close` the other way to be read: `start`, then `drain`."""

    _pump: Pump[Item] | None = None

    def start(self) -> None:
        self._pump = self._pump or Pump(self)

    def drain(self) -> tuple[list[Item], bool]:
        """As `Pump.drain`."""
        assert self._pump, "start comes first"
        return self._pump.drain()

    @abstractmethod
    def close(self) -> None:
        """End the work, from any thread."""


class PumpedGenerator(Pumped[Item]):
    """A generator with both ways to be read."""

    def __init__(self, items: Generator[Item, None, None]) -> None:
        self._items = items

    def __next__(self) -> Item:
        return next(self._items)

    def start(self) -> None:
        self._pump = self._pump or Pump(self._items)

    def close(self) -> None:
        """As `Pump.close`: a generator at work in its own thread is closed after its step."""
        if self._pump:
            self._pump.close()
        else:
            self._items.close()


def failed(sentence: str) -> PumpedGenerator[Any]:
    """What a verb gives that can't begin."""
    return PumpedGenerator(event for event in (Failed(sentence, 0.0),))
