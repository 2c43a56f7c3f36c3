"""The Sessions tab as a component: what its script draws, and what a click of it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from components.client_component import client_component
from components.event_data import sent
from components.sessions.session_bar import current, key_of
from components.sessions.session_pictures import images_size
from core.formats.chat_files import FORMATS
from core.saved_workspace import SavedWorkspace
from core.sessions.session_files import Session
from core.sessions.session_search import Found, search
from core.sessions.session_store import SessionStore
from core.sessions.workspace_diff import WorkspaceDiff

MOST_SHOWN = 100  # sessions in the list; search finds the others
MOST_DELETED = 20
WITH_IMAGES = ("session", "page", "openai", "jsonl")
Value = dict[str, Any]


def session_panel(**props: Any) -> gr.HTML:
    """Events, each with an `act` and the view: `look` writes nothing, `edit` writes sessions,
    `open` writes the page.
    """
    scripts = ("session_diff.js", "session_list.js")
    return client_component("session_panel", None, scripts=scripts, **props)


@dataclass(frozen=True)
class SessionParts:
    """The bar and the tab."""

    bar: gr.HTML
    panel: gr.HTML


@dataclass(frozen=True)
class Asked:
    """What a browser asks for, cut down to the kinds of values that are allowed.

    unfold: the session that is unfolded, empty for none, None for the current one. number: of a
    version, 0 for the newest. file: an upload. Not `path`: Gradio takes an object with a path for
    a file of its own and looks for it before we can. place: of a conversation in a
    file, None before one is chosen.
    """

    act: str = ""
    query: str = ""
    unfold: str | None = None
    seq: int = 0
    key: str = ""
    number: int = 0
    name: str = ""
    form: str = ""
    images: bool = False
    keep: bool = False
    file: str = ""
    text: str = ""
    place: int | None = None


def asked(event: gr.EventData) -> Asked:
    read: dict[str, Any] = {
        **{name: sent(event, name, str, "") for name in ("act", "query", "key", "name", "form")},
        **{name: sent(event, name, str, "") for name in ("file", "text")},
        **{name: sent(event, name, bool, False) for name in ("images", "keep")},
        **{name: sent(event, name, int, 0) for name in ("seq", "number")},
        "unfold": sent(event, "unfold", str, None),
        "place": sent(event, "place", int, None),
    }
    return Asked(**read)


def panel_value(store: SessionStore, now: Any, page: SavedWorkspace | None, ask: Asked) -> Value:
    """now: the session bar's value. page: what is on the page, None where it can't be read."""
    sessions, broken = store.sessions()
    found = search(sessions, ask.query)
    unfold = key_of(now) if ask.unfold is None else ask.unfold
    shown = next((session for session in sessions if session.key == unfold), None)
    deleted = store.deleted()
    return {
        "seq": ask.seq,
        "keep": ask.keep,
        "query": ask.query.strip(),
        "total": len(sessions),
        "found": len(found),
        "current": _current(now, sessions),
        "sessions": [_card(one) for one in found[:MOST_SHOWN]],
        "shown": _unfolded(shown, store) if shown else None,
        "broken": list(broken),
        "deleted": [{"key": one.key, "name": one.name} for one in deleted[:MOST_DELETED]],
        "deleted_count": len(deleted),
        "page_images": images_size(page, store.images_in) if page else 0,
        "export_forms": [
            {"key": key, "name": name, "images": key in WITH_IMAGES}
            for key, (name, _) in FORMATS.items()
        ],
    }


def _current(now: Any, sessions: Sequence[Session]) -> dict[str, Any]:
    """The bar's value, as far as the session is still there, under its name of today."""
    here = next((session for session in sessions if session.key == key_of(now)), None)
    number = now.get("number") if isinstance(now, Mapping) else 0
    return current(here, number if type(number) is int else 0) if here else current()


def _card(found: Found) -> dict[str, Any]:
    session = found.session
    return {
        "key": session.key,
        "name": session.name,
        "versions": len(session.versions),
        "newest": session.versions[-1].number if session.versions else 0,
        "time": session.time,
        "excerpt": found.excerpt,
    }


def _unfolded(session: Session, store: SessionStore) -> dict[str, Any]:
    """The newest version first."""
    return {
        "key": session.key,
        "broken": list(session.broken),
        "versions": [
            {
                "number": version.number,
                "name": version.name,
                "time": version.time,
                "messages": len(version.workspace.conversation.messages),
                "images": images_size(version.workspace, store.images_in),
                "newest": version is session.versions[-1],
            }
            for version in reversed(session.versions)
        ],
    }


def diff_value(diff: WorkspaceDiff, sides: tuple[str, str]) -> Value:
    """sides: names of the old and the new state."""
    return {
        "sides": list(sides),
        "empty": diff.empty,
        "settings": [asdict(row) for row in diff.settings],
        "messages": [asdict(change) for change in diff.messages],
        "tools": [asdict(piece) for piece in diff.tools],
    }


def said(title: str, lines: Sequence[str] = (), undo: str = "") -> Value:
    """A sentence above the list. undo: the key of the deleted session that a button brings back."""
    return {"title": title, "lines": list(lines), "undo": undo}
