"""What the session bar and the Sessions tab do: save, open, compare, rename, delete, export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from components.access.user_stores import UserStores
from components.access.visitors import Visitors
from components.controls import Changes, Controls, Values
from components.page_state import PageState, user_errors
from components.saved_state import saved_of, state_of
from components.sessions.session_bar import current, key_of, name_of, shown
from components.sessions.session_import import imported
from components.sessions.session_panel import Asked, Value, asked, panel_value, said
from components.sessions.session_pictures import placed
from components.sessions.session_queries import compared, exported
from core.errors import InvalidInput, reason
from core.saved_workspace import SavedWorkspace
from core.sessions.session_files import Session
from core.sessions.session_images import by_content
from core.sessions.session_store import SessionStore

REFUSED = "sessions of this machine are not shown"


class SessionHandlers:
    def __init__(
        self, controls: Controls, bar: gr.HTML, panel: gr.HTML, stores: UserStores,
        visitors: Visitors,
    ) -> None:  # fmt: skip
        self._controls = controls
        self._bar = bar
        self._panel = panel
        self._stores = stores
        self._visitors = visitors

    # -- events --------------------------------------------------------------------------------
    def save(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The bar's button: the next version, or a new session under a name."""
        with self._allowed(request):
            now, name = values[self._bar], asked(event).name
            if key_of(now) and not name and not self._store.has(key_of(now)):
                gr.Warning("The session of this page was deleted. Save the page under a name.")
                return {self._bar: current(proposed=name_of(now))}
            return {self._bar: _newest(self._saved(values, name))}

    def show(self) -> Changes:
        return {self._controls.tabs: gr.Tabs(selected="sessions"), self._controls.tab: "sessions"}

    def look(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        with self._allowed(request):
            ask = asked(event)
            now = shown(values[self._bar])
            match ask.act:
                case "refresh":
                    extra = {}
                case "compare":
                    extra = compared(self._store, self._page(values), ask)
                case "export":
                    page = None if ask.key else self._page(values)
                    extra = exported(self._store, page, name_of(now), ask)
                case _:
                    raise _unknown(ask)
            return {self._panel: {**self._value(values, now, ask), **extra}}

    def edit(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Writes sessions, and the bar where its own is renamed, saved or deleted."""
        with self._allowed(request):
            ask = asked(event)
            now = shown(values[self._bar])
            match ask.act:
                case "save" | "save_as":
                    session = self._saved(values, ask.name if ask.act == "save_as" else "")
                    now = _newest(session)
                    told = said(f"Saved “{session.name}” as version {now['number']}.")
                    ask = replace(ask, unfold=session.key)
                case "rename":
                    session = self._store.rename(ask.key, ask.name)
                    told = said(f"It is called “{session.name}” now.")
                    now = _renamed(now, session)
                case "label":
                    session = self._store.name_version(ask.key, ask.number, ask.name)
                    told = said(f"Version {ask.number} of “{session.name}” was named.")
                case "duplicate":
                    session = self._store.duplicate(ask.key)
                    told = said(f"There is “{session.name}” now, with the same versions.")
                    ask = replace(ask, unfold=session.key)
                case "delete":
                    name = self._store.session(ask.key).name
                    undo = self._store.delete(ask.key)
                    told = said(f"Deleted “{name}”.", undo=undo)
                    now = current(proposed=name) if key_of(now) == ask.key else now
                case "undelete":
                    session = self._store.undelete(ask.key)
                    told = said(f"“{session.name}” is back.")
                    ask = replace(ask, unfold=session.key)
                case _:
                    raise _unknown(ask)
            return {self._bar: now, self._panel: {**self._value(values, now, ask), "said": told}}

    def open(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Writes the page: a version, or what a file holds."""
        with self._allowed(request):
            ask = asked(event)
            state = self._controls.read(values, mend=True)
            if ask.act == "import":
                return self._import(values, state, ask)
            if ask.act not in ("open", "restore"):
                raise _unknown(ask)
            session = self._store.session(ask.key)
            version = session.version(ask.number)
            if ask.act == "restore":
                session = self._store.save(ask.key, version.workspace, _restored(version.number))
                now = _newest(session)
                title = f"Version {version.number} is on the page, and version {now['number']} too."
            else:
                now = current(session, version.number)
                title = f"Version {version.number} of “{session.name}” is on the page."
            saved, gone = placed(version.workspace, self._store.folder)
            told = said(title, [f"The image {name} is gone." for name in gone])
            return self._opened(values, state, saved, now, replace(ask, unfold=session.key), told)

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

    def _page(self, values: Values) -> SavedWorkspace:
        return saved_of(self._controls.read(values))

    def _value(self, values: Values, now: Any, ask: Asked) -> Value:
        try:
            page = self._page(values)
        except InvalidInput:  # a number is wrong: it is named where it is needed
            page = None
        return panel_value(self._store, now, page, ask)

    def _saved(self, values: Values, name: str) -> Session:
        """The page as the next version of its session or, by that name, as a new session."""
        page = self._page(values)
        key = key_of(values[self._bar])
        if name or not key:
            return self._store.create(name, page)
        session = self._store.session(key)
        newest = session.versions[-1] if session.versions else None
        images = self._store.images_in
        if newest and by_content(newest.workspace, images) == by_content(page, images):
            gr.Info(f"Nothing changed since version {newest.number}.", duration=3)
            return session
        return self._store.save(key, page)

    def _opened(
        self, values: Values, state: PageState, saved: SavedWorkspace, now: Value, ask: Asked,
        told: Value,
    ) -> Changes:  # fmt: skip
        new = state_of(saved, state)
        value = {**panel_value(self._store, now, saved, ask), "said": told, "imported": True}
        return {
            **self._controls.write(new, state, settings=True), self._bar: now, self._panel: value
        }  # fmt: skip

    def _import(self, values: Values, state: PageState, ask: Asked) -> Changes:
        found = imported(saved_of(state), ask)
        if found.choices:
            value = self._value(values, values[self._bar], ask)
            return {self._panel: {**value, "choices": found.choices}}
        now, saved = current(proposed=found.title), found.saved
        if found.versions:
            session = self._store.add(found.title, found.versions)
            now = _newest(session)
        ask = replace(ask, unfold=now["key"])
        return self._opened(values, state, saved, now, ask, said(found.sentence, found.notes))


def _unknown(ask: Asked) -> InvalidInput:
    return InvalidInput(f"There is no act {ask.act!r}. Reload the page.")


def _newest(session: Session) -> Value:
    return current(session, session.versions[-1].number if session.versions else 0)


def _renamed(now: Value, session: Session) -> Value:
    return {**now, "name": session.name} if key_of(now) == session.key else now


def _restored(number: int) -> str:
    return f"as version {number}"
