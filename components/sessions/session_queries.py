"""What the Sessions tab shows without changing anything: a comparison, and a file to download."""

from __future__ import annotations

import secrets

from components.sessions.session_panel import Asked, Value, diff_value, said
from core.errors import InvalidInput
from core.formats.chat_files import write_chat
from core.saved_workspace import SavedWorkspace
from core.sessions.session_images import by_content
from core.sessions.session_store import SessionStore
from core.sessions.workspace_diff import workspace_diff


def compared(store: SessionStore, page: SavedWorkspace, ask: Asked) -> Value:
    """A version with the page as it is. Raises InvalidInput."""
    version = store.session(ask.key).version(ask.number)
    old, new = (by_content(one, store.images_in) for one in (version.workspace, page))
    diff = workspace_diff(old, new)
    return {"diff": diff_value(diff, (f"Version {version.number}", "The page"))}


def exported(store: SessionStore, page: SavedWorkspace | None, name: str, ask: Asked) -> Value:
    """The page or, where the click names a session, one of its versions. Raises InvalidInput.

    name: of the page's session, empty without one.
    """
    session = store.session(ask.key) if ask.key else None
    if session is None:
        saved, title = page or SavedWorkspace(), name or "conversation"
    elif not session.versions:
        raise InvalidInput(f"The session {session.name!r} has no version that can be read.")
    else:
        newest = session.versions[-1].number
        saved, title = session.version(ask.number or newest).workspace, session.name
    file = write_chat(ask.form, title, saved, session, ask.images, store.images_in)
    size = len(file.text.encode("utf-8"))
    return {
        "download": {"name": file.name, "text": file.text, "id": secrets.token_hex(8)},
        "said": said(f"Exported {file.name}, {size:,} bytes.", file.left_out),
    }
