"""The folder of uploads: private to this server, and bounded in bytes and age."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from time import time

MOST_BYTES = 2_000_000_000
OLDEST = 30 * 86_400  # seconds


def upload_folder(data: Path) -> str:
    """The folder of uploads of the server that keeps its data there: the same after a restart, so
    that drafts find their images. Its name, which addresses of images contain, tells nothing.
    """
    name = hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()).resolve() / f"lfm-playground-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        return tempfile.mkdtemp(prefix="lfm-playground-")  # somebody else made it, or a link
    return str(folder)


def clean(folder: str, most_bytes: int = MOST_BYTES, oldest: float = OLDEST) -> None:
    """Remove what is too old, and then the oldest files until the rest fits."""
    files: list[tuple[float, int, Path]] = []
    for path in Path(folder).rglob("*"):
        try:
            found = path.lstat()
        except OSError:  # gone meanwhile
            continue
        if stat.S_ISREG(found.st_mode):
            files.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in files)
    for changed, size, path in sorted(files):
        if total <= most_bytes and changed >= time() - oldest:
            return
        path.unlink(missing_ok=True)
        total -= size
        if path.parent != Path(folder) and not any(path.parent.iterdir()):
            path.parent.rmdir()
