"""Image files of every kind become upright RGB pictures, and bad ones a sentence."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from core.conversation import Image
from core.errors import InvalidInput
from core.vision import ImageFacts
from engine.images.image_files import LONGEST_SIDE, image_facts, open_image, preview


def opened(path: Path) -> Pictures.Image:
    return open_image(Image(str(path)))


def test_a_picture_is_turned_upright_and_its_size_too(tmp_path) -> None:
    path = tmp_path / "phone.jpg"
    exif = Pictures.Exif()
    exif[0x0112] = 6  # turned a quarter, as phones write it
    Pictures.new("RGB", (40, 20), "red").save(path, exif=exif)
    assert opened(path).size == (20, 40)
    assert image_facts(Image(str(path))) == ImageFacts(20, 40)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(tmp_path, mode) -> None:
    path = tmp_path / "clear.png"
    Pictures.new("RGBA", (8, 8), (255, 0, 0, 0)).convert(mode).save(path)
    assert opened(path).getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "CMYK", "LAB"])
def test_every_kind_of_picture_is_read(tmp_path, mode) -> None:
    path = tmp_path / "kind.tiff"
    Pictures.new(mode, (8, 8)).save(path)
    assert opened(path).mode == "RGB"


@pytest.mark.parametrize(
    ("kind", "values", "grey"),
    [(np.uint16, 32_768, 128), (np.int32, 65_535, 255), (np.float32, 0.5, 127)],
)
def test_more_than_8_bits_keep_their_brightness(tmp_path, kind, values, grey) -> None:
    """Pillow itself cuts everything above 255 off, and a scan comes out white."""
    path = tmp_path / "scan.tiff"
    Pictures.fromarray(np.full((4, 4), values, dtype=kind)).save(path)
    assert opened(path).getpixel((1, 1)) == (grey, grey, grey)


def test_what_is_transparent_in_16_bits_becomes_white(tmp_path) -> None:
    """One value of grey is; Pillow clips all the others to white as well."""
    path = tmp_path / "scan.png"
    values = np.array([[7, 32_768]], dtype=np.uint16)
    Pictures.fromarray(values).save(path, transparency=7)
    picture = opened(path)
    assert [picture.getpixel((0, 0)), picture.getpixel((1, 0))] == [(255,) * 3, (128,) * 3]


def test_a_preview_is_a_small_picture_of_what_the_model_gets(tmp_path) -> None:
    path = tmp_path / "scan.png"
    Pictures.fromarray(np.full((100, 300), 32_768, np.uint16)).save(path)
    small, whole = (
        Pictures.open(io.BytesIO(preview(Image(str(path)), side))) for side in (30, 640)
    )
    assert (small.format, small.size, whole.size) == ("JPEG", (30, 10), (300, 100))
    assert small.getpixel((5, 5)) == (128, 128, 128)


def test_of_an_animation_the_first_frame_is_read_and_that_it_moves_is_told(tmp_path) -> None:
    path = tmp_path / "moving.gif"
    frames = [Pictures.new("RGB", (9, 7), colour) for colour in ("red", "blue", "green")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert image_facts(Image(str(path))) == ImageFacts(9, 7, moves=True)
    assert opened(path).getpixel((2, 2)) == (255, 0, 0)


def bomb() -> bytes:
    """A PNG whose header promises 60,000 x 60,000 pixels."""
    buffer = io.BytesIO()
    Pictures.new("1", (1, 1)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def wide() -> bytes:
    buffer = io.BytesIO()
    Pictures.new("1", (30_000, 2)).save(buffer, "PNG")
    return buffer.getvalue()


def cut() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Pictures.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()[:3000]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "bad.png is empty"),
        (b"no image", "bad.png is not an image that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing.*PNG first"),
        (b"  <?xml version='1.0'?><svg/>", "SVG drawing"),
        (b"%PDF-1.7 ...", "is not an image that can be read"),
        (cut(), "bad.png is damaged or cut off"),
        (bomb(), "bad.png is too large"),
        (wide(), rf"bad.png is too large \(30,000 x 2 pixels.*{LONGEST_SIDE:,}"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path, content, sentence) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=sentence):
        opened(path)


def test_a_file_is_looked_at_once_until_it_changes(tmp_path) -> None:
    """A page asks at each pause of typing."""
    path = tmp_path / "a.bmp"
    Pictures.new("RGB", (8, 6), "red").save(path)
    facts, stamp = path.stat(), Image(str(path))
    assert image_facts(stamp) == ImageFacts(8, 6)
    path.write_bytes(bytes(facts.st_size))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert image_facts(stamp) == ImageFacts(8, 6)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
    for _ in range(2):  # what is wrong is kept too
        with pytest.raises(InvalidInput, match="not an image"):
            image_facts(stamp)


@pytest.mark.parametrize("form", ["PPM", "ICO", "TGA", "EPS", "PCX"])
def test_only_six_formats_are_read(tmp_path, form) -> None:
    """Each further one is a reader of untrusted bytes, and EPS starts another program."""
    path = tmp_path / "picture.png"
    Pictures.new("RGB", (16, 16), "red").save(path, form)
    with pytest.raises(InvalidInput, match="not an image that can be read here. Use PNG"):
        image_facts(Image(str(path)))


def test_what_the_system_refuses_is_told_without_the_path(tmp_path) -> None:
    with pytest.raises(InvalidInput) as caught:
        image_facts(Image(str(tmp_path), "cat.png"))
    assert "cat.png is damaged or cut off (Is a directory)" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_file_that_is_gone_is_told_by_its_name() -> None:
    with pytest.raises(InvalidInput, match=r"photo\.png no longer exists"):
        image_facts(Image("/nowhere/x.png", "photo.png"))
