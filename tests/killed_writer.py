"""Saves presets and sessions without an end, for tests that kill it; says what it has saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from core.conversation import Conversation, message
from core.library.library import Preset
from core.library.own_presets import OwnPresets
from core.sessions.session_files import Version
from core.sessions.session_store import SessionStore
from core.workspace import Workspace

PRESET = Preset("preset", "x", 1, "", "", date(2026, 1, 31), {"temperature": 0.5})


@dataclass(frozen=True)
class Kept:
    """One thing that was acknowledged. number: of a session's version, 0 for a preset."""

    key: str
    number: int
    text: str


def folders(data: Path) -> tuple[OwnPresets, SessionStore]:
    return OwnPresets(data / "presets"), SessionStore(data / "sessions")


def talk(text: str) -> Workspace:
    return Workspace(Conversation((message("user", text),)))


def write(data: Path, life: int, said: Callable[[Kept], None]) -> None:
    """life: makes names and texts different from those of other calls."""
    own, sessions = folders(data)
    number = 0
    while True:
        number += 1
        text = f"{life}.{number} " + "x" * (number * 7919 % 60_000)
        key = own.save(replace(PRESET, name=f"Preset {life}.{number}", system=text))
        said(Kept(key, 0, text))
        key = own.save(replace(PRESET, name=f"Preset {life}.{number}", system=text + "!"), key)
        said(Kept(key, 0, text + "!"))
        made = sessions.create(f"Talk {life}.{number}", talk(text))
        said(Kept(made.key, 1, text))
        version = sessions.save(made.key, talk(text + "!"), "named").versions[-1].number
        said(Kept(made.key, version, text + "!"))
        versions = [Version(n, "2026-01-31T12:00:00", "", talk(f"{text}{n}")) for n in (1, 2)]
        added = sessions.add(f"Import {life}.{number}", versions)
        for n in (1, 2):
            said(Kept(added.key, n, f"{text}{n}"))
        if number % 2:
            sessions.undelete(sessions.delete(made.key))
            own.restore(own.delete(key))


def lost(stores: tuple[OwnPresets, SessionStore], kept: list[Kept]) -> list[str]:
    """What of it is not there any more, and whatever can't be read."""
    own, store = stores
    shelf, (sessions, broken) = own.read(), store.sessions()
    wrong = [*shelf.broken.values(), *broken, *(b for s in sessions for b in s.broken)]
    texts = {
        (session.key, version.number): version.workspace.conversation.messages[0].text
        for session in (*store.deleted(), *sessions)
        for version in session.versions
    }
    texts |= {(key, 0): preset.system or "" for key, preset in shelf.presets.items()}
    trash = own.folder / "deleted"
    gone = " ".join(path.read_text() for path in trash.glob("*")) if trash.is_dir() else ""
    newest = {(one.key, one.number): one.text for one in kept}
    for (key, number), text in newest.items():
        there = texts.get((key, number), "")
        if not there.startswith(text) and not (number == 0 and text in gone):
            wrong.append(f"{key} {number} is {there[:20]!r} instead of {text[:20]!r}")
    return wrong
