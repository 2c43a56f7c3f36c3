"""Reads a folder of presets that other programs may write too; what can't be read is named."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InvalidInput, reason
from core.library import Preset
from core.preset_file import preset_of

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
                else (stamp, self._read(name, stamp))
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

    def _read(self, name: str, stamp: Stamp) -> Preset | str:
        try:
            name.encode()
            if stamp[1] > LARGEST_FILE:
                return f"{name}: it has {stamp[1]:,} bytes; {LARGEST_FILE:,} are read at most."
            return preset_of((self.folder / name).read_bytes().decode("utf-8"), name)
        except (UnicodeEncodeError, UnicodeDecodeError) as error:
            return f"{name!a}: it is not UTF-8 text: {error.reason}."
        except OSError as error:
            return f"{name}: {reason(error)}"
        except InvalidInput as error:
            return " ".join(str(error).split())


def _stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Of each file: when it was changed, its size and its number. Raises OSError."""
    if not folder.exists():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".yaml") and entry.name[0] != "." and entry.is_file():
                facts = entry.stat()
                yield entry.name, (facts.st_mtime_ns, facts.st_size, facts.st_ino)
