"""Image files of visitors as upright RGB pictures; whatever can't be one has a sentence.

The one decoder: lanes, Verify and the report read images here, and exported scripts hold a copy of
`in_rgb`. Knows no processor and needs no torch.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as Pictures
from PIL import ImageOps, UnidentifiedImageError

from core.conversation import Image
from core.errors import InvalidInput
from core.vision import ImageFacts

LONGEST_SIDE = 16_384  # pixels
MOST_PIXELS = 89_000_000  # about where Pillow warns of a decompression bomb: 270 MB in RGB
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # each further one is a reader to trust
USE = "Use PNG, JPEG, WebP, GIF, BMP or TIFF."
SIDEWAYS = {5, 6, 7, 8}  # EXIF orientations that swap width and height
ORIENTATION = 0x0112


def image_facts(image: Image) -> ImageFacts:
    """Size and whether it moves. Raises InvalidInput as `open_image` does, but for a file that is
    cut off. Kept while the file doesn't change: a page asks at each pause of typing.
    """
    try:
        stamp = os.stat(image.path)
    except (OSError, ValueError):
        stamp = None
    facts = _facts(image, (stamp.st_mtime_ns, stamp.st_size) if stamp else None)
    if isinstance(facts, str):
        raise InvalidInput(facts)
    return facts


@lru_cache(maxsize=1024)
def _facts(image: Image, stamp: tuple[int, int] | None) -> ImageFacts | str:
    """The facts, or the sentence that says why there are none.

    stamp: when the file was written and its size, None where it is gone.
    """
    try:
        with _opened(image) as picture:
            width, height = picture.size
            if picture.getexif().get(ORIENTATION) in SIDEWAYS:
                width, height = height, width
            return ImageFacts(width, height, getattr(picture, "is_animated", False))
    except InvalidInput as error:
        return str(error)


def open_image(image: Image) -> Pictures.Image:
    """The picture upright, in RGB, transparent parts on white; of an animation the first frame.

    Raises InvalidInput and names the file.
    """
    with _opened(image) as picture:
        return in_rgb(picture)


def preview(image: Image, longest_side: int) -> bytes:
    """What `open_image` gives, as a JPEG whose sides have at most so many pixels.

    A report holds up to 64 of them, and a photo is several times larger as a PNG. Raises as
    `open_image` does.
    """
    picture = open_image(image)
    picture.thumbnail((longest_side, longest_side))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


# Exported scripts hold these lines (`core/scripts/transformers_script.py`); a test compares.
def in_rgb(image: Pictures.Image) -> Pictures.Image:
    """Upright, transparent parts on white. Of 16 bits the upper 8, which Pillow would clip;
    floats from 0 to 1, or as they are where they go further.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        values = grey = np.asarray(image)
        if image.mode == "F":
            grey = values * (255 if values.max(initial=0) <= 1 else 1)
        elif values.max(initial=0) > 255:
            grey = values >> 8
        grey = grey.clip(0, 255).astype(np.uint8)
        if "transparency" in image.info:
            grey[values == image.info["transparency"]] = 255
        image = Pictures.fromarray(grey)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Pictures.new("RGBA", image.size, "white")
        image = Pictures.alpha_composite(white, image)
    return image.convert("RGB")


@contextmanager
def _opened(image: Image) -> Iterator[Pictures.Image]:
    name, path = image.name or Path(image.path).name, Path(image.path)
    try:
        with Pictures.open(path, formats=FORMATS) as picture:
            _check_size(name, *picture.size)
            yield picture
    except InvalidInput:  # it is a ValueError too, and already says what is wrong
        raise
    except FileNotFoundError as error:
        raise InvalidInput(f"The image {name} no longer exists. Add it again.") from error
    except UnidentifiedImageError as error:
        raise InvalidInput(f"{_why_unknown(name, path)} {USE}") from error
    except Pictures.DecompressionBombError as error:
        raise InvalidInput(_too_large(name, str(error))) from error
    except (OSError, SyntaxError, ValueError) as error:
        why = getattr(error, "strerror", None) or error  # without the path
        raise InvalidInput(
            f"The image {name} is damaged or cut off ({why}). Save it again, then add it."
        ) from error


def _check_size(name: str, width: int, height: int) -> None:
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise InvalidInput(_too_large(name, f"{width:,} x {height:,} pixels"))


def _too_large(name: str, size: str) -> str:
    return (
        f"The image {name} is too large ({size}). The limit is {LONGEST_SIDE:,} pixels a side and "
        f"{MOST_PIXELS // 10**6} million pixels in total. Make it smaller first."
    )


def _why_unknown(name: str, path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    if not start:
        return f"The file {name} is empty."
    if start.startswith((b"<svg", b"<?xml")):
        return f"{name} is an SVG drawing, which has no pixels. Export it as PNG first."
    return f"The file {name} is not an image that can be read here."
