"""Named sessions in the data folder: each has versions that are only ever added.

A session is a folder: `session.json` (its name and those of its versions), `versions/0001.json`
and so on, and `images/`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, reason
from core.file_names import file_stem, numbered
from core.sessions.data_folder import remove_if_abandoned, write_atomically
from core.sessions.deleted import DELETED, put_among_deleted
from core.sessions.saved_answers import SavedAnswer, answers_to_dicts
from core.sessions.session_files import (
    LARGEST_FILE,
    Head,
    Session,
    Version,
    checked_name,
    json_text,
    version_files,
    write_head,
)
from core.sessions.session_images import keep_images
from core.sessions.session_reader import SessionReader, is_key
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict

DRAFT = ".new-"  # begins the name of a session's folder until it is whole


class SessionStore:
    """All sessions of one folder. Safe to use from many threads, and from several servers.

    images_from: other folders that images of a page may be copied from.
    What writes raises InvalidInput, with what the disk said.
    """

    def __init__(self, folder: Path, images_from: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.images_in = (folder, *images_from)
        self._lock = threading.RLock()
        self._reader = SessionReader()

    # -- reading -----------------------------------------------------------------------------
    def sessions(self) -> tuple[tuple[Session, ...], tuple[str, ...]]:
        """All sessions, the one saved last first, and a sentence for each that can't be read."""
        return self._reader.all(self.folder)

    def deleted(self) -> tuple[Session, ...]:
        """Those of the deleted ones that can be read."""
        return self._reader.all(self.folder / DELETED)[0]

    def session(self, key: str) -> Session:
        """Raises InvalidInput where there is none, or its names can't be read."""
        return self._reader.session(self._path(key))

    def has(self, key: str) -> bool:
        return is_key(key) and (self.folder / key).is_dir()

    # -- sessions ----------------------------------------------------------------------------
    def create(
        self,
        name: str,
        workspace: Workspace,
        version_name: str = "",
        answers: tuple[SavedAnswer, ...] = (),
    ) -> Session:
        """A new session with one version. Raises InvalidInput where the name is taken."""
        with self._lock:
            self._unused(name)
            version_name = version_name and checked_name(version_name)
            return self.add(name, [Version(1, _now(), version_name, workspace, answers)])

    def add(self, name: str, versions: Sequence[Version]) -> Session:
        """A new session with these versions, numbered from 1, under a name that is free.

        It appears as a whole: a crash in between leaves none.
        """
        with self._lock, _disk_errors(self.folder):
            head = Head(self._free(name), {n: v.name for n, v in enumerate(versions, 1) if v.name})
            self.folder.mkdir(parents=True, exist_ok=True)
            for abandoned in self.folder.glob(f"{DRAFT}*"):
                remove_if_abandoned(abandoned)
            draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=DRAFT))
            try:
                for version in versions:
                    _add(draft, version, self.images_in)
                write_head(draft, head)
                return self._reader.session(_moved(draft, self.folder, _stem(head.name)))
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def duplicate(self, key: str) -> Session:
        session = self.session(key)
        return self.add(session.name, session.versions)

    def rename(self, key: str, name: str) -> Session:
        """Raises InvalidInput where another session has the name."""
        with self._lock, _disk_errors(self.folder):
            folder = self._path(key)
            head = self._reader.head(folder)
            if checked_name(name).casefold() != head.name.casefold():
                self._unused(name)
            write_head(folder, Head(checked_name(name), head.versions))
            return self._reader.session(folder)

    def delete(self, key: str) -> str:
        """Move it to the deleted ones; returns its key there. Those deleted long ago may go."""
        with self._lock, _disk_errors(self.folder):
            moved = _moved(self._path(key), self.folder / DELETED, key)
            put_among_deleted(moved)
            return moved.name

    def undelete(self, key: str) -> Session:
        """Bring a deleted session back, under another name where its own is taken meanwhile."""
        with self._lock, _disk_errors(self.folder):
            folder = self._path(key, self.folder / DELETED)
            head = self._reader.head(folder)
            name = self._free(head.name)
            if name != head.name:
                write_head(folder, Head(name, head.versions))
            return self._reader.session(_moved(folder, self.folder, _stem(name)))

    # -- versions ----------------------------------------------------------------------------
    def save(
        self,
        key: str,
        workspace: Workspace,
        version_name: str = "",
        answers: tuple[SavedAnswer, ...] = (),
    ) -> Session:
        """A new version; the earlier ones stay as they are."""
        with self._lock, _disk_errors(self.folder):
            folder = self._path(key)
            self._reader.head(folder)  # a session that can't be opened takes no version
            version_name = version_name and checked_name(version_name)
            number = _add(folder, Version(0, _now(), "", workspace, answers), self.images_in)
            if version_name:
                return self.name_version(key, number, version_name)
            return self._reader.session(folder)

    def name_version(self, key: str, number: int, name: str) -> Session:
        """An empty name takes it away."""
        with self._lock, _disk_errors(self.folder):
            folder = self._path(key)
            head = self._reader.head(folder)
            self._reader.session(folder).version(number)
            names = {n: text for n, text in head.versions.items() if n != number}
            if name.strip():
                names[number] = checked_name(name)
            write_head(folder, Head(head.name, names))
            return self._reader.session(folder)

    # -- names -------------------------------------------------------------------------------
    def _path(self, key: str, parent: Path | None = None) -> Path:
        folder = (parent or self.folder) / key
        if not is_key(key) or not folder.is_dir():
            raise InvalidInput(f"The session {key!r} no longer exists. Choose one from the list.")
        return folder

    def _taken(self) -> set[str]:
        return {session.name.casefold() for session in self.sessions()[0]}

    def _unused(self, name: str) -> None:
        if checked_name(name).casefold() in self._taken():
            raise InvalidInput(
                f"There is already a session {checked_name(name)!r}. Open it and press Save, or "
                "choose another name."
            )

    def _free(self, name: str) -> str:
        taken = self._taken()
        names = numbered(checked_name(name), " ")
        return next(free for free in names if free.casefold() not in taken)


def _stem(name: str) -> str:
    return file_stem(name, otherwise="session")


def _now() -> str:
    return datetime.now().isoformat(timespec="milliseconds")


def _add(folder: Path, version: Version, images_in: Sequence[Path]) -> int:
    """Write the next version, its images first: a version never names one that isn't there."""
    kept = keep_images(version.workspace, folder, images_in)
    value: dict[str, Any] = {"time": version.time, "workspace": workspace_to_dict(kept)}
    if version.answers:
        value["answers"] = answers_to_dicts(version.answers)
    text = json_text(value)
    if (size := len(text.encode("utf-8"))) > LARGEST_FILE:
        raise InvalidInput(
            f"The session was not written: it would have {size:,} bytes, and at most "
            f"{LARGEST_FILE:,} are read. Remove messages, then save again."
        )
    while True:
        number = max((n for n, _ in version_files(folder)), default=0) + 1
        try:
            write_atomically(folder / "versions" / f"{number:04}.json", text, new=True)
        except FileExistsError:  # another server has just taken the number
            continue
        return number


def _moved(folder: Path, parent: Path, name: str) -> Path:
    """Move a session's folder into `parent`, under the first name that is free."""
    parent.mkdir(parents=True, exist_ok=True)
    for candidate in numbered(name):
        target = parent / candidate
        if is_key(candidate) and not target.exists():
            try:
                return folder.rename(target)
            except OSError:
                if not target.exists():  # else another server has just taken the name
                    raise
    raise AssertionError("numbers do not end")


@contextmanager
def _disk_errors(store: Path) -> Iterator[None]:
    """A full or forbidden disk is said, and a text that no file can hold. Where the store lies on
    this machine is told nobody.
    """
    try:
        yield
    except OSError as error:
        named = str(error.filename or "").removeprefix(str(store.parent)).strip(os.sep)
        file = f"{named}: " if named else ""
        raise InvalidInput(
            f"The session was not written: {file}{reason(error)} What was saved before is still "
            "there."
        ) from error
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "The session was not written: a text holds half of a character (a lone surrogate) at "
            f"place {error.start}. Remove it, then save again."
        ) from error
