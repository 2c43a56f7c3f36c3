"""A file or a pasted text as what the page becomes; where it holds several, one is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.message_editor import MOST_MESSAGES, is_uploaded
from components.session_panel import Asked
from components.session_pictures import placed
from core.chat_files import read_chats
from core.errors import InvalidInput
from core.imported_chat import ImportedChat
from core.saved_workspace import SavedWorkspace
from core.session_files import LONGEST_NAME, Version

MOST_CHOICES = 200
EXCERPT = 90
PASTED = "The pasted text"


@dataclass(frozen=True)
class Imported:
    """choices: where one must be chosen first; then the rest says nothing.

    title: a name to propose. versions: of a whole session. sentence, notes: what happened.
    """

    saved: SavedWorkspace
    title: str = ""
    versions: tuple[Version, ...] = ()
    sentence: str = ""
    notes: tuple[str, ...] = ()
    choices: dict[str, Any] | None = None


def imported(page: SavedWorkspace, ask: Asked) -> Imported:
    """page: what is on the page; settings that the file doesn't name stay. Raises InvalidInput."""
    content, name = _content(ask)
    chats = read_chats(content, name)
    if len(chats) > 1 and ask.place is None:
        return Imported(page, choices=_choices(chats, name))
    place = ask.place or 0
    if not 0 <= place < len(chats):
        raise InvalidInput(f"{name} has no conversation {place + 1}; it has {len(chats)}.")
    chat = chats[place]
    stem = "" if ask.text else name.split(".")[0]
    title = " ".join((chat.title or stem).split())[:LONGEST_NAME]
    return _imported(page, chat, title, name)


def _content(ask: Asked) -> tuple[bytes | str, str]:
    if ask.text:
        return ask.text, PASTED
    name = Path(ask.name or ask.path).name
    if not is_uploaded(ask.path):
        raise InvalidInput(f"{name or 'The file'} was not uploaded. Choose it again.")
    try:
        return Path(ask.path).read_bytes(), name
    except OSError as error:
        raise InvalidInput(f"{name} can't be read: {error}. Choose it again.") from error


def _choices(chats: tuple[ImportedChat, ...], name: str) -> dict[str, Any]:
    more = len(chats) - MOST_CHOICES
    shown = f", the first {MOST_CHOICES} of them" if more > 0 else ""
    return {
        "title": f"{name} holds {len(chats)} conversations{shown}",
        "items": [
            {"place": place, "title": _excerpt(chat), "about": _about(chat)}
            for place, chat in enumerate(chats[:MOST_CHOICES])
        ],
    }


def _excerpt(chat: ImportedChat) -> str:
    texts = [turn.text for turn in chat.conversation.messages if turn.role == "user" and turn.text]
    line = " ".join((chat.title or next(iter(texts), "Without a user message"))[:1000].split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def _about(chat: ImportedChat) -> str:
    count = len(chat.conversation.messages)
    return f"{count} message{'' if count == 1 else 's'}"


def _imported(page: SavedWorkspace, chat: ImportedChat, title: str, name: str) -> Imported:
    params = replace(page.params, **chat.sampling)
    saved = chat.workspace or replace(page, conversation=chat.conversation, params=params)
    messages = saved.conversation.messages
    notes = list(chat.notes)
    if len(messages) > MOST_MESSAGES:
        notes.append(f"Only the first {MOST_MESSAGES} of {len(messages)} messages fit the page.")
        conversation = replace(saved.conversation, messages=messages[:MOST_MESSAGES])
        saved = replace(saved, conversation=conversation)
    saved, _ = placed(saved)
    versions = tuple(replace(v, workspace=placed(v.workspace)[0]) for v in chat.versions)
    values = ", ".join(chat.sampling)
    sentence = f"Imported {_about(chat)} from {name}" + (f", with {values}." if values else ".")
    if versions:
        sentence = f"Imported the session “{title}” with {len(versions)} versions from {name}."
    return Imported(saved, title, versions, sentence, tuple(notes))
