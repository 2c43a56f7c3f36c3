"""What the lanes of each page show, and the runs of each browser's session. In memory only."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from core.access.access import Visitor
from core.runs.run import Run

LONGEST_NAME = 100
MOST_RUNS = 30
MOST_SESSIONS = 100
MOST_PAGES = 1000  # that are remembered, those included that were left
MOST_BYTES = 256_000_000  # of all sessions, estimated; and of what all pages show
TOKEN_BYTES = 400  # about what one token of a prompt or an answer takes


@dataclass(frozen=True)
class KeptRun:
    """inputs: the page's inputs as a draft holds them. runs: by label. time: as text."""

    number: int
    time: str
    inputs: dict[str, Any]
    runs: dict[str, Run]

    @cached_property
    def nbytes(self) -> int:
        """About what it takes in memory."""
        return _bytes_of(self.runs) + 2 * len(json.dumps(self.inputs, default=str))


@dataclass
class _Session:
    kept: deque[KeptRun] = field(default_factory=lambda: deque[KeptRun](maxlen=MOST_RUNS))
    count: int = 0
    going: int = 0  # runs that have begun and not ended


@dataclass
class _Page:
    """session: its name, or that of the page for one without. gone: the page was left."""

    session: str
    shown: dict[str, Run] = field(default_factory=dict[str, Run])
    gone: bool = False


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
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def open(self, visitor: Visitor, session: Any) -> None:
        """The page belongs to that session; a page without one is a session of its own."""
        named = isinstance(session, str) and 0 < len(session) <= LONGEST_NAME
        with self._lock:
            page = self._page(visitor.page)
            page.session = f"{visitor.user}/{session}" if named else visitor.page
            page.gone = False

    def leave(self, page: str) -> None:
        """It shows nothing any more. Its session's name is remembered for a while: a run that was
        asked for just before may begin just after.
        """
        with self._lock:
            if left := self._pages.get(page):
                left.shown, left.gone = {}, True
                self._forget_nameless(page)

    def show(self, page: str, runs: Mapping[str, Run]) -> None:
        """These lanes show these runs from now on, unless the page was left."""
        with self._lock:
            if not (at := self._page(page)).gone:
                at.shown.update(runs)

    def shown(self, page: str) -> dict[str, Run]:
        with self._lock:
            known = self._pages.get(page)
            return dict(known.shown) if known else {}

    def begin(self, page: str, inputs: dict[str, Any]) -> Going:
        """A run has begun; inputs: the page's, as a draft holds them."""
        with self._lock:
            session = self._session(page)
            session.going += 1
            if self._page(page).gone:
                self._forget_nameless(page)
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
        total = sum(run.nbytes for session in self._sessions.values() for run in session.kept)
        for session in self._sessions.values():
            while session.kept and total > MOST_BYTES:
                total -= session.kept.pop().nbytes
        total = sum(_bytes_of(page.shown) for page in self._pages.values())
        for page in self._pages.values():
            if total > MOST_BYTES:
                total -= _bytes_of(page.shown)
                page.shown = {}

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
        name = self._page(page).session
        session = self._sessions.setdefault(name, _Session())
        self._sessions.move_to_end(name)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def _page(self, name: str) -> _Page:
        page = self._pages.setdefault(name, _Page(name))
        self._pages.move_to_end(name)
        while len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)
        return page

    def _forget_nameless(self, page: str) -> None:
        """Nobody comes back to a session that is a page's own."""
        if self._pages[page].session == page:
            self._sessions.pop(page, None)


def _bytes_of(runs: Mapping[str, Run]) -> int:
    """About what they take in memory."""
    return TOKEN_BYTES * sum(len(run.tokens) + run.prompt_tokens for run in runs.values())
