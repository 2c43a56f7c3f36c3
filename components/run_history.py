"""The runs of each page: what its lanes show now, and those before. In memory, until it is left."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.run import Run

MOST_RUNS = 30
MOST_PAGES = 200


@dataclass(frozen=True)
class KeptRun:
    """inputs: the page's inputs as a draft holds them. runs: by label. time: as text."""

    number: int
    time: str
    inputs: dict[str, Any]
    runs: dict[str, Run]


@dataclass
class _Page:
    shown: dict[str, Run] = field(default_factory=dict[str, Run])
    kept: deque[KeptRun] = field(default_factory=lambda: deque[KeptRun](maxlen=MOST_RUNS))
    count: int = 0


class RunHistory:
    """By the browser's session. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, _Page] = OrderedDict()

    def show(self, page: str, runs: Mapping[str, Run]) -> None:
        """These lanes show these runs from now on."""
        with self._lock:
            self._page(page).shown.update(runs)

    def shown(self, page: str) -> dict[str, Run]:
        with self._lock:
            return dict(self._page(page).shown)

    def keep(self, page: str, time: str, inputs: dict[str, Any], runs: dict[str, Run]) -> None:
        """Beyond the last 30 the oldest goes."""
        with self._lock:
            of_page = self._page(page)
            of_page.count += 1
            of_page.kept.appendleft(KeptRun(of_page.count, time, inputs, runs))

    def kept(self, page: str) -> list[KeptRun]:
        """The newest first."""
        with self._lock:
            return list(self._page(page).kept)

    def find(self, page: str, number: Any) -> KeptRun | None:
        return next((run for run in self.kept(page) if run.number == number), None)

    def forget(self, page: str) -> None:
        with self._lock:
            self._pages.pop(page, None)

    def _page(self, page: str) -> _Page:
        if page not in self._pages:
            self._pages[page] = _Page()
            while len(self._pages) > MOST_PAGES:  # a client that never says it leaves
                self._pages.popitem(last=False)
        self._pages.move_to_end(page)
        return self._pages[page]
