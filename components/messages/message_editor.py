"""The message list as a component: rows on the page, messages in Python.

The browser owns the list.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NotRequired, TypedDict

import gradio as gr

from components.client_component import client_component, text_of
from components.feature import Changes, Feature, Services
from components.images.budget_panel import may_attach
from components.images.samples import PageImage
from components.snapshot import Snapshot
from components.uploads import file_url, upload_folder, uploaded_file
from core.access.file_access import is_named_inside
from core.bounds import MOST_MESSAGES, MOST_PARTS
from core.conversation import (
    ROLES,
    Image,
    Message,
    Role,
    ToolCall,
    message,
    text_of_calls,
    tool_call,
)
from core.workspace import Workspace

MOST_KEPT = 256  # images of a page; more than may be sent, so that a person can remove some
MOST_READ = 10 * MOST_MESSAGES  # rows of a page; more than may be sent, for the same reason
FIRST_ROW = "first"  # of a page without a draft: it keeps the focus when the page is opened
MISSING = "gone"  # no upload has this path, because each has its own folder


class CallOfRow(TypedDict):
    id: str
    name: str
    arguments: str


class Row(TypedDict):
    """calls: what the text ends with, where it came in as values; they count until it is edited.
    tool_call_id: of a tool's message.
    """

    id: str
    role: Role
    text: str
    images: list[PageImage]
    calls: NotRequired[list[CallOfRow]]
    tool_call_id: NotRequired[str]


class Messages(Feature):
    def __init__(self, services: Services) -> None:
        self._engine = services.engine
        self.editor = message_editor(elem_id="messages")
        self.inputs = {"messages": self.editor}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        return workspace.with_messages(messages_of(values["messages"]))

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"messages": rows_of(workspace.conversation.messages)}

    def value_events(self) -> list[Any]:
        return [self.editor.edit]

    def shown(self) -> list[Any]:
        return [self.editor]

    def show(self, page: Snapshot) -> Changes:
        counts = message_tokens(page)
        shown = gr.update(tokens=counts, images_allowed=may_attach(self._engine))
        return {self.editor: shown}


def message_tokens(page: Snapshot) -> dict[str, int | None]:
    """By the id of each message, as far as the prompt can be built; None: not known."""
    if page.prompt is None or not page.prompt.parts_known:
        return {}
    counts, unplaced = page.prompt.message_tokens, page.prompt.unplaced
    return {
        turn.id: None if place in unplaced else counts[place]
        for place, turn in enumerate(page.workspace.conversation.messages)
    }


def message_editor(**props: Any) -> gr.HTML:
    """Event: `edit`, once a typing pause and after every other change.

    Props: tokens, a count by row id, null where it isn't known; images_allowed, whether the model
    reads images.
    """
    return client_component(
        "message_editor",
        [new_row("user", id=FIRST_ROW)],
        tokens={},
        images_allowed=False,
        events=("edit",),
        **props,
    )


def messages_of(payload: Any) -> tuple[Message, ...]:
    """Reads untrusted rows from a browser and keeps only what may be used.

    An image outside the upload folder keeps only its name; its path leads nowhere.
    """
    rows = payload if isinstance(payload, list) else []
    room = MOST_KEPT
    messages: list[Message] = []
    for row in rows[:MOST_READ]:
        if isinstance(row, dict):
            messages.append(_message(row, room))
            room -= len(messages[-1].images)
    return tuple(messages)


def _message(row: dict[str, Any], room: int) -> Message:
    """room: how many more images may be kept."""
    images = row.get("images")
    images = [i for i in images if isinstance(i, dict)] if isinstance(images, list) else []
    role = text_of(row.get("role"))
    text = text_of(row.get("text"))
    calls = _calls(row.get("calls"), text) if role == "assistant" else []
    turn = message(
        role if role in ROLES else "user",
        text.removesuffix(text_of_calls(calls)),
        [_image(one.get("path"), text_of(one.get("name"))) for one in images[:room]],
        text_of(row.get("id"))[:16],
        calls,
    )
    answered = text_of(row.get("tool_call_id")) if role == "tool" else ""
    return replace(turn, tool_call_id=answered)


def _calls(payload: Any, text: str) -> list[ToolCall]:
    """The calls that the text ends with; none where it was edited since."""
    values = payload[:MOST_PARTS] if isinstance(payload, list) else []
    calls = [call for value in values if (call := tool_call(value))]
    return calls if text.endswith(text_of_calls(calls)) else []


def _image(path: Any, name: str) -> Image:
    """Keeps the name of a missing or forbidden file, so that a person can attach it again."""
    return Image(path if uploaded_file(path) else str(upload_folder() / MISSING), name)


def rows_of(messages: Iterable[Message]) -> list[Row]:
    """Gives each message an id. Images outside the upload folder are `missing`."""
    return [_row(turn) for turn in messages]


def _row(turn: Message) -> Row:
    row = new_row(turn.role, turn.text, turn.id)
    row["images"] = [_shown(image) for image in turn.images]
    if turn.calls:
        row["calls"] = [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in turn.calls]
    if turn.tool_call_id:
        row["tool_call_id"] = turn.tool_call_id
    return row


def _shown(image: Image) -> PageImage:
    if uploaded_file(image.path):
        return {"path": image.path, "url": file_url(image.path), "name": image.name}
    inside = is_named_inside(image.path, (upload_folder(),)) and not os.path.lexists(image.path)
    path = image.path if inside else str(upload_folder() / MISSING)
    return {"path": path, "url": "", "name": image.name, "missing": True}


def new_row(role: Role, text: str = "", id: str = "") -> Row:
    return {"id": id or f"m{secrets.token_hex(6)}", "role": role, "text": text, "images": []}
