"""Images of sessions and of imported files, put where the page may show and send them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gradio.utils import get_upload_folder

from core.conversation import Image
from core.data_folder import write_atomically
from core.data_urls import image_of
from core.saved_workspace import SavedWorkspace
from core.session_images import content_name, with_paths


def placed(saved: SavedWorkspace) -> tuple[SavedWorkspace, tuple[str, ...]]:
    """The workspace with its images in the folder of uploads, and the names of those that are gone.

    A path may be a data URL. Raises InvalidInput where that is no image, OSError.
    """
    folder = Path(get_upload_folder()) / "sessions"
    gone: list[str] = []

    def place(image: Image) -> str:
        if image.path.startswith("data:"):
            kind, content = image_of(image.path)
            name = f"{hashlib.sha256(content).hexdigest()}.{kind}"
        elif name := content_name(image.path):
            content = Path(image.path).read_bytes()
        else:
            gone.append(image.name or "an image without a name")
            return ""
        if not (folder / name).exists():
            write_atomically(folder / name, content)
        return str(folder / name)

    return with_paths(saved, place), tuple(gone)


def images_size(saved: SavedWorkspace) -> int:
    """Bytes of the image files, each content once."""
    sizes = {content_name(i.path): Path(i.path) for i in saved.conversation.images}
    return sum(path.stat().st_size for name, path in sizes.items() if name)
