"""Events of the session bar and the Sessions tab: save, open, compare, rename, delete, export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from components.access.visitors import page_of
from components.feature import PRIVATE, Changes, Feature, Services, Values
from components.lanes.lane_runs import LaneRuns
from components.lanes.lanes import Lanes
from components.sessions.session_answers import pane_values
from components.sessions.session_bar import (
    Current,
    SessionBar,
    current,
    key_of,
    session_name,
    shown,
)
from components.sessions.session_import import imported
from components.sessions.session_panel import (
    Asked,
    Notice,
    PanelValue,
    asked,
    notice,
    panel_value,
    session_panel,
)
from components.sessions.session_pictures import placed
from components.sessions.session_queries import compared, exported
from components.user_errors import user_errors
from components.wiring import Wiring
from core.errors import InvalidInput, reason
from core.sessions.saved_answers import SavedAnswer, saved_answers, saved_runs
from core.sessions.session_files import Session
from core.sessions.session_images import by_content
from core.sessions.session_store import SessionStore
from core.workspace import Workspace

REFUSED = "sessions are not available"
MOST_SAVES = 2**31  # a larger number is no browser's
STOP_SECONDS = 2.0  # how long a version waits for the runs that it stops


class SessionsTab(Feature):
    """The list of sessions. The bar at the top of the page saves the next version."""

    def __init__(self, services: Services) -> None:
        self._stores = services.stores
        self._visitors = services.visitors
        self._history = services.history
        self._library_now = services.library_now
        with gr.Tab("Sessions", id="sessions") as self.tab:
            self._panel = session_panel(elem_id="sessions")

    def wire(self, page: Wiring) -> None:
        self._page = page
        self._bar = bar = page.the(SessionBar).bar
        panel = self._panel
        inputs: set[Any] = page.inputs() | {bar}
        several = {**PRIVATE, "trigger_mode": "multiple"}  # the script ignores old answers
        bar.save(self._save, inputs, [bar], **several)
        bar.show(self._show, None, [page.tabs, page.tab], **PRIVATE)
        panel.look(self._look, inputs, [panel], **several)
        panel.edit(self._edit, inputs, [bar, panel], **several)
        opened = [*page.written(), *page.the(Lanes).panes.values(), bar, panel]
        page.after_act(panel.open(self._open, inputs, opened, **PRIVATE))
        page.tab_opened(self.tab, "sessions")

    # -- events --------------------------------------------------------------------------------
    def _save(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The bar's button saves the next version, or a new session under a name."""
        with self._allowed(request):
            now, ask = values[self._bar], asked(event)
            name = ask.name
            if key_of(now) and not name and not self._store.has(key_of(now)):
                gr.Warning("The session of this page was deleted. Save the page under a name.")
                return {self._bar: current(proposed=session_name(now))}
            return {self._bar: _newest(self._saved(values, name, request), ask.saving)}

    def _show(self) -> Changes:
        return {self._page.tabs: gr.Tabs(selected="sessions"), self._page.tab: "sessions"}

    def _look(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        with self._allowed(request):
            ask = asked(event)
            now = shown(values[self._bar])
            match ask.act:
                case "refresh":
                    extra = {}
                case "compare":
                    page = self._page.read(values)
                    answers = self._answers(page, request)
                    extra = compared(self._store, page, answers, ask)
                case "export":
                    page = None if ask.key else self._page.read(values)
                    extra = exported(self._store, page, session_name(now), ask)
                case _:
                    raise _unknown(ask)
            return {self._panel: {**self._value(values, now, ask), **extra}}

    def _edit(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Writes sessions, and the bar if its session is renamed, saved or deleted."""
        with self._allowed(request):
            ask = asked(event)
            now = shown(values[self._bar])
            match ask.act:
                case "save" | "save_as":
                    name = ask.name if ask.act == "save_as" else ""
                    session = self._saved(values, name, request)
                    now = _newest(session, ask.saving)
                    message = notice(f"Saved “{session.name}” as version {now['number']}.")
                    ask = replace(ask, unfold=session.key)
                case "rename":
                    session = self._store.rename(ask.key, ask.name)
                    message = notice(f"Renamed to “{session.name}”.")
                    now = _renamed(now, session)
                case "label":
                    session = self._store.name_version(ask.key, ask.number, ask.name)
                    message = notice(f"Labelled version {ask.number} of “{session.name}”.")
                case "duplicate":
                    session = self._store.duplicate(ask.key)
                    message = notice(f"Duplicated as “{session.name}”, with the same versions.")
                    ask = replace(ask, unfold=session.key)
                case "delete":
                    name = self._store.session(ask.key).name
                    undo = self._store.delete(ask.key)
                    message = notice(f"Deleted “{name}”.", undo=undo)
                    now = current(proposed=name) if key_of(now) == ask.key else now
                case "undelete":
                    session = self._store.undelete(ask.key)
                    message = notice(f"Restored “{session.name}”.")
                    ask = replace(ask, unfold=session.key)
                case _:
                    raise _unknown(ask)
            return {
                self._bar: now,
                self._panel: {**self._value(values, now, ask), "notice": message},
            }

    def _open(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Writes the page: a version with its answers, or the content of a file."""
        with self._allowed(request):
            ask = asked(event)
            workspace = self._page.read(values, repair=True)
            if ask.act == "import":
                return self._import(values, workspace, ask, request)
            if ask.act not in ("open", "restore"):
                raise _unknown(ask)
            session = self._store.session(ask.key)
            version = session.version(ask.number)
            if ask.act == "restore":
                label, answers = _restored(version.number), version.answers
                session = self._store.save(ask.key, version.workspace, label, answers)
                now = _newest(session)
                title = f"Restored version {version.number} as version {now['number']}."
            else:
                now = current(session, version.number)
                title = f"Opened version {version.number} of “{session.name}”."
            saved, gone = placed(version.workspace, self._store.folder)
            message = notice(title, [f"The image {name} is missing." for name in gone])
            ask = replace(ask, unfold=session.key)
            return {
                **self._opened(values, saved, now, ask, message),
                **self._answered(saved, version.answers, request),
            }

    @property
    def _store(self) -> SessionStore:
        return self._stores.sessions

    # -- what they share -----------------------------------------------------------------------
    @contextmanager
    def _allowed(self, request: gr.Request) -> Iterator[None]:
        with user_errors():
            self._visitors.of(request).refuse_in_demo(REFUSED)
            try:
                yield
            except OSError as error:
                name = Path(str(error.filename or "A file")).name
                raise InvalidInput(f"{name} can't be read or written: {reason(error)}") from error

    def _value(self, values: Values, now: Any, ask: Asked) -> PanelValue:
        try:
            page = self._page.read(values)
        except InvalidInput:  # a wrong number is reported where it is needed
            page = None
        return panel_value(self._store, now, page, ask)

    def _saved(self, values: Values, name: str, request: gr.Request) -> Session:
        """Saves the page and its answers as the next version of its session or, with a name, as a
        new session.
        """
        page = self._page.read(values)
        answers = self._answers(page, request)
        key = key_of(values[self._bar])
        if name or not key:
            return self._store.create(name, page, answers=answers)
        session = self._store.session(key)
        newest = session.versions[-1] if session.versions else None
        images = self._store.images_in
        same = newest and by_content(newest.workspace, images) == by_content(page, images)
        if newest and same and answers in ((), newest.answers):
            gr.Info(f"No changes since version {newest.number}.", duration=3)
            return session
        return self._store.save(key, page, answers=answers)

    def _answers(self, page: Workspace, request: gr.Request) -> tuple[SavedAnswer, ...]:
        """Those that this page shows, as the server knows them."""
        runs = self._history.shown(page_of(request))
        return saved_answers(runs, page.labels, page.filled)

    def _answered(
        self, saved: Workspace, answers: Sequence[SavedAnswer], request: gr.Request
    ) -> Changes:
        """These answers in their lanes; runs that are still going end first."""
        page, panes = page_of(request), self._page.the(Lanes).panes
        self._page.the(LaneRuns).stop_all(page)
        self._history.settled(page, STOP_SECONDS)
        runs = saved_runs(answers, saved.filled)
        self._history.replace(page, runs)
        values = pane_values(runs, saved, self._library_now().presets)
        return {panes[label]: value for label, value in values.items()}

    def _opened(
        self, values: Values, saved: Workspace, now: Current, ask: Asked, message: Notice
    ) -> Changes:
        value = {**panel_value(self._store, now, saved, ask), "notice": message, "imported": True}
        return {**self._page.write(saved, values), self._bar: now, self._panel: value}

    def _import(
        self, values: Values, workspace: Workspace, ask: Asked, request: gr.Request
    ) -> Changes:
        found = imported(workspace, ask)
        if found.choices:
            value = self._value(values, values[self._bar], ask)
            return {self._panel: {**value, "choices": found.choices}}
        now, saved, answered = current(proposed=found.title), found.saved, Changes()
        if found.versions:
            session = self._store.add(found.title, found.versions)
            now = _newest(session)
            answered = self._answered(saved, found.versions[-1].answers, request)
        ask = replace(ask, unfold=now["key"])
        said = notice(found.sentence, found.notes)
        return {**self._opened(values, saved, now, ask, said), **answered}


def _unknown(ask: Asked) -> InvalidInput:
    return InvalidInput(f"Unknown action {ask.act!r}. Reload the page.")


def _newest(session: Session, saving: int = 0) -> Current:
    now = current(session, session.versions[-1].number if session.versions else 0)
    return {**now, "saving": saving} if 0 < saving < MOST_SAVES else now


def _renamed(now: Current, session: Session) -> Current:
    return {**now, "name": session.name} if key_of(now) == session.key else now


def _restored(number: int) -> str:
    return f"as version {number}"
