"""Reads sessions from their folders; what did not change on the disk is read once.

What can't be read is named in a sentence and stays where it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.saved_workspace import SavedWorkspace
from core.session_files import KEY, Head, Session, Version, read_head, read_version, version_files
from core.session_images import found_images

DELETED = "deleted"  # the folder of deleted sessions, beside the others


class SessionReader:
    """Safe to use from many threads."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[tuple[int, int], Any]] = {}

    def all(self, parent: Path) -> tuple[tuple[Session, ...], tuple[str, ...]]:
        """The sessions of a folder, the one saved last first; a sentence for each broken one."""
        found: list[Session] = []
        broken: list[str] = []
        try:
            folders = sorted(parent.iterdir())
        except FileNotFoundError:
            return (), ()
        except OSError as error:
            return (), (f"{parent} can't be read: {error}.",)
        for folder in folders:
            if is_key(folder.name) and folder.is_dir():
                try:
                    found.append(self.session(folder))
                except InvalidInput as error:
                    broken.append(str(error))
        found.sort(key=lambda session: session.time, reverse=True)
        return tuple(found), tuple(broken)

    def session(self, folder: Path) -> Session:
        """Raises InvalidInput where its names can't be read; broken versions are left out."""

        def read(value: Any) -> tuple[str, SavedWorkspace]:
            time, workspace = read_version(value)
            return time, found_images(workspace, folder)

        head = self.head(folder)
        versions: list[Version] = []
        broken: list[str] = []
        for number, path in version_files(folder):
            try:
                time, workspace = self._parsed(path, read)
            except InvalidInput as error:
                broken.append(str(error))
            else:
                name = head.versions.get(number, "")
                versions.append(Version(number, time, name, workspace))
        return Session(folder.name, head.name, tuple(versions), tuple(broken))

    def head(self, folder: Path) -> Head:
        """Raises InvalidInput."""
        return self._parsed(folder / "session.json", read_head)

    def _parsed(self, path: Path, read: Callable[[Any], Any]) -> Any:
        try:
            facts = path.stat()
            stamp = (facts.st_mtime_ns, facts.st_size)
            if (known := self._read.get(path)) and known[0] == stamp:
                return known[1]
            value = read(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as error:  # InvalidInput is a ValueError
            raise InvalidInput(f"{path} can't be read and was left as it is: {error}") from error
        self._read[path] = (stamp, value)
        return value


def is_key(name: str) -> bool:
    """Whether a session's folder may have this name."""
    return KEY.fullmatch(name) is not None and name != DELETED
