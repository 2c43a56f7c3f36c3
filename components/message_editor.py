"""The message list as a component: rows on the page, a conversation in Python.

A row is `{"id", "role", "text", "images": [{"path", "url", "name"}]}`; the browser owns the list.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder, is_in_or_equal

from components.client_component import client_component
from core.conversation import ROLES, Conversation, Image, Message, message

Row = dict[str, Any]
MOST_MESSAGES = 1000
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
    return [_clean(row) for row in rows[:MOST_MESSAGES] if isinstance(row, dict)]


def _clean(row: Row) -> Row:
    images = row.get("images")
    return {
        "id": str(row.get("id"))[:16],
        "role": row["role"] if row.get("role") in ROLES else "user",
        "text": str(row.get("text") or ""),
        "images": [
            _image(i.get("path"), str(i.get("url") or ""), str(i.get("name") or ""))
            for i in (images if isinstance(images, list) else [])
            if isinstance(i, dict)
        ],
    }


def _image(path: Any, url: str, name: str) -> dict[str, Any]:
    """`missing` where its file is gone, or never was where a page may read. The name is kept, so
    that a person knows what to attach again; the path leads nowhere, which an engine says.
    """
    if not is_uploaded(path):
        return {"path": os.path.join(get_upload_folder(), GONE), "url": "", "name": name,
                "missing": True}  # fmt: skip
    image = {"path": path, "url": url, "name": name}
    return image if os.path.isfile(path) else {**image, "missing": True}


def is_uploaded(path: Any) -> bool:
    """Whether `path` lies inside the folder of uploads, links followed."""
    if not isinstance(path, str) or "\0" in path:
        return False
    return is_in_or_equal(os.path.realpath(path), get_upload_folder())


def conversation_of(rows: Sequence[Row], tools: str = "") -> Conversation:
    return Conversation(
        tuple(
            message(row["role"], row["text"], [Image(i["path"], i["name"]) for i in row["images"]])
            for row in rows
        ),
        tools,
    )


def rows_of(messages: Sequence[Message]) -> list[Row]:
    """New rows, with fresh ids; images that aren't in the upload folder are `missing`."""
    return [
        {
            **new_row(turn.role, turn.text),
            "images": [_image(i.path, f"gradio_api/file={i.path}", i.name) for i in turn.images],
        }
        for turn in messages
    ]


def new_row(role: str, text: str = "") -> Row:
    return {"id": f"m{secrets.token_hex(6)}", "role": role, "text": text, "images": []}
