"""Reads a folder of presets that other programs may write too; what can't be read is named."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InvalidInput, reason
from core.library.library import Preset
from core.library.preset_file import preset_of
from core.sessions.data_folder import read_regular

OWN = "own/"  # begins every key, so that none is ever that of a shipped preset
LARGEST_FILE = 1_000_000  # bytes
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Shelf:
    """What the folder holds. presets: by key. broken: by file name, why it can't be read."""

    presets: Mapping[str, Preset] = field(default_factory=dict[str, Preset])
    broken: Mapping[str, str] = field(default_factory=dict[str, str])


class ShelfReader:
    """May be used by several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Stamp, Preset | str]] = {}

    def read(self) -> Shelf:
        """What is there now; files that did not change since are not read again."""
        with self._lock:
            try:
                stamps = dict(sorted(_stamps(self.folder)))
            except OSError as error:
                return Shelf(broken={(name := self.folder.name): f"{name}: {reason(error)}"})
            known = self._known
            self._known = {
                name: known[name]
                if name in known and known[name][0] == stamp
                else (stamp, self._read(name))
                for name, stamp in stamps.items()
            }
            found = {name: one for name, (_, one) in self._known.items()}
        presets = {
            OWN + name.removesuffix(".yaml"): one
            for name, one in found.items()
            if isinstance(one, Preset)
        }
        places = sorted(presets, key=lambda key: (presets[key].order, presets[key].name, key))
        broken = {f"{n!a}"[1:-1]: one for n, one in found.items() if isinstance(one, str)}
        return Shelf({key: presets[key] for key in places}, broken)

    def _read(self, name: str) -> Preset | str:
        try:
            name.encode()
            text = read_regular(self.folder / name, LARGEST_FILE).decode("utf-8")
            return preset_of(text, name)
        except (UnicodeEncodeError, UnicodeDecodeError) as error:
            return f"{name!a}: it is not UTF-8 text: {error.reason}."
        except OSError as error:
            return f"{name}: {reason(error)}"
        except InvalidInput as error:
            return " ".join(str(error).split())


def _stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """For each name that a preset may have: when it was changed, its size and its number; of one
    that leads nowhere those of the link. Raises OSError where the folder can't be read.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        if name.endswith(".yaml") and name[0] != ".":
            with suppress(FileNotFoundError):  # removed meanwhile
                try:
                    facts = os.stat(folder / name)
                except OSError:
                    facts = os.lstat(folder / name)
                yield name, (facts.st_mtime_ns, facts.st_size, facts.st_ino)
