"""Images as data URLs: text that holds a file."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeGuard

from core.access.file_access import Folders, allowed_file
from core.bounds import LARGEST_FILE
from core.errors import InvalidInput

# What a file begins with, so that what it calls itself needs no trust; SVG holds scripts.
BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp",
    b"II*\0": "tiff", b"MM\0*": "tiff",
}  # fmt: skip


def data_url(path: str, folders: Folders) -> str:
    """The file as a data URL; empty if it is not an image or not in one of the folders."""
    try:
        file = allowed_file(path, folders)
        content = file.read_bytes() if file else b""
    except OSError:
        return ""
    kind = image_kind(content)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}" if kind else ""


def is_data_url(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith("data:")


def image_of(url: str) -> tuple[str, bytes]:
    """Kind (png, jpeg, ...) and content. Raises InvalidInput for what is not an image."""
    head, _, encoded = url.partition(",")
    if len(encoded) > 4 * (LARGEST_FILE // 3 + 1):
        raise InvalidInput(
            f"An image in the file has about {len(encoded) * 3 // 4 / 2**20:.0f} MB; "
            f"at most {LARGEST_FILE // 2**20} are read. Make it smaller first."
        )
    try:
        content = base64.b64decode(encoded, validate=True) if head.endswith(";base64") else b""
    except binascii.Error:
        content = b""
    if not (kind := image_kind(content)):
        raise InvalidInput("An image in the file is not a PNG, JPEG, WebP, GIF, BMP or TIFF.")
    return kind, content


def image_kind(content: bytes) -> str:
    """Empty for what is not an image."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in BEGINNINGS.items() if content.startswith(start)), "")
