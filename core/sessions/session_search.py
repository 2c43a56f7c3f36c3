"""Finds sessions by words in their names, the names of their versions, and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.conversation import Conversation
from core.sessions.session_files import Session

NAME, VERSION_NAME, MESSAGE = 100, 20, 1  # a word found in a name outweighs any in a message
WHOLE_WORD = 3
EXCERPT = 120  # characters


@dataclass(frozen=True, slots=True)
class Found:
    """excerpt: of the message with the first word of the query, else of the newest version."""

    session: Session
    excerpt: str


def search(sessions: Sequence[Session], query: str) -> tuple[Found, ...]:
    """Those that hold every word of the query, the best first, of equals in the given order.

    A word is found inside others too, in upper or lower case. An empty query finds all.
    """
    words = query.casefold().split()
    scored = [(_score(session, words), session) for session in sessions]
    found = sorted(
        (pair for pair in scored if pair[0] is not None), key=lambda pair: -(pair[0] or 0)
    )
    return tuple(Found(session, _excerpt(session, words)) for _, session in found)


def _score(session: Session, words: Sequence[str]) -> int | None:
    """None where a word is missing."""
    names = "\n".join(version.name for version in session.versions).casefold()
    fields = ((session.name.casefold(), NAME), (names, VERSION_NAME))
    messages: str | None = None
    total = 0
    for word in words:
        points = sum(weight * _hit(text, word) for text, weight in fields)
        if not points:
            if messages is None:
                messages = "\n".join(_text(v.workspace.conversation) for v in session.versions)
            points = MESSAGE * _hit(messages, word)
        if not points:
            return None
        total += points
    return total


def _hit(text: str, word: str) -> int:
    """0 where the word is not there, more where it begins a word of the text."""
    place = text.find(word)
    if place < 0:
        return 0
    return WHOLE_WORD if text.startswith(word) or f" {word}" in text else 1


@lru_cache(maxsize=4096)
def _text(conversation: Conversation) -> str:
    return "\n".join(turn.text for turn in conversation.messages).casefold()


def _excerpt(session: Session, words: Sequence[str]) -> str:
    if not session.versions:
        return ""
    texts = [
        turn.text for v in reversed(session.versions) for turn in v.workspace.conversation.messages
    ]
    newest = session.versions[-1].workspace.conversation.messages
    for text in texts if words else ():
        place = text.casefold().find(words[0])
        if place >= 0:
            start = max(0, place - EXCERPT // 3)
            return ("…" if start else "") + _line(text[start : start + 2 * EXCERPT])
    users = [turn.text for turn in newest if turn.role == "user" and turn.text]
    return _line(users[-1]) if users else ""


def _line(text: str) -> str:
    line = " ".join(text[: 4 * EXCERPT].split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"
