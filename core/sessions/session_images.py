"""Image files of sessions: copied next to the session under the hash of their content."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from core.access.file_access import Folders, allowed_file
from core.conversation import Conversation, Image
from core.sessions.data_folder import write_atomically
from core.workspace import Workspace

CONTENT_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,5})?")
FOLDER = "images"


def content_name(path: str, folders: Folders) -> str:
    """The hash of the file's content with its ending; empty where no such file lies in one of the
    folders.
    """
    file = allowed_file(path, folders)
    return "" if file is None else name_of_content(file)


def name_of_content(file: Path) -> str:
    """The same for a file that may be opened; empty where there is no regular one."""
    try:
        facts = file.stat()
        if not stat.S_ISREG(facts.st_mode):
            return ""
        return _content_name(str(file), facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError):  # ValueError: a path with a null character
        return ""


@lru_cache(maxsize=1024)
def _content_name(path: str, changed: int, size: int) -> str:
    """changed, size: a file that was written anew is read anew."""
    ending = Path(path).suffix.lower()
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = digest + ending
    return name if CONTENT_NAME.fullmatch(name) else digest


def by_content(saved: Workspace, folders: Folders) -> Workspace:
    """The workspace with each image's path replaced by its content's name: what is equal looks
    equal wherever it lies.
    """
    return with_paths(saved, lambda image: content_name(image.path, folders))


def keep_images(saved: Workspace, session: Path, folders: Folders) -> Workspace:
    """Copy the images into the session's folder; the workspace then names them relative to it.

    An image whose file is gone, or is in none of `folders`, keeps its name and has no path. Raises
    OSError.
    """

    def keep(image: Image) -> str:
        if not (name := content_name(image.path, folders)):
            return ""
        if not (target := session / FOLDER / name).exists():
            write_atomically(target, Path(image.path).read_bytes())
        return f"{FOLDER}/{name}"

    return with_paths(saved, keep)


def found_images(saved: Workspace, session: Path) -> Workspace:
    """The inverse: paths of this machine. What names a file elsewhere loses its path."""

    def find(image: Image) -> str:
        folder, _, name = image.path.partition("/")
        return str(session / FOLDER / name) if folder == FOLDER and is_content_name(name) else ""

    return with_paths(saved, find)


def is_content_name(name: str) -> bool:
    return CONTENT_NAME.fullmatch(name) is not None


def with_paths(saved: Workspace, path_of: Callable[[Image], str]) -> Workspace:
    """The workspace with another path for each image."""
    return replace(saved, conversation=with_image_paths(saved.conversation, path_of))


def with_image_paths(conversation: Conversation, path_of: Callable[[Image], str]) -> Conversation:
    return replace(
        conversation,
        messages=tuple(
            replace(
                turn,
                parts=tuple(
                    replace(part, path=path_of(part)) if isinstance(part, Image) else part
                    for part in turn.parts
                ),
            )
            for turn in conversation.messages
        ),
    )
