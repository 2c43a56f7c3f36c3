"""Messages as values: who said what, in text, images and calls of tools.

Files and tokens are not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import Any, Literal, get_args

from core.errors import InvalidInput
from core.tools.call_writer import call_of, calls_text

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Text:
    """A run of characters, kept byte for byte."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image file on the machine that runs the engine."""

    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that came in as a value. One that a model wrote is text, kept as it was written.

    id: by which its result names it, may be empty. arguments: a JSON object, as text.
    """

    id: str
    name: str
    arguments: str = "{}"


Part = Text | Image | ToolCall


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. An empty tuple of parts is an empty turn, which is allowed.

    id: tells it from others while it is edited, empty where nobody edits it; equal messages may
    have different ones. tool_call_id: the call that a tool's message answers; empty where it isn't
    known.
    """

    role: Role
    parts: tuple[Part, ...]
    id: str = field(default="", compare=False)
    tool_call_id: str = ""

    @property
    def text(self) -> str:
        """All of it but the images; calls are as LFM models write them."""
        return "".join(part.text for part in self.in_text.parts if isinstance(part, Text))

    @property
    def in_text(self) -> Message:
        """The same with calls as text, as LFM models write them."""
        if not self.calls:
            return self
        parts: list[Part] = []
        for is_call, run in groupby(self.parts, lambda part: isinstance(part, ToolCall)):
            alike = list(run)
            parts += [Text(text_of_calls(alike))] if is_call else alike
        return replace(self, parts=tuple(parts))

    @property
    def without_calls(self) -> Message:
        return replace(self, parts=tuple(p for p in self.parts if not isinstance(p, ToolCall)))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, Image))

    def with_text(self, text: str) -> Message:
        """The same turn with its images and another text."""
        return replace(self, parts=message(self.role, text, self.images).parts)

    def with_images(self, images: Iterable[Image]) -> Message:
        """The same turn with its text and other images."""
        return replace(self, parts=message(self.role, self.text, images).parts)


@dataclass(frozen=True, slots=True)
class Conversation:
    """tools: a JSON list of the tools that the model may call, as text; empty: none. plain: the
    messages' texts are the whole prompt, without a chat template, control tokens included.
    """

    messages: tuple[Message, ...] = ()
    tools: str = ""
    plain: bool = False

    @property
    def prefill(self) -> Message | None:
        """The last message if it is the assistant's: the model continues it, it is not closed."""
        if self.messages and self.messages[-1].role == "assistant":
            return self.messages[-1]
        return None

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(image for message in self.messages for image in message.images)


def message(
    role: Role,
    text: str,
    images: Iterable[Image] = (),
    id: str = "",
    calls: Iterable[ToolCall] = (),
) -> Message:
    """A turn of `images`, then `text`: the order that vision checkpoints are trained on."""
    return Message(role, (*images, *((Text(text),) if text else ()), *calls), id)


def tool_call(value: Any) -> ToolCall | None:
    """What `core.tools.call_writer.call_of` reads, as a part."""
    found = call_of(value)
    return ToolCall(*found) if found else None


def text_of_calls(calls: Iterable[Part]) -> str:
    return calls_text((c.name, c.arguments) for c in calls if isinstance(c, ToolCall))


def conversation_from_dicts(dicts: Iterable[Any]) -> Conversation:
    """Read the usual `{"role", "content"}` messages; content is text or a list of parts.

    A part is `{"type": "text", "text": ...}`, `{"type": "image", "path": ...}`, or of an assistant
    `{"type": "tool_call", "id": ..., "name": ..., "arguments": ...}`.
    Raises InvalidInput and names the message by its place, counted from 1.
    """
    messages = []
    for place, item in enumerate(dicts, start=1):
        if not isinstance(item, Mapping):
            raise InvalidInput(f"Message {place} is {item!r}; write it as {{'role', 'content'}}.")
        role = item.get("role")
        if role not in ROLES:
            raise InvalidInput(
                f"Message {place} has the role {role!r}; use one of {', '.join(ROLES)}."
            )
        extra = sorted(set(item) - {"role", "content", *(["tool_call_id"] * (role == "tool"))})
        if extra:
            raise InvalidInput(
                f"Message {place} has the key {extra[0]!r}; only 'role' and 'content' are read."
            )
        answered = item.get("tool_call_id", "")
        if not isinstance(answered, str):
            raise InvalidInput(f"Message {place} has the tool_call_id {answered!r}; use a string.")
        parts = _parts(item.get("content"), place, role == "assistant")
        messages.append(Message(role, parts, tool_call_id=answered))
    return Conversation(tuple(messages))


def _parts(content: Any, place: int, may_call: bool) -> tuple[Part, ...]:
    if content is None or content == "":
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list | tuple):
        raise InvalidInput(
            f"Message {place} has content of type {type(content).__name__}; "
            "use a string or a list of parts."
        )
    parts: list[Part] = []
    for item in content:
        kind = item.get("type") if isinstance(item, Mapping) else None
        if kind == "text" and isinstance(item.get("text"), str):
            parts.append(Text(item["text"]))
        elif kind == "image" and isinstance(item.get("path"), str):
            parts.append(Image(item["path"], str(item.get("name") or "")))
        elif kind == "tool_call" and may_call and (call := tool_call(item)):
            parts.append(call)
        else:
            raise InvalidInput(
                f"Message {place} has the part {item!r}; use {{'type': 'text', 'text': ...}} "
                "or {'type': 'image', 'path': ...}."
            )
    return tuple(parts)


def conversation_to_dicts(conversation: Conversation) -> list[dict[str, Any]]:
    """The inverse of `conversation_from_dicts`; content is plain text where there is only text."""
    return [
        {
            "role": turn.role,
            "content": [_part_to_dict(part) for part in turn.parts]
            if turn.images or turn.calls
            else turn.text,
            **({"tool_call_id": turn.tool_call_id} if turn.tool_call_id else {}),
        }
        for turn in conversation.messages
    ]


def _part_to_dict(part: Part) -> dict[str, str]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, ToolCall):
        return {"type": "tool_call", **asdict(part)}
    return {"type": "image", "path": part.path, "name": part.name}
