"""The session that the page belongs to, with the button that saves its next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from components.client_component import client_component
from components.feature import Feature
from core.sessions.session_files import Session


class Current(TypedDict):
    """key: empty for a page that was never saved; then the name is one to propose. saving: the
    browser's number of the save that this answers.
    """

    key: str
    name: str
    number: int
    saving: NotRequired[int]


class SessionBar(Feature):
    """The value is `{"key", "name", "number"}`, or None. The browser remembers it after a reload.

    An empty key means that the page was never saved; then `name` is a suggestion. Events: `save`,
    with the `name` of a new session if the page has none yet, and `show`.
    """

    def __init__(self) -> None:
        self.bar = client_component("session_bar", None, events=("show", "save"), elem_id="session")


def current(session: Session | None = None, number: int = 0, proposed: str = "") -> Current:
    """The value for a session with that version on the page; without a session, for a new page."""
    if session is None:
        return {"key": "", "name": proposed, "number": 0}
    return {"key": session.key, "name": session.name, "number": number}


def shown(value: Any) -> Current:
    """An untrusted value, reduced to the known fields."""
    number = value.get("number") if isinstance(value, Mapping) else None
    return {
        "key": key_of(value),
        "name": session_name(value),
        "number": number if type(number) is int else 0,
    }


def key_of(value: Any) -> str:
    """The session's key in an untrusted value; empty without one."""
    key = value.get("key") if isinstance(value, Mapping) else None
    return key if isinstance(key, str) else ""


def session_name(value: Any) -> str:
    name = value.get("name") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else ""
