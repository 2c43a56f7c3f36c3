"""Who is next: visitors take turns, and each visitor's runs keep their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from engine.batch.run_handle import RunHandle


class FairQueue:
    """Runs that wait for room. For use by one thread.

    Only the first is ever let in: a run that needs much room isn't overtaken for ever.
    """

    def __init__(self) -> None:
        self._visitors: dict[str, deque[RunHandle]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._visitors.values()))

    def __iter__(self) -> Iterator[RunHandle]:
        """In the order of their turns."""
        lines = [list(line) for line in self._visitors.values()]
        while lines:
            yield from (line[0] for line in lines)
            lines = [line[1:] for line in lines if line[1:]]

    def add(self, handle: RunHandle) -> None:
        self._visitors.setdefault(handle.visitor, deque()).append(handle)

    def first(self) -> RunHandle | None:
        line = next(iter(self._visitors.values()), None)
        return line[0] if line else None

    def take(self) -> RunHandle:
        """Remove the first; its visitor goes to the end of the round."""
        visitor, line = next(iter(self._visitors.items()))
        del self._visitors[visitor]
        handle = line.popleft()
        if line:
            self._visitors[visitor] = line
        return handle

    def remove(self, handles: Iterable[RunHandle]) -> None:
        for handle in handles:
            line = self._visitors[handle.visitor]
            line.remove(handle)
            if not line:
                del self._visitors[handle.visitor]
