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
from core.conversation import Text
from core.runs.run import Run
from core.sessions.saved_answers import SavedRun
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict

LONGEST_NAME = 100
MOST_RUNS = 30
MOST_SESSIONS = 100
MOST_PAGES = 1000  # remembered pages, including those that were left
MOST_BYTES = 256_000_000  # of all sessions, estimated; also of what all pages show
TOKEN_BYTES = 400  # approximate memory of one token of a prompt or an answer, without its trace


@dataclass(frozen=True)
class KeptRun:
    """workspace: of the page. runs: by label. time: as text."""

    number: int
    time: str
    workspace: Workspace
    runs: dict[str, Run]

    @cached_property
    def nbytes(self) -> int:
        """The approximate memory that it takes."""
        return _bytes_of(self.runs) + 2 * len(json.dumps(workspace_to_dict(self.workspace)))


@dataclass
class _Session:
    """shown: what its page shows or, after it was left, would show again."""

    kept: deque[KeptRun] = field(default_factory=lambda: deque[KeptRun](maxlen=MOST_RUNS))
    count: int = 0
    going: int = 0  # runs that have begun but not ended
    shown: dict[str, Run] = field(default_factory=dict[str, Run])


@dataclass
class _Page:
    """session: its name, or the page's name if it has none. gone: the page was left."""

    session: str
    shown: dict[str, Run] = field(default_factory=dict[str, Run])
    gone: bool = False


class Going:
    """A run that has begun. Its session is the one that its page belonged to at that time."""

    def __init__(self, history: RunHistory, session: _Session, workspace: Workspace) -> None:
        self._history = history
        self._session = session
        self._workspace = workspace

    def end(self, runs: dict[str, Run]) -> None:
        """Keep the answers, even if the page was left meanwhile. Call it once."""
        self._history._end(self._session, self._workspace, runs)


class RunHistory:
    """A page is one visit, until a reload; a session outlives it. Safe to use from many threads.

    The browser names a session by a long random word that only this browser knows.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def open(self, visitor: Visitor, session: Any) -> None:
        """Add the page to that session. A page without one is its own session."""
        named = isinstance(session, str) and 0 < len(session) <= LONGEST_NAME
        with self._lock:
            page = self._page(visitor.page)
            page.session = f"{visitor.user}/{session}" if named else visitor.page
            page.gone = False

    def leave(self, page: str) -> None:
        """Forget what the page shows. Its session's name is remembered for a while: a run that was
        requested just before may begin just after.
        """
        with self._lock:
            if left := self._pages.get(page):
                left.shown, left.gone = {}, True
                self._forget_nameless(page)

    def show(self, page: str, runs: Mapping[str, Run]) -> None:
        """Show these runs in these lanes, unless the page was left."""
        with self._lock:
            if not (at := self._page(page)).gone:
                at.shown.update(runs)
                self._session(page).shown.update(runs)

    def replace(self, page: str, runs: Mapping[str, Run]) -> None:
        """Its lanes show these runs and no others. The session keeps the earlier ones."""
        with self._lock:
            if not (at := self._page(page)).gone:
                at.shown, self._session(page).shown = dict(runs), dict(runs)
                self._shrink()

    def show_again(self, page: str) -> dict[str, Run]:
        """After a reload, show the answers that the session's page showed before."""
        with self._lock:
            before = self._session(page).shown.items()
            runs = {label: run for label, run in before if run.status in ("done", "failed")}
            self._page(page).shown = runs
            return dict(runs)

    def shown(self, page: str) -> dict[str, Run]:
        with self._lock:
            known = self._pages.get(page)
            return dict(known.shown) if known else {}

    def begin(self, page: str, workspace: Workspace) -> Going:
        """A run has begun."""
        with self._lock:
            session = self._session(page)
            session.going += 1
            if self._page(page).gone:
                self._forget_nameless(page)
        return Going(self, session, workspace)

    def _end(self, session: _Session, workspace: Workspace, runs: dict[str, Run]) -> None:
        """Keep the last 30 runs; above the memory limit, drop runs of the least recent session."""
        with self._lock:
            session.going -= 1
            if runs:
                session.count += 1
                time = datetime.now().strftime("%H:%M:%S")
                session.kept.appendleft(KeptRun(session.count, time, workspace, runs))
                session.shown.update(runs)
                self._shrink()
            self._lock.notify_all()

    def _shrink(self) -> None:
        total = sum(run.nbytes for session in self._sessions.values() for run in session.kept)
        for session in self._sessions.values():
            while session.kept and total > MOST_BYTES:
                total -= session.kept.pop().nbytes
        for all_shown in (self._sessions.values(), self._pages.values()):
            total = sum(_bytes_of(one.shown) for one in all_shown)
            for one in all_shown:
                if total > MOST_BYTES:
                    total -= _bytes_of(one.shown)
                    one.shown = {}

    def settled(self, page: str, seconds: float) -> list[KeptRun]:
        """Like `kept`, but after the session's runs have ended, or after that many seconds."""
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
        """Nobody can return to a page's own session."""
        if self._pages[page].session == page:
            self._sessions.pop(page, None)


def _bytes_of(runs: Mapping[str, Run]) -> int:
    """The approximate memory that they take."""
    return sum(map(_bytes, runs.values()))


def _bytes(run: Run) -> int:
    if isinstance(run, SavedRun):  # its figures count tokens that are not there
        own = run.answer.conversation
        parts = (part for turn in own.messages for part in turn.parts) if own else ()
        return 2 * (len(run.text) + sum(len(p.text) for p in parts if isinstance(p, Text)))
    traces = sum(token.trace.nbytes for token in run.tokens if token.trace)
    return TOKEN_BYTES * (len(run.tokens) + run.prompt_tokens) + traces
