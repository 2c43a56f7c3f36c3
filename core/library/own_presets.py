"""Presets that people keep on this machine: a YAML file each, in a folder that others may write.

What a preset does is not known here. A file that can't be read is never written to.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from core.errors import InvalidInput, reason
from core.file_names import file_stem, free_name, numbered
from core.library.library import Library, Preset
from core.library.preset_file import preset_of, preset_text
from core.library.preset_shelf import LARGEST_FILE, OWN, ShelfReader
from core.sessions.data_folder import read_regular, write_atomically
from core.sessions.deleted import DELETED, put_among_deleted

LONGEST_NAME = 200  # characters


class NameIsTaken(InvalidInput):
    """Another own preset has this name."""


def with_own(shipped: Library, own: OwnPresets) -> Library:
    """`shipped` and after its presets the own ones, as they are now."""
    shelf = own.read()
    return replace(shipped, presets={**shipped.presets, **shelf.presets}, broken=shelf.broken)


class OwnPresets:
    """The presets of one folder. May be used by several threads and while other programs use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read = ShelfReader(folder).read
        self._lock = threading.RLock()

    def get(self, key: str) -> Preset:
        """Raises InvalidInput where there is none, or not any more."""
        if found := self.read().presets.get(key):
            return found
        raise InvalidInput(f"Your preset {key!r} no longer exists. It may have been deleted.")

    def save(self, preset: Preset, key: str = "", replaces: bool = False) -> str:
        """Write a preset and return its key. key: of the one that is edited; empty: a new one,
        which with `replaces` takes the place of the one with its name. What is new comes last.

        Raises InvalidInput where it can't be written, NameIsTaken where it must be asked first.
        """
        if (length := len(preset.name)) > LONGEST_NAME:
            raise InvalidInput(f"name has {length} characters; use at most {LONGEST_NAME}.")
        with self._lock:
            presets = self.read().presets
            old = key if key in presets else ""
            same = next((k for k, other in presets.items() if other.name == preset.name), "")
            keeps_its_name = old and presets[old].name == preset.name
            if same and not keeps_its_name and (old or not replaces):
                raise NameIsTaken(f"You already have a preset “{preset.name}”.")
            if place := old or same:
                text = _text_of(replace(preset, order=presets[place].order))
                with self._writing():
                    write_atomically(self._path(place), text)
                return place
            last = max((other.order for other in presets.values()), default=0)
            return self._create(_stem(preset), _text_of(replace(preset, order=last + 1)))

    def duplicate(self, key: str) -> str:
        """A copy under a name of its own; returns its key."""
        with self._lock:
            preset = self.get(key)
            copy = replace(preset, name=free_name(preset.name, self._names()))
            return self._create(_stem(copy), _text_of(copy))

    def delete(self, key: str) -> str:
        """Move its file to the folder `deleted`; returns the file's name there, for `restore`."""
        with self._lock, self._writing():
            self.get(key)
            path, deleted = self._path(key), self.folder / DELETED
            deleted.mkdir(exist_ok=True)
            for time in numbered(f"{datetime.now():%Y%m%d-%H%M%S-%f}"):
                target = deleted / f"{path.stem}.{time}.yaml"
                if not os.path.lexists(target):  # a clock that is set back shows a time again
                    os.replace(path, target)
                    put_among_deleted(target)
                    return target.name
            raise AssertionError("there is always a next name")

    def restore(self, name: str) -> str:
        """Bring back what `delete` moved away; returns its key."""
        with self._lock, self._writing():
            deleted = self.folder / DELETED
            if not deleted.is_dir() or name not in os.listdir(deleted):
                raise InvalidInput(f"{name!r} is no longer among the deleted presets.")
            text = _text_in(deleted / name)
            key = self._create(name.rsplit(".", 2)[0], text)
            (deleted / name).unlink()
            return key

    def export(self, key: str) -> tuple[str, str]:
        """A file name, and the text of the preset's file as it stands."""
        preset = self.get(key)
        with self._writing():
            text = _text_in(self._path(key))
        return f"{_stem(preset)}.yaml", text

    def take_in(self, file: str, text: str) -> str:
        """Add the preset of a file from elsewhere; returns its key. Never replaces: one with a name
        that is taken gets another, and one that is already here is not added again.

        Raises InvalidInput, naming the file and the field.
        """
        if len(text.encode("utf-8", "replace")) > LARGEST_FILE:
            raise InvalidInput(f"{file}: it has more than {LARGEST_FILE:,} bytes.")
        preset = preset_of(text, file)
        with self._lock:
            presets = self.read().presets
            if here := next((key for key, other in presets.items() if other == preset), ""):
                return here
            if preset.name in self._names():
                preset = replace(preset, name=free_name(preset.name, self._names()))
                text = _text_of(preset)
            return self._create(_stem(preset), text)

    def _names(self) -> set[str]:
        return {preset.name for preset in self.read().presets.values()}

    def _path(self, key: str) -> Path:
        return self.folder / f"{key.removeprefix(OWN)}.yaml"

    def _create(self, stem: str, text: str) -> str:
        """Write a new file. Whoever makes the claim first has the name, in this program or another;
        a claim that a crash left behind only makes the next name be taken.
        """
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            for place in numbered(stem):
                path, claim = self.folder / f"{place}.yaml", self.folder / f".{place}.claim"
                try:
                    claim.touch(exist_ok=False)
                except FileExistsError:
                    continue
                try:
                    if not os.path.lexists(path):
                        write_atomically(path, text)
                        return OWN + place
                finally:
                    claim.unlink()
        raise AssertionError("there is always a next name")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What the system refuses, as a sentence."""
        try:
            yield
        except OSError as error:
            raise InvalidInput(
                f"The folder of your presets can't be used: {reason(error)} It must be writable; "
                "the owner chooses it with --data-dir."
            ) from error


def _stem(preset: Preset) -> str:
    return file_stem(preset.name, otherwise="preset")


def _text_in(path: Path) -> str:
    """Raises OSError, and InvalidInput where it is not text."""
    try:
        return read_regular(path, LARGEST_FILE).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name}: it is not UTF-8 text: {error.reason}.") from error


def _text_of(preset: Preset) -> str:
    """Raises InvalidInput where it would be too large to be read again."""
    text = preset_text(preset)
    if len(text.encode()) > LARGEST_FILE:
        raise InvalidInput(
            f"The preset has more than {LARGEST_FILE:,} bytes. Save it without messages."
        )
    return text
