"""Taking turns on one model: a lock that serves in the order of asking.

`threading.Lock` may give itself to the same thread again and again, and starve another run.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turns:
    """`with turns:` waits until everyone who asked before is through. Not reentrant."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._gate:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            mine.wait()
        except BaseException:  # Ctrl+C while waiting must not leave a dead place in the queue
            with self._gate:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                else:
                    self._pass_on()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._gate:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()  # stays taken: the turn goes straight to the next
        else:
            self._taken = False
