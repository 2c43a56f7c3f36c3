"""The images of a report: small, and as the model sees them, because its engine reads them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

from components.uploads import uploaded_file
from core.bounds import MOST_PIXELS
from core.conversation import Image
from core.errors import InvalidInput
from core.runs.engine import Engine

LARGEST_SIDE = 640  # pixels


def report_images(images: Iterable[Image], engine: Engine) -> tuple[tuple[str, str], ...]:
    """Data URLs by path. They are empty for images that are missing, unreadable or too large."""
    room = MOST_PIXELS
    urls: dict[str, str] = {}
    for image in images:
        if image.path in urls:
            continue
        urls[image.path] = ""
        if not (file := uploaded_file(image.path)):
            continue
        checked = replace(image, path=str(file))
        try:
            facts = engine.image_info(checked)
            room -= facts.width * facts.height
            if room >= 0:
                urls[image.path] = _data_url(engine.preview(checked, LARGEST_SIDE))
        except InvalidInput:
            continue
    return tuple(urls.items())


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
