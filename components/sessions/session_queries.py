"""Events of the Sessions tab that change nothing: comparing versions and exporting a file."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from components.sessions.session_answers import answers_diff
from components.sessions.session_panel import Answer, Asked, diff_value, notice
from core.errors import InvalidInput
from core.formats.chat_files import write_chat
from core.sessions.saved_answers import SavedAnswer
from core.sessions.session_images import by_content
from core.sessions.session_store import SessionStore
from core.sessions.workspace_diff import workspace_diff
from core.workspace import Workspace


def compared(
    store: SessionStore, page: Workspace, answers: Sequence[SavedAnswer], ask: Asked
) -> Answer:
    """Compares a version with the current page and its answers. Raises InvalidInput."""
    version = store.session(ask.key).version(ask.number)
    old, new = (by_content(one, store.images_in) for one in (version.workspace, page))
    diff = workspace_diff(old, new)
    sides = (f"Version {version.number}", "Current page")
    lines = answers_diff(version.answers, answers, version.number)
    return {"diff": diff_value(diff, sides, lines)}


def exported(store: SessionStore, page: Workspace | None, name: str, ask: Asked) -> Answer:
    """Exports the page or, if the event names a session, one of its versions. Raises InvalidInput.

    name: of the page's session, empty without one.
    """
    session = store.session(ask.key) if ask.key else None
    if session is None:
        saved, title = page or Workspace(), name or "conversation"
    elif not session.versions:
        raise InvalidInput(f"The session {session.name!r} has no readable version. Choose another.")
    else:
        newest = session.versions[-1].number
        saved, title = session.version(ask.number or newest).workspace, session.name
    file = write_chat(ask.form, title, saved, session, ask.images, store.images_in)
    size = len(file.text.encode("utf-8"))
    return {
        "download": {"name": file.name, "text": file.text, "id": secrets.token_hex(8)},
        "notice": notice(f"Exported {file.name}, {size:,} bytes.", file.left_out),
    }
