"""What the files of a session hold: its names, and its versions. Strict where they are read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.sessions.data_folder import write_atomically
from core.sessions.saved_answers import SavedAnswer, answers_from_dicts
from core.workspace import Workspace
from core.workspace_json import workspace_from_dict

FORMAT = "lfm-playground-session"
LAYOUT = 1
LONGEST_NAME = 120  # characters
LARGEST_FILE = 64_000_000  # bytes of a version: more than any request or import could fill
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
HALF_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")
VERSION_FILE = re.compile(r"(\d{4,9})\.json")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a session. time: ISO 8601, local. name: empty where it has none. answers: those
    that its lanes showed.
    """

    number: int
    time: str
    name: str
    workspace: Workspace
    answers: tuple[SavedAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """key: its folder's name. versions: the oldest first. broken: a sentence for each that can't
    be read.
    """

    key: str
    name: str
    versions: tuple[Version, ...]
    broken: tuple[str, ...] = ()

    @property
    def time(self) -> str:
        """When the newest version was saved."""
        return self.versions[-1].time if self.versions else ""

    def version(self, number: int) -> Version:
        for version in self.versions:
            if version.number == number:
                return version
        raise InvalidInput(f"The session {self.name!r} has no version {number} that can be read.")


@dataclass(frozen=True, slots=True)
class Head:
    """What `session.json` holds. versions: names by number, of those that have one."""

    name: str
    versions: Mapping[int, str]


def read_head(value: Any) -> Head:
    """Raises InvalidInput, naming the field."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InvalidInput(f"It has no `format` {FORMAT!r}.")
    if value.get("layout") != LAYOUT:
        raise InvalidInput(f"Its `layout` is {value.get('layout')!r}; {LAYOUT} can be read.")
    name, versions = value.get("name"), value.get("version_names", {})
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput(f"Its `name` is {name!r}; it must be a string.")
    if not isinstance(versions, dict) or not all(
        isinstance(v, str) and n.isascii() and n.isdecimal() for n, v in versions.items()
    ):
        raise InvalidInput("Its `version_names` must map version numbers to strings.")
    return Head(name, {int(number): text for number, text in versions.items()})


def write_head(folder: Path, head: Head) -> None:
    names = {str(number): head.versions[number] for number in sorted(head.versions)}
    value = {"format": FORMAT, "layout": LAYOUT, "name": head.name, "version_names": names}
    write_atomically(folder / "session.json", json_text(value))


def read_version(value: Any) -> Version:
    """Without number and name, which are kept elsewhere. Raises InvalidInput, naming the field."""
    if not isinstance(value, dict):
        raise InvalidInput("It holds no version.")
    time, workspace = checked_time(value.get("time")), workspace_from_dict(value.get("workspace"))
    return Version(0, time, "", workspace, answers_from_dicts(value.get("answers")))


def checked_time(value: Any) -> str:
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"`time` is {value!r}; it must look like 2026-01-31T12:00:00."
        ) from error


def version_files(folder: Path) -> list[tuple[int, Path]]:
    """Number and path of each version, the oldest first. Raises OSError."""
    versions = folder / "versions"
    try:
        names = os.listdir(versions)
    except FileNotFoundError:
        if versions.is_symlink():
            raise
        names = []
    named = ((VERSION_FILE.fullmatch(name), name) for name in names)
    return sorted((int(match[1]), versions / name) for match, name in named if match)


def checked_name(name: Any) -> str:
    """The name of a session or of a version, in one line. Raises InvalidInput."""
    text = " ".join(name.split()) if isinstance(name, str) else ""
    text = "".join(letter for letter in text if letter.isprintable())
    if not 1 <= len(text) <= LONGEST_NAME:
        raise InvalidInput(
            f"The name has {len(text)} characters; it must have 1 to {LONGEST_NAME}."
        )
    return text


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def json_value(content: bytes) -> Any:
    """What JSON in UTF-8 holds. Raises ValueError or RecursionError where it is none, or holds half
    of a character, which no page could be sent.
    """
    value = json.loads(content.decode("utf-8"))
    if HALF_ESCAPED.search(content):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise InvalidInput("A text holds half of a character (a lone surrogate).") from error
    return value
