"""What the lanes of each page show, and the runs of each browser's session. In memory only."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.run import Run

MOST_RUNS = 30
MOST_SESSIONS = 100


@dataclass(frozen=True)
class KeptRun:
    """inputs: the page's inputs as a draft holds them. runs: by label. time: as text."""

    number: int
    time: str
    inputs: dict[str, Any]
    runs: dict[str, Run]


@dataclass
class _Session:
    kept: deque[KeptRun] = field(default_factory=lambda: deque[KeptRun](maxlen=MOST_RUNS))
    count: int = 0


class RunHistory:
    """A page is one visit, until a reload; a session outlives it. Safe to use from many threads.

    A session is named by its browser, by a long random word that is known to that browser alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[str, dict[str, Run]] = {}
        self._session_of: dict[str, str] = {}
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def open(self, page: str, session: Any) -> None:
        """The page belongs to that session; a page without one is a session of its own."""
        if isinstance(session, str) and session:
            with self._lock:
                self._session_of[page] = session

    def leave(self, page: str) -> None:
        with self._lock:
            self._shown.pop(page, None)
            if self._session_of.pop(page, None) is None:
                self._sessions.pop(page, None)

    def show(self, page: str, runs: Mapping[str, Run]) -> None:
        """These lanes show these runs from now on."""
        with self._lock:
            self._shown.setdefault(page, {}).update(runs)

    def shown(self, page: str) -> dict[str, Run]:
        with self._lock:
            return dict(self._shown.get(page, {}))

    def keep(self, page: str, time: str, inputs: dict[str, Any], runs: dict[str, Run]) -> None:
        """Beyond the last 30 the oldest goes, beyond 100 sessions that of the least recent one."""
        with self._lock:
            session = self._session(page)
            session.count += 1
            session.kept.appendleft(KeptRun(session.count, time, inputs, runs))

    def kept(self, page: str) -> list[KeptRun]:
        """The newest first."""
        with self._lock:
            return list(self._session(page).kept)

    def find(self, page: str, number: Any) -> KeptRun | None:
        return next((run for run in self.kept(page) if run.number == number), None)

    def _session(self, page: str) -> _Session:
        name = self._session_of.get(page, page)
        session = self._sessions.setdefault(name, _Session())
        self._sessions.move_to_end(name)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session
