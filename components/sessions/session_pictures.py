"""Copies images of sessions and of imported files to where the page may show and send them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from components.uploads import upload_folder
from core.access.file_access import Folders, allowed_file
from core.bounds import MOST_IMAGES_OF_FILE
from core.conversation import Image
from core.errors import InvalidInput
from core.formats.data_urls import image_of, is_data_url
from core.sessions.data_folder import write_atomically
from core.sessions.session_images import content_name, with_paths
from core.workspace import Workspace


def placed(saved: Workspace, store: Path) -> tuple[Workspace, tuple[str, ...]]:
    """A session's workspace with its images in the upload folder, and the names of missing ones.
    store: the folder of its sessions. Raises OSError.
    """
    missing: list[str] = []

    def place(image: Image) -> str:
        file = allowed_file(image.path, (store,))
        if file is None:
            missing.append(image.name or "an unnamed image")
            return ""
        return _put(content_name(image.path, (store,)), file.read_bytes)

    return with_paths(saved, place), tuple(missing)


class Unpacked:
    """Puts the images of one imported file there, each once. Only data URLs are accepted."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def placed(self, saved: Workspace) -> Workspace:
        """Raises InvalidInput if it is not an image, or OSError."""
        return with_paths(saved, lambda image: self._place(image.path))

    def _place(self, url: str) -> str:
        if not is_data_url(url):
            return ""
        if url not in self._paths:
            if len(self._paths) == MOST_IMAGES_OF_FILE:
                raise InvalidInput(
                    f"The file has more than {MOST_IMAGES_OF_FILE} images. Remove some of them."
                )
            kind, content = image_of(url)
            name = f"{hashlib.sha256(content).hexdigest()}.{kind}"
            self._paths[url] = _put(name, lambda: content)
        return self._paths[url]


def put_file(path: str, folder: Path) -> str:
    """The path of a copy of an image of that folder; of any other file, its own path."""
    name = content_name(path, (folder,))
    return _put(name, Path(path).read_bytes) if name else path


def _put(name: str, content: Callable[[], bytes]) -> str:
    path = upload_folder() / "sessions" / name
    if not path.exists():
        write_atomically(path, content())
    return str(path)


def images_size(saved: Workspace, folders: Folders) -> int:
    """The size of the image files in these folders, each content counted once."""
    files = (allowed_file(image.path, folders) for image in saved.conversation.images)
    sizes = {content_name(str(file), folders): file.stat().st_size for file in files if file}
    return sum(sizes.values())
