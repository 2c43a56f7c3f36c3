"""Messages as values: who said what, in text and images.

Identity on the page (row ids), files and tokens are not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from core.errors import InvalidInput

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


Part = Text | Image


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. An empty tuple of parts is an empty turn, which is allowed."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, Image))


@dataclass(frozen=True, slots=True)
class Conversation:
    """tools: a JSON list of the tools that the model may call, as text; empty: none."""

    messages: tuple[Message, ...] = ()
    tools: str = ""

    @property
    def prefill(self) -> Message | None:
        """The last message if it is the assistant's: the model continues it, it is not closed."""
        if self.messages and self.messages[-1].role == "assistant":
            return self.messages[-1]
        return None

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(image for message in self.messages for image in message.images)


def message(role: Role, text: str, images: Iterable[Image] = ()) -> Message:
    """A turn of `images`, then `text`: the order that vision checkpoints are trained on."""
    return Message(role, (*images, *((Text(text),) if text else ())))


def conversation_from_dicts(dicts: Iterable[Any]) -> Conversation:
    """Read the usual `{"role", "content"}` messages; content is text or a list of parts.

    A part is `{"type": "text", "text": ...}` or `{"type": "image", "path": ...}`.
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
        extra = sorted(set(item) - {"role", "content"})
        if extra:
            raise InvalidInput(
                f"Message {place} has the key {extra[0]!r}; only 'role' and 'content' are read."
            )
        messages.append(Message(role, _parts(item.get("content"), place)))
    return Conversation(tuple(messages))


def _parts(content: Any, place: int) -> tuple[Part, ...]:
    if content is None or content == "":
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list | tuple):
        raise InvalidInput(
            f"Message {place} has content of type {type(content).__name__}; "
            "use a text or a list of parts."
        )
    parts: list[Part] = []
    for item in content:
        kind = item.get("type") if isinstance(item, Mapping) else None
        if kind == "text" and isinstance(item.get("text"), str):
            parts.append(Text(item["text"]))
        elif kind == "image" and isinstance(item.get("path"), str):
            parts.append(Image(item["path"], str(item.get("name") or "")))
        else:
            raise InvalidInput(
                f"Message {place} has the part {item!r}; use {{'type': 'text', 'text': ...}} "
                "or {'type': 'image', 'path': ...}."
            )
    return tuple(parts)


def conversation_to_dicts(conversation: Conversation) -> list[dict[str, Any]]:
    """The inverse of `conversation_from_dicts`; content is plain text where there is no image."""
    return [
        {
            "role": turn.role,
            "content": [_part_to_dict(part) for part in turn.parts] if turn.images else turn.text,
        }
        for turn in conversation.messages
    ]


def _part_to_dict(part: Part) -> dict[str, str]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    return {"type": "image", "path": part.path, "name": part.name}
