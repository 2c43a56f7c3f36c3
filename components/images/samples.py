"""Sample pictures that ship with the project, as images of a message."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from components.uploads import file_url, upload_folder
from core.conversation import Image, Message


class PageImage(TypedDict):
    """missing: the file is not there, so that only its name is known."""

    path: str
    url: str
    name: str
    missing: NotRequired[bool]


def sample_image(path: Path) -> PageImage:
    """The picture in the upload folder: a page shows and sends only files from there."""
    copy = _uploaded(path)
    return {"path": str(copy), "url": file_url(copy), "name": path.name}


def with_pictures(messages: Sequence[Message], pictures: Iterable[Path]) -> tuple[Message, ...]:
    """The messages with these pictures in the last user message; unchanged without one."""
    last = next((turn for turn in reversed(messages) if turn.role == "user"), None)
    if last is None:
        return tuple(messages)
    added = [Image(str(_uploaded(path)), path.name) for path in pictures]
    return tuple(
        turn.with_images([*turn.images, *added]) if turn is last else turn for turn in messages
    )


def _uploaded(path: Path) -> Path:
    folder = upload_folder() / "samples"
    copy = folder / path.name
    if not copy.exists() or copy.stat().st_size != path.stat().st_size:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return copy
