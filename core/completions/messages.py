"""Messages of OpenAI's chat read strictly: each part in its place, and nothing left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.bounds import MOST_MESSAGES, MOST_PARTS
from core.completions.body import NotAnswered, shown
from core.conversation import Image, Message, Part, Role, Text, ToolCall, tool_call
from core.formats.data_urls import image_of, is_data_url
from core.formats.openai_format import ROLES, TEXT_PARTS
from core.tools.thinking import TAGS

IGNORED = {"refusal", "annotations", "audio", "function_call", "id"}  # in answers that come back
ROOM = 40  # of an image's address that a sentence shows
THOUGHTS = ("reasoning_content", "reasoning")


def read_messages(value: Any, thought_tags: tuple[str, ...] = ()) -> tuple[Message, ...]:
    """An image's path is its data URL, which has been read once. thought_tags: of the model, in
    which thoughts that come back are written again. Raises NotAnswered and names the message.
    """
    if not isinstance(value, list) or not value:
        raise NotAnswered(
            'messages must be a list of messages, such as [{"role": "user", "content": "Hi"}].',
            param="messages",
        )
    if len(value) > MOST_MESSAGES:
        raise NotAnswered(
            f"There are {len(value):,} messages; at most {MOST_MESSAGES:,} are read.",
            param="messages",
        )
    return tuple(_message(item, f"messages[{place}]", thought_tags)
                 for place, item in enumerate(value))  # fmt: skip


def _message(item: Any, where: str, thought_tags: tuple[str, ...]) -> Message:
    if not isinstance(item, Mapping):
        raise _wrong(where, f"is {shown(item)}; it must be an object with role and content.")
    given = item.get("role")
    role = ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise _wrong(where, f"has the role {shown(given)}; use one of {', '.join(ROLES)}.")
    own = {"assistant": {"tool_calls", *THOUGHTS}, "tool": {"tool_call_id"}}.get(role, set[str]())
    for key, one in item.items():
        if key not in {"role", "content", *own, *IGNORED} and one not in (None, [], ""):
            raise _wrong(where, f"has {shown(key)}, which is not read here. Remove it.")
    for key in IGNORED - {"id", "annotations"}:
        if item.get(key):
            raise _wrong(where, f"has {key}, which is not read here. Write it as content.")
    parts = [*_thought(item, where, thought_tags), *_parts(item.get("content"), where)]
    parts += _calls(item.get("tool_calls"), where) if role == "assistant" else []
    answered = item.get("tool_call_id") if role == "tool" else None
    if answered is not None and not isinstance(answered, str):
        raise _wrong(where, f"has the tool_call_id {shown(answered)}; it must be a string.")
    return _joined(role, parts, answered or "")


def _thought(item: Mapping[str, Any], where: str, thought_tags: tuple[str, ...]) -> list[Part]:
    """A thought that was told apart, as the model had written it."""
    given = next((item[key] for key in THOUGHTS if item.get(key)), "")
    if item.get("role") != "assistant" or not given:
        return []
    if not isinstance(given, str):
        raise _wrong(where, f"has the reasoning {shown(given)}; it must be a string.")
    opening, closing = next((pair for pair in TAGS if pair[0] in thought_tags), TAGS[0])
    return [Text(f"{opening}\n{given}\n{closing}\n\n")]


def _parts(content: Any, where: str) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list):
        raise _wrong(where, f"has the content {shown(content)}; use a string or a list of parts.")
    if len(content) > MOST_PARTS:
        raise _wrong(where, f"has {len(content):,} parts; at most {MOST_PARTS:,} are read.")
    return [_part(part, f"{where}.content[{n}]") for n, part in enumerate(content)]


def _part(part: Any, where: str) -> Part:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if isinstance(kind, str) and kind in TEXT_PARTS:
        text = part.get(TEXT_PARTS[kind])
        if not isinstance(text, str):
            raise _wrong(where, f"has no {TEXT_PARTS[kind]}.")
        return Text(text)
    if kind in ("image_url", "input_image"):
        return _image(part, where)
    raise _wrong(where, f"is of the type {shown(kind)}; use text or image_url.")


def _image(part: Mapping[str, Any], where: str) -> Image:
    given = part.get("image_url")
    detail = part.get("detail")
    if isinstance(given, Mapping):
        given, detail = given.get("url"), given.get("detail", detail)
    if detail not in (None, "auto"):
        raise _wrong(
            where, f"has the detail {shown(detail)}; only auto is possible. What images cost is "
            "set by mm_processor_kwargs, such as {\"max_image_tokens\": 256}.",
        )  # fmt: skip
    if not is_data_url(given):
        told = f" ({given[:ROOM]})" if isinstance(given, str) else ""
        raise _wrong(
            where, f"has no image in it{told}. Addresses are not fetched and files not opened: "
            "send it as a data URL, data:image/png;base64,…",
        )  # fmt: skip
    try:
        image_of(given)
    except ValueError as error:
        raise _wrong(where, f"can't be read: {error}") from error
    return Image(given)


def _calls(value: Any, where: str) -> list[Part]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_PARTS:
        raise _wrong(where, f"has tool_calls that are not a list of at most {MOST_PARTS:,}.")
    calls = [tool_call(one) for one in value]
    if None in calls:
        raise _wrong(
            where, "has a tool call that can't be read. Write it as {\"function\": {\"name\": …, "
            "\"arguments\": \"{…}\"}}.",
        )  # fmt: skip
    return [call for call in calls if isinstance(call, ToolCall)]


def _joined(role: Role, parts: list[Part], answered: str) -> Message:
    """Without empty texts, which no template needs."""
    kept = tuple(part for part in parts if not (isinstance(part, Text) and not part.text))
    return Message(role, kept, tool_call_id=answered)


def _wrong(where: str, sentence: str) -> NotAnswered:
    return NotAnswered(f"{where} {sentence}", param=where)
