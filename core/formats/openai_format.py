"""Conversations in the form of OpenAI's chat API, `{"messages": [...]}`: read and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from core.bounds import MOST_IMPORTED_MESSAGES, MOST_PARTS, check_count
from core.conversation import Conversation, Image, Message, Role, ToolCall, message
from core.errors import InvalidInput
from core.formats.data_urls import is_data_url
from core.formats.imported_chat import (
    ImportedChat,
    Notes,
    clean,
    imported_call,
    read_sampling,
    tools_text,
)
from core.sampling import is_on, samplers
from core.workspace import Workspace

ROLES: dict[Any, Role] = {
    "system": "system", "developer": "system", "user": "user", "assistant": "assistant",
    "tool": "tool", "function": "tool",
}  # fmt: skip
OWN = {row.elsewhere.openai.name: name for name, row in samplers().items() if row.elsewhere.openai}
# OpenAI has none of these; vLLM, SGLang and others read them by Transformers' names.
EXTENSIONS = tuple(name for name, row in samplers().items() if not row.elsewhere.openai)
SAMPLING = {
    **OWN, "max_tokens": "max_new_tokens", "max_completion_tokens": "max_new_tokens",
    "seed": "seed", "stop": "stop", **{name: name for name in EXTENSIONS},
}  # fmt: skip
TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
TITLES = ("title", "custom_id", "id")


def is_openai(value: Any) -> bool:
    return isinstance(value, Mapping) and "messages" in _body(value)


def read_openai(value: Any, where: str) -> ImportedChat:
    """One conversation: an object with `messages`, or the bare list. Raises InvalidInput.

    where: the file and the place in it, for errors. A line of a batch (`body`) is read too.
    """
    body = {"messages": value} if isinstance(value, list) else _body(value)
    if not isinstance(body.get("messages"), list):
        raise InvalidInput(f"{where}: `messages` must be a list.")
    check_count(len(body["messages"]), MOST_IMPORTED_MESSAGES, "messages", where)
    notes = Notes()
    turns = [
        _message(item, f"{where}, message {place}", place, notes)
        for place, item in enumerate(body["messages"], start=1)
    ]
    tools = body.get("tools")
    if tools is not None and not isinstance(tools, list):
        raise InvalidInput(f"{where}: `tools` must be a list.")
    sampling = read_sampling(body, SAMPLING, notes)
    known = {"messages", "tools", *SAMPLING, *TITLES}
    if unread := [str(key) for key in body if key not in known]:
        notes.add(f"Not read: {', '.join(unread)}.")
    outer = value if isinstance(value, Mapping) else {}
    title = next((str(one[key]) for one in (outer, body) for key in TITLES if one.get(key)), "")
    conversation = Conversation(tuple(turns), clean(tools_text(tools), notes))
    return ImportedChat(conversation, clean(title, notes), sampling, notes=notes.lines())


def _body(value: Any) -> Mapping[str, Any]:
    inner = value.get("body") if isinstance(value, Mapping) else None
    return cast(Mapping[str, Any], inner if isinstance(inner, Mapping) else value)


def _message(item: Any, where: str, place: int, notes: Notes) -> Message:
    if not isinstance(item, Mapping):
        raise InvalidInput(f"{where} is {_short(item)}; it must have `role` and `content`.")
    given = item.get("role")
    role = ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise InvalidInput(f"{where}: `role` is {_short(given)}; use one of {', '.join(ROLES)}.")
    text, images = _content(item.get("content"), where, place, notes)
    own = {"assistant": ("tool_calls", "function_call"), "tool": ("tool_call_id",)}.get(role, ())
    calls = _calls(item, where, place, notes) if role == "assistant" else []
    for key in set(item) - {"role", "content", *own}:
        if item[key] not in (None, [], ""):
            notes.add(f"`{clean(str(key), notes)}` is left out.", place)
    turn = message(role, clean(text, notes, place), images, calls=calls)
    answered = item.get("tool_call_id") if role == "tool" else ""
    return replace(turn, tool_call_id=clean(str(answered or ""), notes, place))


def _calls(item: Mapping[str, Any], where: str, place: int, notes: Notes) -> list[ToolCall]:
    given = item.get("tool_calls") or []
    if not isinstance(given, list):
        raise InvalidInput(f"{where}: `tool_calls` must be a list.")
    if item.get("function_call"):
        given = [*given, item["function_call"]]
    check_count(len(given), MOST_PARTS, "tool calls", where)
    calls = [imported_call(call, notes, place) for call in given]
    if None in calls:
        raise InvalidInput(
            f"{where}: `tool_calls` must have a `function` with a `name` and `arguments` in JSON."
        )
    return [call for call in calls if call is not None]


def _content(content: Any, where: str, place: int, notes: Notes) -> tuple[str, list[Image]]:
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        raise InvalidInput(f"{where}: `content` is {_short(content)}; use a string or a list.")
    check_count(len(content), MOST_PARTS, "parts", where)
    texts: list[str] = []
    images: list[Image] = []
    for number, part in enumerate(content, start=1):
        if isinstance(part, str):
            texts.append(part)
            continue
        kind = part.get("type") if isinstance(part, Mapping) else None
        if not isinstance(kind, str):
            raise InvalidInput(f"{where}: part {number} of `content` has no `type`.")
        if kind in TEXT_PARTS:
            text = part.get(TEXT_PARTS[kind])
            if not isinstance(text, str):
                raise InvalidInput(f"{where}: part {number} of `content` has no `text`.")
            texts.append(text)
        elif kind in ("image_url", "input_image"):
            images += _image(part.get("image_url"), place, notes)
        else:
            notes.add(f"a part of type `{clean(kind, notes)}` is left out.", place)
    return "".join(texts), images


def _image(value: Any, place: int, notes: Notes) -> list[Image]:
    url = value.get("url") if isinstance(value, Mapping) else value
    if is_data_url(url):
        return [Image(url)]
    notes.add("an image is left out: only images in the file itself are read.", place)
    return []


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


# -- writing ----------------------------------------------------------------------------------
def write_openai(saved: Workspace, url_of: Callable[[Image], str], notes: Notes) -> dict[str, Any]:
    """url_of: an image's data URL, empty where it is left out."""
    conversation = saved.conversation
    value: dict[str, Any] = {"messages": [_written(m, url_of) for m in conversation.messages]}
    if conversation.tools:
        try:
            value["tools"] = json.loads(conversation.tools)
        except (ValueError, RecursionError):
            notes.add("The tools are left out: they are not JSON.")
    params = saved.params
    for theirs, ours in SAMPLING.items():
        given = getattr(params, ours)
        off = theirs in EXTENSIONS and not is_on(params, ours)
        if not off and given not in (None, ()) and theirs != "max_completion_tokens":
            value[theirs] = list(given) if isinstance(given, tuple) else given
    return value


def _written(turn: Message, url_of: Callable[[Image], str]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": url}} for url in map(url_of, turn.images) if url
    ]
    text = turn.without_calls.text
    if parts and text:
        parts.append({"type": "text", "text": text})
    written: dict[str, Any] = {"role": turn.role, "content": parts or text}
    if turn.tool_call_id:
        written["tool_call_id"] = turn.tool_call_id
    if turn.calls:
        written["tool_calls"] = list(map(written_call, turn.calls))
    return written


def openai_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Below "function", whether it was typed so or flat."""
    if "function" in tool:
        return {**tool, "type": "function"}
    fields = {name: value for name, value in tool.items() if name != "type"}
    return {"type": "function", "function": fields}


def written_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {**({"id": call.id} if call.id else {}), "type": "function", "function": function}
