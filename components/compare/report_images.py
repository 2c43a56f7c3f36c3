"""Images of a report: small, upright, transparent parts on white as the model gets them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image as Pictures
from PIL import ImageOps

from components.uploads import uploaded_file
from core.bounds import MOST_PIXELS
from core.conversation import Image
from core.errors import InvalidInput
from core.vision import ImageFacts

LARGEST_SIDE = 640  # pixels


def report_images(
    images: Iterable[Image], look: Callable[[Image], ImageFacts]
) -> tuple[tuple[str, str], ...]:
    """Paths with data URLs, which are empty for what is gone, can't be read or is too much.

    look: an engine's own.
    """
    room = MOST_PIXELS
    urls: dict[str, str] = {}
    for image in images:
        if image.path in urls:
            continue
        urls[image.path] = ""
        try:
            facts = look(image)
        except InvalidInput:
            continue
        file = uploaded_file(image.path)
        room -= facts.width * facts.height
        if file and room >= 0:
            urls[image.path] = _data_url(file)
    return tuple(urls.items())


def _data_url(file: Path) -> str:
    try:
        with Pictures.open(file) as picture:
            small = ImageOps.exif_transpose(picture)
            if small.has_transparency_data:
                small = small.convert("RGBA")
                white = Pictures.new("RGBA", small.size, "white")
                small = Pictures.alpha_composite(white, small)
            small = small.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return ""
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
