"""Images of a report: as the model gets them, and only those that a page may show."""

import base64
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from components.compare.report_images import LARGEST_SIDE, report_images
from components.uploads import upload_folder
from core.conversation import Image
from engine.scripted.scripted_engine import ScriptedEngine

ENGINE = ScriptedEngine()


@pytest.fixture
def uploads() -> Iterator[Path]:
    folder = upload_folder() / "test-of-reports"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder)


def shown(path: Path) -> Pictures.Image:
    [(_, url)] = report_images([Image(str(path), "a")], ENGINE)
    content = base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))
    return Pictures.open(io.BytesIO(content))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(uploads: Path, mode: str):
    """They were black, which is what lies below them in most files."""
    Pictures.new("RGBA", (8, 8), (0, 0, 0, 0)).convert(mode).save(uploads / "a.png")
    assert shown(uploads / "a.png").getpixel((3, 3)) == (255, 255, 255)


def test_16_bits_keep_their_brightness(uploads: Path):
    """They were white, which is how Pillow clips them."""
    Pictures.fromarray(np.full((8, 8), 32_768, np.uint16)).save(uploads / "scan.png")
    assert shown(uploads / "scan.png").getpixel((3, 3)) == (128, 128, 128)


def test_large_ones_become_small(uploads: Path):
    Pictures.new("RGB", (2000, 1000), "red").save(uploads / "a.png")
    assert shown(uploads / "a.png").size == (LARGEST_SIDE, LARGEST_SIDE // 2)


def test_what_is_no_upload_or_no_image_is_only_named(uploads: Path, tmp_path: Path):
    Pictures.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    (uploads / "b.png").write_bytes(b"no image")
    paths = [str(tmp_path / "a.png"), str(uploads / "b.png"), str(uploads / "gone.png"), ""]
    assert report_images([Image(path) for path in paths], ENGINE) == tuple((p, "") for p in paths)
