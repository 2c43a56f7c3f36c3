"""Images of sessions and of imported files, put where the page may show and send them."""

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
from core.saved_workspace import SavedWorkspace
from core.sessions.data_folder import write_atomically
from core.sessions.session_images import content_name, with_paths


def placed(saved: SavedWorkspace, store: Path) -> tuple[SavedWorkspace, tuple[str, ...]]:
    """A session's workspace with its images in the folder of uploads, and the names of those that
    are gone. store: the folder of its sessions. Raises OSError.
    """
    gone: list[str] = []

    def place(image: Image) -> str:
        file = allowed_file(image.path, (store,))
        if file is None:
            gone.append(image.name or "an image without a name")
            return ""
        return _put(content_name(image.path, (store,)), file.read_bytes)

    return with_paths(saved, place), tuple(gone)


class Unpacked:
    """Puts the images of one imported file there, each once; what is no data URL leads nowhere."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def placed(self, saved: SavedWorkspace) -> SavedWorkspace:
        """Raises InvalidInput for what is no image, OSError."""
        return with_paths(saved, lambda image: self._place(image.path))

    def _place(self, url: str) -> str:
        if not is_data_url(url):
            return ""
        if url not in self._paths:
            if len(self._paths) == MOST_IMAGES_OF_FILE:
                raise InvalidInput(
                    f"The file holds more than {MOST_IMAGES_OF_FILE} images. Take some out of it."
                )
            kind, content = image_of(url)
            name = f"{hashlib.sha256(content).hexdigest()}.{kind}"
            self._paths[url] = _put(name, lambda: content)
        return self._paths[url]


def _put(name: str, content: Callable[[], bytes]) -> str:
    path = upload_folder() / "sessions" / name
    if not path.exists():
        write_atomically(path, content())
    return str(path)


def images_size(saved: SavedWorkspace, folders: Folders) -> int:
    """Bytes of the image files in these folders, each content once."""
    files = (allowed_file(image.path, folders) for image in saved.conversation.images)
    sizes = {content_name(str(file), folders): file.stat().st_size for file in files if file}
    return sum(sizes.values())
