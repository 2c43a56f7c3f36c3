"""Which clients still read what they are sent: those with an open stream of their events."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

GONE_AFTER = 1.0  # seconds without a stream, for a client that had one
NEVER_CAME_AFTER = 5.0  # seconds, for one that has asked and not yet begun to read
MOST_REMEMBERED = 10_000


class Presence:
    """By session hash, or by event for a plain call. For the thread of the event loop."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._until: OrderedDict[str, float] = (
            OrderedDict()
        )  # how long an absent one counts as here

    @contextmanager
    def reading(self, client: str) -> Iterator[None]:
        self._open[client] += 1
        self._until.pop(client, None)  # it has come
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
            self._wait_for(client, GONE_AFTER)

    def expect(self, client: str) -> None:
        """It has asked for something, and will come to read the answer."""
        self._wait_for(client, NEVER_CAME_AFTER)

    def is_here(self, client: str) -> bool:
        """One that nobody knows has asked just now: a plain call is named only by its answer."""
        if client not in self._open and client not in self._until:
            self.expect(client)
        return client in self._open or monotonic() < self._until[client]

    def _wait_for(self, client: str, seconds: float) -> None:
        self._until[client] = max(monotonic() + seconds, self._until.get(client, 0.0))
        self._until.move_to_end(client)
        while len(self._until) > MOST_REMEMBERED:
            self._until.popitem(last=False)
