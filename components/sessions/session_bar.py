"""Which session the page belongs to, with the button that saves its next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.sessions.session_files import Session


def session_bar(**props: Any) -> gr.HTML:
    """The value is `{"key", "name", "number"}`, or None; the browser remembers it over a reload.

    An empty key is a page that was never saved, with a name to propose. Events: `save`, with the
    `name` of a new session where the page is none yet, and `show`.
    """
    return client_component("session_bar", None, **props)


def current(session: Session | None = None, number: int = 0, proposed: str = "") -> dict[str, Any]:
    """The value for a session of which that version is on the page; without one, for a new page."""
    if session is None:
        return {"key": "", "name": proposed, "number": 0}
    return {"key": session.key, "name": session.name, "number": number}


def shown(value: Any) -> dict[str, Any]:
    """An untrusted value cut down to the form, to be sent again."""
    number = value.get("number") if isinstance(value, Mapping) else None
    return {
        "key": key_of(value),
        "name": name_of(value),
        "number": number if type(number) is int else 0,
    }


def key_of(value: Any) -> str:
    """The session's key in an untrusted value; empty without one."""
    key = value.get("key") if isinstance(value, Mapping) else None
    return key if isinstance(key, str) else ""


def name_of(value: Any) -> str:
    name = value.get("name") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else ""
