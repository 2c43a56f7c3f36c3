"""What may lie in a folder where a file of ours should be: each kind that once broke a program."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

HUGE = 100_000_000  # bytes

Plant = Callable[[Path], None]


def pipe(path: Path) -> None:
    """Whoever opens it waits for ever."""
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path)


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def huge(path: Path) -> None:
    """It takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(HUGE)


def device(path: Path) -> None:
    """It never ends."""
    path.symlink_to("/dev/zero")


NO_FILES: Mapping[str, Plant] = {
    "a pipe": pipe,
    "a folder": folder,
    "a loop of links": loop,
    "a link to nothing": link_to_nothing,
    "a device": device,
    "100 MB": huge,
}
