"""The folder of what people keep on this machine, and files that are never half written."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import time

from platformdirs import PlatformDirs

NAME = "lfm-playground"
# Where the folder was made before platformdirs chose it. It differs where LOCALAPPDATA was changed,
# and on a Mac with XDG_DATA_HOME.
EARLIER = {"win32": "$LOCALAPPDATA", "darwin": "~/Library/Application Support"}
PART = ".part"
ABANDONED = 3600.0  # seconds, after which nobody writes to a file that is not in its place yet
NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def default_data_folder() -> Path:
    """Where applications of this user keep their data, by the rules of each system."""
    earlier = Path(os.path.expanduser(os.path.expandvars(EARLIER.get(sys.platform, ""))), NAME)
    if sys.platform in EARLIER and earlier.is_dir():
        return earlier
    return PlatformDirs(NAME, appauthor=False).user_data_path


def read_regular(path: Path, most_bytes: int) -> bytes:
    """All that a regular file holds. Never waits, as opening a pipe does until somebody writes to
    it. Raises OSError, also for whatever else has the name and for a file that is larger.
    """
    _check_regular(os.stat(path), path)  # before it is opened, which some devices take for an order
    handle = os.open(path, os.O_RDONLY | NO_WAITING)
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        _check_regular(facts, path)
        content = file.read(most_bytes + 1) if facts.st_size <= most_bytes else b""
        if (size := max(facts.st_size, len(content))) > most_bytes:
            sentence = f"It has {size:,} bytes, and at most {most_bytes:,} are read"
            raise OSError(errno.EFBIG, sentence, str(path))
        return content


def _check_regular(facts: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise OSError(errno.EISDIR, "It is a folder", str(path))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))


def write_atomically(path: Path, content: str | bytes, new: bool = False) -> None:
    """Replace `path` by a whole new file: whoever reads it, even after a crash in between, sees the
    old content or the new one. Makes the folder. Raises OSError.

    new: raises FileExistsError where there is one, which then stays as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    try:
        _write_whole(path, content, new)
    except FileExistsError:
        raise
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # not that of the half of it
        raise


def _write_whole(path: Path, content: str | bytes, new: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path), suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        (_put_new if new else os.replace)(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # the new name must survive a power cut too
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _prefix(path: Path) -> str:
    return f".{path.name}."


def _remove_abandoned(path: Path) -> None:
    """Temporary files that writers of this file left when they were killed."""
    for name in os.listdir(path.parent):
        if name.startswith(_prefix(path)) and name.endswith(PART):
            remove_if_abandoned(path.parent / name)


def remove_if_abandoned(path: Path) -> None:
    """A file or folder that somebody was writing, and has not touched for an hour."""
    try:
        facts = path.lstat()
    except OSError:  # it has just been put in its place
        return
    if facts.st_mtime < time() - ABANDONED:
        if stat.S_ISDIR(facts.st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


def _put_new(name: str, path: Path) -> None:
    """If two put the same file at the same time, one fails."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links
        if path.exists():
            raise FileExistsError(f"{path} already exists.") from error
        os.replace(name, path)
    else:
        Path(name).unlink()
