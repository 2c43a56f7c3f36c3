"""Images as data URLs: text that holds a file."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from core.errors import InvalidInput

# What a file begins with, so that what it calls itself needs no trust; SVG holds scripts.
BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp",
    b"II*\0": "tiff", b"MM\0*": "tiff",
}  # fmt: skip


def data_url(path: str | Path) -> str:
    """The file as a data URL; empty where there is none, or it is no image."""
    try:
        content = Path(path).read_bytes() if path else b""
    except (OSError, ValueError):
        return ""
    kind = image_kind(content)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}" if kind else ""


def image_of(url: str) -> tuple[str, bytes]:
    """Kind (png, jpeg, ...) and content. Raises InvalidInput for what is no image."""
    head, _, encoded = url.partition(",")
    try:
        content = base64.b64decode(encoded, validate=True) if head.endswith(";base64") else b""
    except binascii.Error:
        content = b""
    if not (kind := image_kind(content)):
        raise InvalidInput("An image inside of the file is no PNG, JPEG, WebP, GIF, BMP or TIFF.")
    return kind, content


def image_kind(content: bytes) -> str:
    """Empty for what is no image."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in BEGINNINGS.items() if content.startswith(start)), "")
