"""Reads sessions from their folders; what did not change on the disk is read once.

What can't be read is named in a sentence and stays where it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, reason
from core.sessions.data_folder import read_regular
from core.sessions.deleted import DELETED
from core.sessions.session_files import (
    KEY,
    LARGEST_FILE,
    Head,
    Session,
    Version,
    json_value,
    read_head,
    read_version,
    version_files,
)
from core.sessions.session_images import found_images

MOST_BYTES = 256_000_000  # of files whose content is remembered
MOST_FILES = 100_000
Stamp = tuple[int, int, int]  # when it was changed, its size and its number


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a file that can't be read is remembered as."""

    why: str


class SessionReader:
    """Safe to use from many threads. The files read last are remembered, within MOST_BYTES."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: OrderedDict[Path, tuple[Stamp, Any]] = OrderedDict()
        self._bytes = 0  # of the files remembered

    def all(self, parent: Path) -> tuple[tuple[Session, ...], tuple[str, ...]]:
        """The sessions of a folder, the one saved last first; a sentence for each broken one."""
        found: list[Session] = []
        broken: list[str] = []
        try:
            folders = sorted(parent.iterdir())
        except FileNotFoundError:
            return (), ()
        except OSError as error:
            return (), (f"{parent} can't be read: {reason(error)}",)
        for folder in folders:
            if is_key(folder.name):
                try:
                    found.append(self.session(folder))
                except InvalidInput as error:
                    broken.append(str(error))
        found.sort(key=lambda session: session.time, reverse=True)
        return tuple(found), tuple(broken)

    def session(self, folder: Path) -> Session:
        """Raises InvalidInput where its names can't be read; broken versions are left out."""

        def read(value: Any) -> Version:
            version = read_version(value)
            return replace(version, workspace=found_images(version.workspace, folder))

        head = self.head(folder)
        versions: list[Version] = []
        broken: list[str] = []
        try:
            files = version_files(folder)
        except OSError as error:
            files, broken = [], [unreadable(folder / "versions", reason(error))]
        for number, path in files:
            try:
                version = self._parsed(path, read)
            except InvalidInput as error:
                broken.append(str(error))
            else:
                name = head.versions.get(number, "")
                versions.append(replace(version, number=number, name=name))
        return Session(folder.name, head.name, tuple(versions), tuple(broken))

    def head(self, folder: Path) -> Head:
        """Raises InvalidInput."""
        return self._parsed(folder / "session.json", read_head)

    def _parsed(self, path: Path, read: Callable[[Any], Any]) -> Any:
        """What a file holds, or was found to hold last time: also that it is wrong."""
        try:
            facts = path.stat()
            stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            with self._lock:
                known = self._read.get(path)
            value = known[1] if known and known[0] == stamp else _value(path, read)
        except OSError as error:
            raise InvalidInput(unreadable(path, reason(error))) from error
        self._remember(path, stamp, value)
        if isinstance(value, Wrong):
            raise InvalidInput(unreadable(path, value.why))
        return value

    def _remember(self, path: Path, stamp: Stamp, value: Any) -> None:
        with self._lock:
            if known := self._read.pop(path, None):
                self._bytes -= known[0][1]
            self._read[path] = (stamp, value)
            self._bytes += stamp[1]
            while self._bytes > MOST_BYTES or len(self._read) > MOST_FILES:
                _, (oldest, _) = self._read.popitem(last=False)
                self._bytes -= oldest[1]


def _value(path: Path, read: Callable[[Any], Any]) -> Any:
    """Raises OSError."""
    content = read_regular(path, LARGEST_FILE)
    try:
        return read(json_value(content))
    except (ValueError, OverflowError, RecursionError) as error:  # InvalidInput is a ValueError
        return Wrong(str(error))


def unreadable(path: Path, why: str) -> str:
    return f"{path} can't be read and was left as it is: {why}"


def is_key(name: str) -> bool:
    """Whether a session's folder may have this name."""
    return KEY.fullmatch(name) is not None and name != DELETED
