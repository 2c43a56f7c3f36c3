"""Scenes as pixels, drawn with Pillow alone."""

import math
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from training.seeing.scenes import Code, Scene, Thing

FINE = 2  # shapes are drawn this many times larger, so that their edges are smooth


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def corners(shape: str, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """The outline of every shape but the circle; `radius` is half of its size."""
    if shape == "square":
        side = radius * 0.88
        return [(x - side, y - side), (x + side, y - side), (x + side, y + side),
                (x - side, y + side)]  # fmt: skip
    if shape == "diamond":
        return [(x, y - radius), (x + radius * 0.8, y), (x, y + radius), (x - radius * 0.8, y)]
    if shape == "triangle":
        return [(x, y - radius * 0.92), (x + radius, y + radius * 0.85),
                (x - radius, y + radius * 0.85)]  # fmt: skip
    if shape == "star":
        reach = [radius if point % 2 == 0 else radius * 0.42 for point in range(10)]
        turn = [math.pi * (point / 5 - 0.5) for point in range(10)]
        return [
            (x + far * math.cos(at), y + far * math.sin(at))
            for far, at in zip(reach, turn, strict=True)
        ]
    if shape == "cross":
        arm, far = radius * 0.34, radius
        quarter = [(arm, -arm), (far, -arm), (far, arm), (arm, arm), (arm, far), (-arm, far)]
        steps = [*quarter, *((-dx, -dy) for dx, dy in quarter)]
        return [(x + dx, y + dy) for dx, dy in steps]
    raise ValueError(f"There is no shape {shape!r} with corners.")


def _draw_thing(canvas: Image.Image, thing: Thing) -> None:
    """Only the square around the thing is drawn large."""
    half = thing.size // 2 + 2
    box = (thing.x - half, thing.y - half, thing.x + half, thing.y + half)
    cut = canvas.crop(box).resize((2 * half * FINE, 2 * half * FINE), Image.Resampling.NEAREST)
    pen, middle, radius = ImageDraw.Draw(cut), half * FINE, thing.size * FINE / 2
    if thing.shape == "circle":
        around = (middle - radius, middle - radius, middle + radius, middle + radius)
        pen.ellipse(around, fill=thing.tint)
    else:
        pen.polygon(corners(thing.shape, middle, middle, radius), fill=thing.tint)
    canvas.paste(cut.resize((2 * half, 2 * half), Image.Resampling.BOX), box)


def baseline(code: Code) -> tuple[int, float, float]:
    """Where a code's text begins, in pixels: `y` of its base line, a digit's height and advance."""
    font = _font(code.font)
    tall = -font.getbbox("0", anchor="ls")[1]
    return round(code.y + tall / 2), tall, font.getlength("0")


def draw(scene: Scene) -> Image.Image:
    """The scene as an RGB picture."""
    canvas = Image.new("RGB", (scene.width, scene.height), scene.background)
    for thing in scene.things:
        _draw_thing(canvas, thing)
    pen = ImageDraw.Draw(canvas)
    for code in scene.codes:
        y = baseline(code)[0]
        pen.text((code.x, y), code.digits, fill=code.ink, font=_font(code.font), anchor="ls")
    return canvas
