"""The folder of what people keep on this machine, and files that are never half written."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

NAME = "lfm-playground"


def default_data_folder() -> Path:
    """Where applications of this user keep their data, by the rules of each system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / NAME
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / NAME


def write_atomically(path: Path, content: str | bytes, new: bool = False) -> None:
    """Replace `path` by a whole new file: whoever reads it, even after a crash in between, sees the
    old content or the new one. Makes the folder. Raises OSError.

    new: raises FileExistsError where there is one, which then stays as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
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


def _put_new(name: str, path: Path) -> None:
    """Of two that put the same file at the same time, one fails."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links
        if path.exists():
            raise FileExistsError(f"{path} exists already.") from error
        os.replace(name, path)
    else:
        Path(name).unlink()
