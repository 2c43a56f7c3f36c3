"""Imports a file or a pasted text as the new page. Of several conversations, one is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from components.sessions.session_panel import Asked
from components.sessions.session_pictures import Unpacked
from components.uploads import uploaded_file
from components.wording import counted
from core.bounds import LARGEST_FILE, MOST_MESSAGES
from core.errors import InvalidInput, reason
from core.formats.chat_files import read_chats
from core.formats.imported_chat import ImportedChat
from core.sessions.session_files import LONGEST_NAME, Version
from core.workspace import Workspace

MOST_CHOICES = 200
EXCERPT = 90
PASTED = "The pasted text"


@dataclass(frozen=True)
class Imported:
    """choices: the conversations if one must be chosen first; the other fields are then empty.

    title: a suggested name. versions: of a whole session. sentence, notes: what happened.
    """

    saved: Workspace
    title: str = ""
    versions: tuple[Version, ...] = ()
    sentence: str = ""
    notes: tuple[str, ...] = ()
    choices: dict[str, Any] | None = None


def imported(page: Workspace, ask: Asked) -> Imported:
    """page: the current page. Settings that the file doesn't set stay. Raises InvalidInput."""
    content, name = _content(ask)
    chats = read_chats(content, name)
    if len(chats) > 1 and ask.place is None:
        return Imported(page, choices=_choices(chats, name))
    place = ask.place or 0
    if not 0 <= place < len(chats):
        raise InvalidInput(
            f"{name} has no conversation {place + 1}; it has {counted(len(chats), 'conversation')}."
        )
    chat = chats[place]
    stem = "" if ask.text else name.split(".")[0]
    title = " ".join((chat.title or stem).split())[:LONGEST_NAME]
    return _imported(page, chat, title, name)


def _content(ask: Asked) -> tuple[bytes | str, str]:
    """The bytes of a file, or a text, with its name. Raises InvalidInput."""
    if ask.text:
        _check_size(len(ask.text), PASTED)
        return ask.text, PASTED
    name = PurePath(ask.name or ask.file).name or "The file"
    if (file := uploaded_file(ask.file)) is None:
        raise InvalidInput(f"{name} was not uploaded. Choose it again.")
    try:
        _check_size(file.stat().st_size, name)
        return file.read_bytes(), name
    except OSError as error:
        raise InvalidInput(f"{name} can't be read: {reason(error)} Choose it again.") from error


def _check_size(size: int, name: str) -> None:
    if size > LARGEST_FILE:
        raise InvalidInput(
            f"{name} is {size / 2**20:.1f} MB; the limit is {LARGEST_FILE // 2**20} MB. Split it."
        )


def _choices(chats: tuple[ImportedChat, ...], name: str) -> dict[str, Any]:
    more = len(chats) - MOST_CHOICES
    shown = f", the first {MOST_CHOICES} of them" if more > 0 else ""
    return {
        "title": f"{name} holds {counted(len(chats), 'conversation')}{shown}",
        "items": [
            {"place": place, "title": _excerpt(chat), "about": _about(chat)}
            for place, chat in enumerate(chats[:MOST_CHOICES])
        ],
    }


def _excerpt(chat: ImportedChat) -> str:
    texts = [turn.text for turn in chat.conversation.messages if turn.role == "user" and turn.text]
    line = " ".join((chat.title or next(iter(texts), "No user message"))[:1000].split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def _about(chat: ImportedChat) -> str:
    count = len(chat.conversation.messages)
    return counted(count, "message")


def _imported(page: Workspace, chat: ImportedChat, title: str, name: str) -> Imported:
    params = replace(page.params, **chat.sampling)
    saved = chat.workspace or replace(page, conversation=chat.conversation, params=params)
    messages = saved.conversation.messages
    notes = list(chat.notes)
    if len(messages) > MOST_MESSAGES:
        notes.append(f"Only the first {MOST_MESSAGES} of {len(messages)} messages were imported.")
        conversation = replace(saved.conversation, messages=messages[:MOST_MESSAGES])
        saved = replace(saved, conversation=conversation)
    images = Unpacked()
    saved = images.placed(saved)
    versions = tuple(replace(v, workspace=images.placed(v.workspace)) for v in chat.versions)
    values = ", ".join(chat.sampling)
    sentence = f"Imported {_about(chat)} from {name}" + (f", with {values}." if values else ".")
    if versions:
        count = counted(len(versions), "version")
        sentence = f"Imported the session “{title}” with {count} from {name}."
    return Imported(saved, title, versions, sentence, tuple(notes))
