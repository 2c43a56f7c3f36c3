"""The folder of uploads: private to this server, and bounded in bytes and age."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from time import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

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
    """Remove what is too old, and then the oldest files until the rest fits. What is no file, or
    can't be removed, is left alone.
    """
    files: list[tuple[float, int, str]] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with suppress(OSError):  # gone meanwhile
                found = os.lstat(path)
                if stat.S_ISREG(found.st_mode):
                    files.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in files)
    for changed, size, path in sorted(files):
        if total <= most_bytes and changed >= time() - oldest:
            return
        with suppress(OSError):
            os.unlink(path)
            total -= size
            if (parent := os.path.dirname(path)) != folder.rstrip(os.sep):
                os.rmdir(parent)  # where it was the last


async def os_error_response(request: Request, error: Exception) -> Response:
    """What the disk refused, as a sentence: an exception handler of Gradio's routes."""
    why = (error.strerror if isinstance(error, OSError) else None) or "an error of the disk"
    if request.method in ("GET", "HEAD"):
        return PlainTextResponse(f"This file can't be read: {why}.\n", 404)
    return PlainTextResponse(
        f"The file was not saved: {why}. The playground's disk may be full; tell its owner, "
        "then upload the file again.\n",
        507,
    )
