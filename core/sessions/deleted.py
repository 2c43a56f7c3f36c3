"""What was deleted stays where it can be brought back, as long as there is room for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

DELETED = "deleted"  # the folder, next to what is not deleted
MOST_DELETED = 200
MOST_BYTES = 500_000_000
GONE = ".gone-"  # begins the name of what is being removed


def put_among_deleted(path: Path) -> None:
    """`path` was just moved to the folder of what is deleted: note when, and remove the oldest of
    what else is there until the rest is within bounds. `path` itself always stays.

    What fails here fails nothing else: there is one more to remove the next time.
    """
    with suppress(OSError):
        os.utime(path)
    with suppress(OSError):
        _shrink(path)


def _shrink(newest: Path) -> None:
    """Only files of its kind: whatever else lies in the folder is not ours."""
    ours: Callable[[Path], bool] = Path.is_dir if newest.is_dir() else _is_file_like(newest)
    others: list[tuple[int, Path]] = []
    for path in newest.parent.iterdir():
        if path.name.startswith(GONE):  # the server was killed while it removed this
            _remove(path)
        elif path != newest and not path.is_symlink() and ours(path) and path.name[0] != ".":
            others.append((path.lstat().st_mtime_ns, path))
    count, size = 1, bytes_of(newest)
    for _, path in sorted(others, reverse=True):
        count, size = count + 1, size + bytes_of(path)
        if count > MOST_DELETED or size > MOST_BYTES:
            _remove(path)


def _is_file_like(newest: Path) -> Callable[[Path], bool]:
    return lambda path: path.is_file() and path.suffix == newest.suffix


def _remove(path: Path) -> None:
    """Under another name first: nobody finds half of it."""
    with suppress(OSError):
        if not path.name.startswith(GONE):
            path = path.rename(path.with_name(GONE + path.name))
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def bytes_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    files = [path]
    if path.is_dir():
        files = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
    total = 0
    for file in files:
        with suppress(OSError):  # gone meanwhile
            total += file.lstat().st_size
    return total
