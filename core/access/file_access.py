"""The one decision whether a path that came from a browser, or out of a file, may be opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

LONGEST_PATH = 4096  # characters
Folders = Sequence[Path]


def is_named_inside(path: Any, folders: Folders, kind: type[PurePath] = PurePath) -> bool:
    """Whether the text says so. It touches no file: merely looking at a UNC path makes Windows
    connect to another machine.

    kind: the rules of which system; of this one.
    """
    if not isinstance(path, str) or len(path) > LONGEST_PATH or "\0" in path:
        return False
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return False
    named = kind(path)
    if ".." in named.parts:
        return False
    if isinstance(named, PureWindowsPath) and ":" in path[len(named.drive) :]:  # a second stream
        return False
    return any(named != kind(folder) and named.is_relative_to(folder) for folder in folders)


def allowed_file(path: Any, folders: Folders) -> Path | None:
    """The regular file that `path` leads to, links followed, where it lies inside one of the
    folders; None for whatever else, so that nobody learns what there is elsewhere.
    """
    if not is_named_inside(path, (*folders, *map(_followed, folders))):
        return None
    try:
        real = Path(path).resolve(strict=True)
        regular = stat.S_ISREG(real.stat().st_mode)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links, before 3.13
        return None
    inside = any(real.is_relative_to(_followed(folder)) for folder in folders)
    return real if regular and inside else None


def _followed(folder: Path) -> Path:
    return Path(os.path.realpath(folder))
