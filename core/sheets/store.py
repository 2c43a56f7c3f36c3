"""The sheets of a data folder: each is a folder with `sheet.json`, `cells.jsonl`, `images/` and
what people said of the answers, `review.jsonl`. Images of its messages are in `prompt/images/`, by
their content.

`sheet.json` begins with a line of what the list of sheets says of it, so that this reads no rows.
"""

from __future__ import annotations

import json
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from weakref import WeakValueDictionary

from pydantic import Field, TypeAdapter, ValidationError

from core.errors import InvalidInput, reason
from core.file_names import file_stem, numbered
from core.sessions.data_folder import read_regular, remove_if_abandoned, write_atomically
from core.sessions.deleted import DELETED, put_among_deleted
from core.sessions.session_files import KEY
from core.sessions.session_images import found_images, keep_images
from core.sheets.journal import Journal
from core.sheets.review_journal import ReviewJournal
from core.sheets.sheet import LONGEST_NAME, Sheet, check_sheet
from core.sheets.sheet_json import sheet_from_dict, sheet_to_dict

PROMPT, IMAGES = "prompt", "images"  # folders in that of a sheet
DRAFT = ".new-"  # begins the name of a sheet's folder until it is whole
LARGEST = 128 * 2**20  # bytes of a sheet.json: more than its bounds allow
LONGEST_ABOUT = 2_000  # bytes of its first line


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """key: its folder's name. changed: when it was saved, in seconds since 1970."""

    key: str
    sheet: Sheet
    changed: float


@dataclass(frozen=True, slots=True)
class About:
    """rows, lanes: how many it has."""

    name: Annotated[str, Field(max_length=LONGEST_NAME)]
    rows: int
    lanes: int


@dataclass(frozen=True, slots=True)
class ListedSheet:
    """key, changed: as of a stored one."""

    key: str
    about: About
    changed: float


_FIRST_LINE = TypeAdapter(dict[Literal["about"], About])
J = TypeVar("J", Journal, ReviewJournal)


class SheetStore:
    """Safe to use from many threads. Where sheets lie on this machine is told nobody; what writes
    raises InvalidInput, with what the disk said. owner: the login name of whose they are; empty
    where nobody logs in. images_from: other folders that images of a prompt may be copied from.
    """

    def __init__(self, folder: Path, owner: str = "", images_from: Sequence[Path] = ()) -> None:
        self.folder = folder
        self._images_in = (folder, *images_from)
        self.owner = owner
        self._lock = threading.Lock()
        self._journals = WeakValueDictionary[str, Journal]()
        self._reviews = WeakValueDictionary[str, ReviewJournal]()

    def sheets(self) -> tuple[tuple[ListedSheet, ...], tuple[str, ...]]:
        """All of them, the one saved last first, and a sentence for each that can't be read."""
        found: list[ListedSheet] = []
        broken: list[str] = []
        if self.folder.is_dir():
            for path in sorted(self.folder.iterdir()):
                if KEY.fullmatch(path.name) and path.name != DELETED and path.is_dir():
                    try:
                        found.append(self._listed(path.name))
                    except InvalidInput as error:
                        broken.append(str(error))
        found.sort(key=lambda one: one.changed, reverse=True)
        return tuple(found), tuple(broken)

    def stored(self, key: str) -> StoredSheet:
        """Raises InvalidInput where there is none, or it can't be read."""
        path = self._path(key) / "sheet.json"
        with _read_errors(key):
            value = json.loads(read_regular(path, LARGEST))
            if isinstance(value, dict):
                value.pop("about", None)
            sheet = _found(sheet_from_dict(value), path.parent)
            return StoredSheet(key, sheet, path.stat().st_mtime)

    def _listed(self, key: str) -> ListedSheet:
        """By the first line of its file; one without it is read whole. Raises InvalidInput."""
        path = self._path(key) / "sheet.json"
        with _read_errors(key):
            facts = path.stat()
            if stat.S_ISREG(facts.st_mode):
                with path.open("rb") as file, suppress(ValidationError, KeyError):
                    line = file.readline(LONGEST_ABOUT).rstrip().removesuffix(b",")
                    about = _FIRST_LINE.validate_json(line + b"}")["about"]
                    return ListedSheet(key, about, facts.st_mtime)
        stored = self.stored(key)
        return ListedSheet(key, _about(stored.sheet), stored.changed)

    def create(self, sheet: Sheet) -> str:
        """A new sheet; returns its key."""
        check_sheet(sheet)
        with self._lock, _disk_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            for abandoned in self.folder.glob(f"{DRAFT}*"):
                remove_if_abandoned(abandoned)
            draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=DRAFT))
            write_atomically(draft / "sheet.json", _content(self._with_images(sheet, draft)))
            key = _moved(draft, self.folder, file_stem(sheet.name, otherwise="sheet"))
            self._close(key)  # its folder was removed by somebody else
            return key

    def save(self, key: str, sheet: Sheet) -> Sheet:
        """In the place of what was there; answers stay, and count where they still fit. Returns it
        with the images of its messages where they are kept.
        """
        check_sheet(sheet)
        if sheet.workspace.conversation.images:
            with self._lock, _disk_errors():
                sheet = self._with_images(sheet, self._path(key))
        content = _content(sheet)
        with self._lock, _disk_errors():
            write_atomically(self._path(key) / "sheet.json", content)
            return _found(sheet, self._path(key))

    def delete(self, key: str) -> str:
        """Move it to the deleted ones; returns its key there."""
        with self._lock, _disk_errors():
            self._close(key)
            moved = _moved(self._path(key), self.folder / DELETED, key)
            put_among_deleted(self.folder / DELETED / moved)
            return moved

    def undelete(self, key: str) -> str:
        """Bring it back; returns its key, another one where that is taken meanwhile."""
        with self._lock, _disk_errors():
            return _moved(self._path(key, self.folder / DELETED), self.folder, key)

    def journal(self, key: str) -> Journal:
        """Always the same of a sheet, as long as anybody has it. Raises InvalidInput."""
        return self._kept(self._journals, key, "cells.jsonl", Journal)

    def review(self, key: str) -> ReviewJournal:
        """Always the same of a sheet, as long as anybody has it. Raises InvalidInput."""
        return self._kept(self._reviews, key, "review.jsonl", ReviewJournal)

    def images(self, key: str) -> Path:
        """The folder of the images that its rows name, by file name."""
        return self._path(key) / IMAGES

    def path(self, key: str) -> Path:
        """The folder of a sheet. Raises InvalidInput where there is none."""
        return self._path(key)

    def keep_text(self, key: str, file: str, text: str) -> None:
        """A further file in the folder of a sheet."""
        with self._lock, _disk_errors(f"The file {file}"):
            write_atomically(self._path(key) / file, text)

    def keep_image(self, key: str, name: str, content: bytes) -> None:
        """name: of a file, without a folder."""
        with self._lock, _disk_errors("The image"):
            write_atomically(self._path(key) / IMAGES / name, content)

    def _kept(
        self, kept: WeakValueDictionary[str, J], key: str, file: str, read: Callable[[Path], J]
    ) -> J:
        """A long file is read without the lock, so that others need not wait for it."""
        with self._lock:
            path = self._path(key) / file
            if found := kept.get(key):
                return found
        made = read(path)
        with self._lock:
            self._path(key)  # it may have been deleted meanwhile
            return kept.setdefault(key, made)

    def _with_images(self, sheet: Sheet, folder: Path) -> Sheet:
        """With its prompt's images in the sheet's folder. Raises OSError."""
        kept = keep_images(sheet.workspace, folder / PROMPT, self._images_in)
        return replace(sheet, workspace=kept)

    def _close(self, key: str) -> None:
        for kept in (self._journals, self._reviews):
            if gone := kept.pop(key, None):
                gone.close()

    def _path(self, key: str, parent: Path | None = None) -> Path:
        path = (parent or self.folder) / key
        if not KEY.fullmatch(key) or key == DELETED or not path.is_dir():
            raise InvalidInput(
                f"The sheet {key[:80]!r} no longer exists. Choose one from the list."
            )
        return path


def _moved(path: Path, parent: Path, stem: str) -> str:
    """Move a sheet's folder into `parent`, under the first name that is free; returns that."""
    parent.mkdir(parents=True, exist_ok=True)
    name = next(one for one in numbered(stem) if not (parent / one).exists())
    path.rename(parent / name)
    return name


def _found(sheet: Sheet, folder: Path) -> Sheet:
    """The inverse of `SheetStore._with_images`."""
    return replace(sheet, workspace=found_images(sheet.workspace, folder / PROMPT))


def _content(sheet: Sheet) -> str:
    about = json.dumps({"about": asdict(_about(sheet))})
    fields = json.dumps(sheet_to_dict(sheet), ensure_ascii=False)
    return f"{about.removesuffix('}')},\n{fields.removeprefix('{')}"


def _about(sheet: Sheet) -> About:
    return About(sheet.name, len(sheet.rows), sheet.workspace.count)


@contextmanager
def _read_errors(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(f"The sheet {key} can't be read: {reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The sheet {key} can't be read: {error}") from error


@contextmanager
def _disk_errors(what: str = "The sheet") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            f"{what} was not written: {reason(error)} What was saved before is still there."
        ) from error
