"""Files of conversations: what one is, is seen from its content; written in any of the formats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.access.file_access import Folders
from core.bounds import LARGEST_EXPORT, MOST_CONVERSATIONS, MOST_IMPORTED_MESSAGES, check_count
from core.conversation import Image
from core.errors import InvalidInput
from core.formats.data_urls import data_url
from core.formats.imported_chat import ImportedChat, Notes
from core.formats.openai_format import is_openai, read_openai, write_openai
from core.formats.own_files import is_own, read_own, write_session, write_workspace
from core.formats.plain_text_format import read_plain_text, write_plain_text
from core.formats.sharegpt_format import is_sharegpt, read_sharegpt, write_sharegpt
from core.sessions.session_files import Session, json_text
from core.workspace import Workspace

# By key: the name on the page, and the file's ending.
FORMATS = {
    "session": ("Session, all versions", ".session.json"),
    "page": ("Page: messages and all settings", ".page.json"),
    "openai": ("OpenAI JSON", ".json"),
    "jsonl": ("OpenAI JSONL", ".jsonl"),
    "sharegpt": ("ShareGPT JSON", ".sharegpt.json"),
    "text": ("Plain text", ".txt"),
}
KNOWN = (
    "It must be a file of this playground, OpenAI chat JSON or JSONL (`messages`), "
    "ShareGPT JSON (`conversations`) or plain text"
)


# -- reading ----------------------------------------------------------------------------------
def read_chats(content: bytes | str, name: str) -> tuple[ImportedChat, ...]:
    """The conversations of a file, one or more. name: of the file, for errors.

    Raises InvalidInput, naming the file, the line or the place, and the field.
    """
    text = _decoded(content, name)
    if not text.strip():
        raise InvalidInput(f"{name} is empty. {KNOWN}.")
    if text.lstrip()[0] not in "[{":
        return (read_plain_text(text, name),)
    try:
        try:
            value = _json(text)
        except json.JSONDecodeError as error:
            return _lines(text, name, error)
        return _conversations(value, name)
    except RecursionError as error:
        raise InvalidInput(f"{name} is nested too deeply to be a conversation. {KNOWN}.") from error


def _json(text: str) -> Any:
    """Raises JSONDecodeError, also for a number that Python refuses to read."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise json.JSONDecodeError("a number has too many digits", text, 0) from error


def _decoded(content: bytes | str, name: str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        return content.decode("utf-16" if wide else "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInput(f"{name}, line {line}: it is not UTF-8. Save it as UTF-8.") from error


def _lines(text: str, name: str, error: json.JSONDecodeError) -> tuple[ImportedChat, ...]:
    """JSONL, if its first line is JSON of its own; else the error of the whole file is said."""
    check_count(text.count("\n"), MOST_IMPORTED_MESSAGES, "lines of JSON", name)
    values: list[tuple[str, Any]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append((f"{name}, line {number}", _json(line)))
        except json.JSONDecodeError as reason:
            first = not values
            where, column = (error.lineno, error.colno) if first else (number, reason.colno)
            why = error.msg if first else reason.msg
            raise InvalidInput(
                f"{name}, line {where}, column {column}: it is not JSON ({why}). To import it as "
                "plain text, begin it with `User:`."
            ) from reason
    if all(_has(value, "role") for _, value in values):
        return (read_openai([value for _, value in values], name),)
    check_count(len(values), MOST_CONVERSATIONS, "conversations", name)
    return _several(values, name)


def _conversations(value: Any, name: str) -> tuple[ImportedChat, ...]:
    if not isinstance(value, list):
        return (_conversation(value, name),)
    if not value:
        raise InvalidInput(f"{name} is an empty list. {KNOWN}.")
    if _has(value[0], "role"):
        return (read_openai(value, name),)
    if _has(value[0], "from"):
        return (read_sharegpt(value, name),)
    check_count(len(value), MOST_CONVERSATIONS, "conversations", name)
    places = ((f"{name}, conversation {n}", item) for n, item in enumerate(value, start=1))
    return _several(places, name)


def _several(values: Iterable[tuple[str, Any]], name: str) -> tuple[ImportedChat, ...]:
    """values: each with its place in the file."""
    chats: list[ImportedChat] = []
    messages = 0
    for where, value in values:
        chats.append(_conversation(value, where))
        messages += len(chats[-1].conversation.messages)
        check_count(messages, MOST_IMPORTED_MESSAGES, "messages", name)
    return tuple(chats)


def _has(value: Any, key: str) -> bool:
    return isinstance(value, Mapping) and key in value


def _conversation(value: Any, where: str) -> ImportedChat:
    if is_own(value):
        return read_own(value, where)
    if is_openai(value):
        return read_openai(value, where)
    if is_sharegpt(value):
        return read_sharegpt(value, where)
    keys = (
        f"has {', '.join(map(repr, list(value)[:5]))}" if isinstance(value, Mapping) else "hasn't"
    )
    raise InvalidInput(f"{where} {keys} and no `messages` or `conversations`. {KNOWN}.")


# -- writing ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Exported:
    """name: of the file. left_out: sentences about what its format can't hold."""

    name: str
    text: str
    left_out: tuple[str, ...]


def write_chat(
    form: str, title: str, saved: Workspace, session: Session | None, with_images: bool,
    folders: Folders,
) -> Exported:  # fmt: skip
    """form: a key of FORMATS. session: for the form `session` alone. folders: where its images may
    lie. Raises InvalidInput.
    """
    if form not in FORMATS:
        raise InvalidInput(f"Unknown format {form!r}; use one of {', '.join(FORMATS)}.")
    if not saved.conversation.messages:
        raise InvalidInput("No messages to export. Write one first.")
    notes = Notes()
    if form == "session":
        if session is None:
            raise InvalidInput("The page is not a session yet. Save it, or export the page.")
        text = json_text(write_session(session, with_images, folders, notes))
    elif form == "page":
        text = json_text(write_workspace(saved, with_images, folders, notes))
    else:
        text = _common(form, saved, folders if with_images else (), notes)
    return Exported(file_name(title) + FORMATS[form][1], text, notes.lines())


def _common(form: str, saved: Workspace, images: Folders, notes: Notes) -> str:
    """One of the formats that others know too. images: folders whose images go along."""
    if form in ("openai", "jsonl"):
        value = write_openai(saved, _url_of(images, notes), notes)
        notes.add("Presets, image budgets, lanes and names of images have no place in it.")
        return (
            json_text(value) if form == "openai" else json.dumps(value, ensure_ascii=False) + "\n"
        )
    if saved.conversation.images:
        notes.add("Images have no place in it.")
    notes.add("Sampling values, presets, image budgets and lanes have no place in it.")
    if form == "sharegpt":
        return json_text(write_sharegpt(saved.conversation))
    if saved.conversation.tools:
        notes.add("Tools have no place in it.")
    if any("\r" in turn.text for turn in saved.conversation.messages):
        notes.add("Carriage returns became line feeds.")
    return write_plain_text(saved.conversation)


def _url_of(images: Folders, notes: Notes) -> Callable[[Image], str]:
    """Raises InvalidInput where they become too many: here each image stands in each message."""
    room = LARGEST_EXPORT

    def url(image: Image) -> str:
        nonlocal room
        found = data_url(image.path, images)
        if not found:
            notes.add(f"The image {image.name or 'without a name'} is left out.")
        room -= len(found)
        if room < 0:
            raise InvalidInput(
                f"With its images the file would have more than {LARGEST_EXPORT // 2**20} MB. "
                "Export it without images, or as a page, which holds each image once."
            )
        return found

    return url


def file_name(title: str) -> str:
    """The title as a name that every system allows for a file."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "-", title).strip(" .-")
    return name[:80].strip(" .-") or "conversation"
