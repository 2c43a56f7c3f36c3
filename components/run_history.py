"""What the lanes of each page show, and the runs of each browser's session. In memory only."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.access import Visitor
from core.run import Run

LONGEST_NAME = 100
MOST_RUNS = 30
MOST_SESSIONS = 100
MOST_BYTES = 256_000_000  # of all sessions, estimated
TOKEN_BYTES = 400  # about what one token of a prompt or an answer takes


@dataclass(frozen=True)
class KeptRun:
    """inputs: the page's inputs as a draft holds them. runs: by label. time: as text."""

    number: int
    time: str
    inputs: dict[str, Any]
    runs: dict[str, Run]

    @property
    def nbytes(self) -> int:
        """About what it takes in memory."""
        tokens = sum(len(run.tokens) + run.prompt_tokens for run in self.runs.values())
        return TOKEN_BYTES * tokens + 2 * len(json.dumps(self.inputs, default=str))


@dataclass
class _Session:
    kept: deque[KeptRun] = field(default_factory=lambda: deque[KeptRun](maxlen=MOST_RUNS))
    count: int = 0
    going: int = 0  # runs that have begun and not ended


class Going:
    """A run that has begun; its session is the one that its page belonged to then."""

    def __init__(self, history: RunHistory, session: _Session, inputs: dict[str, Any]) -> None:
        self._history = history
        self._session = session
        self._inputs = inputs

    def end(self, runs: dict[str, Run]) -> None:
        """Keep what was answered, also where the page is gone by now. Once only."""
        self._history._end(self._session, self._inputs, runs)


class RunHistory:
    """A page is one visit, until a reload; a session outlives it. Safe to use from many threads.

    A session is named by its browser, by a long random word that is known to that browser alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._shown: dict[str, dict[str, Run]] = {}
        self._session_of: dict[str, str] = {}
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def open(self, visitor: Visitor, session: Any) -> None:
        """The page belongs to that session; a page without one is a session of its own."""
        if isinstance(session, str) and 0 < len(session) <= LONGEST_NAME:
            with self._lock:
                self._session_of[visitor.page] = f"{visitor.user}/{session}"

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

    def begin(self, page: str, inputs: dict[str, Any]) -> Going:
        """A run has begun; inputs: the page's, as a draft holds them."""
        with self._lock:
            session = self._session(page)
            session.going += 1
        return Going(self, session, inputs)

    def _end(self, session: _Session, inputs: dict[str, Any], runs: dict[str, Run]) -> None:
        """Beyond the last 30 the oldest goes; beyond all bytes that of the least recent session."""
        with self._lock:
            session.going -= 1
            if runs:
                session.count += 1
                time = datetime.now().strftime("%H:%M:%S")
                session.kept.appendleft(KeptRun(session.count, time, inputs, runs))
                self._shrink()
            self._lock.notify_all()

    def _shrink(self) -> None:
        sizes = [(s, [run.nbytes for run in s.kept]) for s in self._sessions.values()]
        total = sum(sum(each) for _, each in sizes)
        for session, each in sizes:
            while each and total > MOST_BYTES:
                total -= each.pop()
                session.kept.pop()

    def settled(self, page: str, seconds: float) -> list[KeptRun]:
        """As `kept`, once the session's runs have ended, or after so many seconds."""
        with self._lock:
            session = self._session(page)
            self._lock.wait_for(lambda: not session.going, seconds)
            return list(session.kept)

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
