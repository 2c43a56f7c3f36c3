"""An exported script decodes an image file to the very pixels that the lane gets."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from core.conversation import Conversation, Image, message
from core.sampling import SamplingParams
from core.scripts.script import Subject
from core.scripts.targets import make_script
from core.vision import VisionBudget
from core.workspace import Request
from engine.images.image_files import in_rgb, open_image
from engine.scripted.scripted_engine import ScriptedEngine

SIDE = 24
RAMP = np.linspace(0, 1, SIDE * SIDE).reshape(SIDE, SIDE)
GREY = Pictures.fromarray((RAMP * 255).astype(np.uint8))
COLOUR = Pictures.merge("RGB", (GREY, GREY.rotate(90), GREY.rotate(180)))
CLEAR = COLOUR.copy()
CLEAR.putalpha(GREY.rotate(270))
DEEP = Pictures.fromarray((RAMP * 65_535).astype(np.uint16))
TURNED = Pictures.Exif()
TURNED[0x0112] = 6
FILES: dict[str, tuple[str, Pictures.Image, dict[str, Any]]] = {
    "RGB": ("a.png", COLOUR, {}),
    "RGBA": ("a.png", CLEAR, {}),
    "LA": ("a.png", CLEAR.convert("LA"), {}),
    "P": ("a.png", COLOUR.quantize(16), {}),
    "P, one colour transparent": ("a.gif", COLOUR.quantize(16), {"transparency": 3}),
    "P, colours half transparent": (
        "a.png",
        COLOUR.quantize(16),
        {"transparency": bytes(range(0, 256, 16))},
    ),
    "RGB, one colour transparent": ("a.png", COLOUR, {"transparency": COLOUR.getpixel((3, 3))}),
    "1": ("a.png", GREY.convert("1"), {}),
    "16 bits": ("a.png", DEEP, {}),
    "16 bits, one grey transparent": ("a.png", DEEP, {"transparency": DEEP.getpixel((9, 9))}),
    "16 bits, TIFF": ("a.tiff", DEEP, {}),
    "32 bits": ("a.tiff", Pictures.fromarray((RAMP * 65_535).astype(np.int32)), {}),
    "floats to 1": ("a.tiff", Pictures.fromarray(RAMP.astype(np.float32)), {}),
    "floats to 255": ("a.tiff", Pictures.fromarray((RAMP * 255).astype(np.float32)), {}),
    "turned": ("a.jpg", COLOUR, {"exif": TURNED}),
    "turned and transparent": ("a.png", CLEAR, {"exif": TURNED}),
    "CMYK": ("a.jpg", COLOUR.convert("CMYK"), {}),
    "LAB": ("a.tiff", Pictures.new("LAB", (SIDE, SIDE), (120, 30, 200)), {}),
    "animation": ("a.gif", GREY, {"save_all": True, "append_images": [GREY.rotate(90)]}),
}


def script_text() -> str:
    talk = Conversation((message("user", "What is it?", [Image("a.png", "a.png")]),))
    request = Request("A", talk, SamplingParams(), VisionBudget())
    subject = Subject(request, ScriptedEngine().description, "a-model")
    return make_script("transformers", subject).text


@pytest.fixture(scope="module")
def scripts_picture() -> Callable[[Path], Pictures.Image]:
    """The function of an exported script, which runs without the lines about the model."""
    tree = ast.parse(script_text())
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef)
    tree.body = [line for line in tree.body if isinstance(line, kept)]
    names: dict[str, Any] = {}
    exec(compile(tree, "lane.py", "exec"), names)
    return names["picture"]


@pytest.mark.parametrize("name", FILES)
def test_the_script_and_the_lane_get_the_same_pixels(tmp_path, scripts_picture, name) -> None:
    file, picture, options = FILES[name]
    picture.save(tmp_path / file, **options)
    lane, script = open_image(Image(str(tmp_path / file))), scripts_picture(tmp_path / file)
    assert (lane.mode, lane.size) == (script.mode, script.size) == ("RGB", (SIDE, SIDE))
    assert lane.tobytes() == script.tobytes()
    assert len(set(np.asarray(lane).ravel())) > 1, "a picture of one value would say little"


def test_the_script_holds_the_decoder_line_by_line() -> None:
    """Also for what no file above has."""
    assert inspect.getsource(in_rgb).replace("Pictures.", "Image.") in script_text()
