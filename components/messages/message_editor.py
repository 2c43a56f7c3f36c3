"""The message list as a component: rows on the page, a conversation in Python.

A row is `{"id", "role", "text", "images": [{"path", "url", "name"}]}`; the browser owns the list.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.client_component import client_component, text_of
from components.uploads import file_url, upload_folder, uploaded_file
from core.access.file_access import is_named_inside
from core.bounds import MOST_MESSAGES
from core.conversation import ROLES, Conversation, Image, Message, message

Row = dict[str, Any]
MOST_KEPT = 256  # images of a page; more than may be sent, so that a person can take some away
MOST_READ = 10 * MOST_MESSAGES  # rows of a page; more than may be sent, for the same reason
GONE = "gone"  # no upload lies there: each has a folder of its own


def message_editor(**props: Any) -> gr.HTML:
    """Event: `edit`, once a typing pause and after every other change.

    Props: tokens, a count by row id; images_allowed, whether the model reads images.
    """
    rows = [new_row("user")]
    return client_component(
        "message_editor",
        rows,
        scripts=("message_row.js", "message_camera.js"),
        tokens={},
        images_allowed=False,
        **props,
    )


def clean_rows(payload: Any) -> list[Row]:
    """Rows as they may be used: what a browser sends is untrusted and is cut down to the form.

    An image that isn't in the upload folder stays by name only, `missing`.
    """
    rows = payload if isinstance(payload, list) else []
    kept = [row for row in rows[:MOST_READ] if isinstance(row, dict)]
    room = MOST_KEPT
    cleaned: list[Row] = []
    for row in kept:
        cleaned.append(_clean(row, room))
        room -= len(cleaned[-1]["images"])
    return cleaned


def _clean(row: Row, room: int) -> Row:
    """room: for how many images."""
    images = row.get("images")
    images = [i for i in images if isinstance(i, dict)] if isinstance(images, list) else []
    return {
        "id": text_of(row.get("id"))[:16],
        "role": role if (role := text_of(row.get("role"))) in ROLES else "user",
        "text": text_of(row.get("text")),
        "images": [_image(i.get("path"), text_of(i.get("name"))) for i in images[:room]],
    }


def _image(path: Any, name: str) -> dict[str, Any]:
    """`missing` where its file is gone, or never was where a page may read. The name is kept, so
    that a person knows what to attach again.
    """
    if uploaded_file(path):
        return {"path": path, "url": file_url(path), "name": name}
    inside = is_named_inside(path, (upload_folder(),)) and not os.path.lexists(path)
    kept = path if inside else str(upload_folder() / GONE)
    return {"path": kept, "url": "", "name": name, "missing": True}


def conversation_of(rows: Sequence[Row], tools: str = "") -> Conversation:
    return Conversation(
        tuple(message(row["role"], row["text"], map(_sent, row["images"])) for row in rows), tools
    )


def _sent(image: dict[str, Any]) -> Image:
    """What is missing leads nowhere, which an engine says."""
    path = str(upload_folder() / GONE) if image.get("missing") else image["path"]
    return Image(path, image["name"])


def rows_of(messages: Sequence[Message]) -> list[Row]:
    """New rows, with fresh ids; images that aren't in the upload folder are `missing`."""
    return [
        {
            **new_row(turn.role, turn.text),
            "images": [_image(i.path, i.name) for i in turn.images],
        }
        for turn in messages
    ]


def new_row(role: str, text: str = "") -> Row:
    return {"id": f"m{secrets.token_hex(6)}", "role": role, "text": text, "images": []}
