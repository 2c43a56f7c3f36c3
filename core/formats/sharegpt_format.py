"""Conversations in the ShareGPT form, `{"conversations": [{"from", "value"}]}`: read and written.

It has no place for sampling values and none for images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.bounds import MOST_IMPORTED_MESSAGES, check_count
from core.conversation import Conversation, Message, Role, ToolCall, message
from core.errors import InvalidInput
from core.formats.imported_chat import ImportedChat, Notes, clean, imported_call, tools_text

ROLES: dict[str, Role] = {
    "system": "system", "human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant",
    "assistant": "assistant", "model": "assistant", "function_call": "assistant", "tool": "tool",
    "observation": "tool", "function_response": "tool",
}  # fmt: skip
WRITTEN: dict[Role, str] = {"system": "system", "user": "human", "assistant": "gpt", "tool": "tool"}
KNOWN = {"conversations", "system", "tools", "id", "title"}


def is_sharegpt(value: Any) -> bool:
    return isinstance(value, Mapping) and "conversations" in value


def read_sharegpt(value: Any, where: str) -> ImportedChat:
    """One conversation: an object with `conversations`, or the bare list. Raises InvalidInput.

    where: the file and the place in it, for errors.
    """
    body: Mapping[str, Any] = {"conversations": value} if isinstance(value, list) else value
    if not isinstance(body.get("conversations"), list):
        raise InvalidInput(f"{where}: `conversations` must be a list.")
    check_count(len(body["conversations"]), MOST_IMPORTED_MESSAGES, "messages", where)
    notes = Notes()
    turns = [
        _message(item, f"{where}, message {place}", place, notes)
        for place, item in enumerate(body["conversations"], start=1)
    ]
    if system := body.get("system"):
        if not isinstance(system, str):
            raise InvalidInput(f"{where}: `system` must be a string.")
        turns.insert(0, message("system", clean(system, notes)))
    tools = body.get("tools") or ""
    text = tools if isinstance(tools, str) else tools_text(tools)
    if unread := [str(key) for key in body if key not in KNOWN]:
        notes.add(f"Not read: {', '.join(unread)}.")
    title = clean(str(body.get("title") or body.get("id") or ""), notes)
    conversation = Conversation(tuple(turns), clean(text, notes))
    return ImportedChat(conversation, title, notes=notes.lines())


def _message(item: Any, where: str, place: int, notes: Notes) -> Message:
    if not isinstance(item, Mapping):
        raise InvalidInput(f"{where} must be an object with `from` and `value`.")
    given, text = item.get("from"), item.get("value")
    role = ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise InvalidInput(f"{where}: `from` is {given!r}; use one of {', '.join(ROLES)}.")
    if not isinstance(text, str):
        raise InvalidInput(f"{where}: `value` is {text!r}; it must be a string.")
    if given == "function_call" and (calls := _calls(text, notes, place)):
        return message(role, "", calls=calls)
    return message(role, clean(text, notes, place))


def _calls(text: str, notes: Notes, place: int) -> list[ToolCall]:
    """The calls; none where they are no JSON, so that the text stays as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    items = value if isinstance(value, list) else [value]
    calls = [call for item in items if (call := imported_call(item, notes, place))]
    return calls if len(calls) == len(items) else []


def write_sharegpt(conversation: Conversation) -> list[dict[str, Any]]:
    """A list of one conversation; images are left out."""
    turns = list(map(_written, conversation.messages))
    tools = {"tools": conversation.tools} if conversation.tools else {}
    return [{"conversations": turns, **tools}]


def _written(turn: Message) -> dict[str, str]:
    """Calls are a turn of their own in this format; calls next to a text stay a part of it."""
    if not turn.calls or turn.without_calls.parts:
        return {"from": WRITTEN[turn.role], "value": turn.text}
    calls = [{"name": c.name, "arguments": json.loads(c.arguments)} for c in turn.calls]
    value = calls[0] if len(calls) == 1 else calls
    return {"from": "function_call", "value": json.dumps(value, ensure_ascii=False)}
