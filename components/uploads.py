"""The upload folder: the only one whose files a page may show, name and send."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradio.utils import get_upload_folder

from core.access.file_access import allowed_file


def upload_folder() -> Path:
    return Path(get_upload_folder()).absolute()


def uploaded_file(path: Any) -> Path | None:
    """The file of an upload; None for anything else that a browser may send."""
    return allowed_file(path, (upload_folder(),))


def file_url(path: str | Path) -> str:
    """The address of an upload, relative to the page."""
    return f"gradio_api/file={quote(str(path))}"
