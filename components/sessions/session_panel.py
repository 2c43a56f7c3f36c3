"""The Sessions tab as a component: its value, and the data of its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.event_data import sent_as
from components.sessions.session_bar import Current, current, key_of
from components.sessions.session_pictures import images_size
from core.formats.chat_files import FORMATS
from core.sessions.session_files import Session
from core.sessions.session_search import Found, search
from core.sessions.session_store import SessionStore
from core.sessions.workspace_diff import WorkspaceDiff
from core.workspace import Workspace

MOST_SHOWN = 100  # sessions in the list; search finds the others
MOST_DELETED = 20
WITH_IMAGES = ("session", "page", "openai", "jsonl")


class Notice(TypedDict):
    """A sentence above the list. undo: the key of a deleted session, which a button restores."""

    title: str
    lines: list[str]
    undo: str


class DiffValue(TypedDict):
    """sides: names of the old and the new state. answers: sentences about those that differ."""

    sides: list[str]
    empty: bool
    settings: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    answers: list[str]


class SessionCard(TypedDict):
    key: str
    name: str
    versions: int
    newest: int
    time: str
    excerpt: str


class Answer(TypedDict, total=False):
    """What came of a click. choices: conversations of a file, of which one must be chosen."""

    diff: DiffValue
    download: dict[str, str]
    notice: Notice
    choices: dict[str, Any]
    imported: bool


class PanelValue(Answer):
    """question: the number of what was asked. keep: the answer to a save elsewhere."""

    question: int
    keep: bool
    query: str
    total: int
    found: int
    current: Current
    sessions: list[SessionCard]
    shown: dict[str, Any] | None
    broken: list[str]
    deleted: list[dict[str, str]]
    deleted_count: int
    page_images: int
    export_forms: list[dict[str, Any]]


def session_panel(**props: Any) -> gr.HTML:
    """Events, each with an `act` and the view: `look` writes nothing, `edit` writes sessions,
    `open` writes the page.
    """
    return client_component("session_panel", None, events=("look", "edit", "open"), **props)


@dataclass(frozen=True)
class Asked:
    """The data of an event, reduced to the allowed types.

    unfold: the unfolded session, empty for none, None for the current one. number: of a version, 0
    for the newest. file: an upload. It is not called `path`, because Gradio takes objects with a
    path for its own files and looks for them first. place: of a conversation in a file, None before
    one is chosen. saving: as in `Current`.
    """

    act: str = ""
    query: str = ""
    unfold: str | None = None
    question: int = 0
    key: str = ""
    number: int = 0
    name: str = ""
    form: str = ""
    images: bool = False
    keep: bool = False
    file: str = ""
    text: str = ""
    place: int | None = None
    saving: int = 0


def asked(event: gr.EventData) -> Asked:
    return sent_as(event, Asked)


def panel_value(store: SessionStore, now: Any, page: Workspace | None, ask: Asked) -> PanelValue:
    """now: the session bar's value. page: the current page, None if it can't be read."""
    sessions, broken = store.sessions()
    found = search(sessions, ask.query)
    unfold = key_of(now) if ask.unfold is None else ask.unfold
    shown = next((session for session in sessions if session.key == unfold), None)
    deleted = store.deleted()
    return {
        "question": ask.question,
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


def _current(now: Any, sessions: Sequence[Session]) -> Current:
    """The bar's value with the session's current name; empty if the session was deleted."""
    here = next((session for session in sessions if session.key == key_of(now)), None)
    number = now.get("number") if isinstance(now, Mapping) else 0
    return current(here, number if type(number) is int else 0) if here else current()


def _card(found: Found) -> SessionCard:
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
                "answers": len(version.answers),
                "newest": version is session.versions[-1],
            }
            for version in reversed(session.versions)
        ],
    }


def diff_value(
    diff: WorkspaceDiff, sides: tuple[str, str], answers: Sequence[str] = ()
) -> DiffValue:
    return {
        "sides": list(sides),
        "empty": diff.empty and not answers,
        "answers": list(answers),
        "settings": [asdict(row) for row in diff.settings],
        "messages": [asdict(change) for change in diff.messages],
        "tools": [asdict(piece) for piece in diff.tools],
    }


def notice(title: str, lines: Sequence[str] = (), undo: str = "") -> Notice:
    return {"title": title, "lines": list(lines), "undo": undo}
