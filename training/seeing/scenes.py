"""What a picture shows: coloured shapes or printed codes, as numbers. Knows nothing about pixels.

All lengths are in pixels of the picture before any resizing.
"""

import random
import zlib
from dataclasses import dataclass

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 32, 36), "blue": (30, 74, 208), "green": (28, 150, 60),
    "yellow": (244, 212, 30), "orange": (245, 134, 24), "purple": (126, 40, 160),
    "pink": (245, 140, 190), "black": (22, 22, 24),
}  # fmt: skip
SHAPES = ("circle", "square", "triangle", "star", "diamond", "cross")
BACKGROUNDS = ((255, 255, 255), (240, 240, 240), (250, 244, 228), (228, 238, 248), (205, 208, 212))
INKS = ((0, 0, 0), (30, 30, 40), (20, 40, 110), (110, 20, 20))

# Never drawn alone for training: whoever names them has learnt colour and shape apart.
UNSEEN_PAIRS = frozenset({("purple", "star"), ("orange", "cross"), ("green", "diamond")})

SMALL, LARGE = (16, 28), (60, 200)  # heights of a code's digits
HEIGHT, ADVANCE = 0.72, 0.58  # of a digit, as shares of the font's size


@dataclass(frozen=True)
class Thing:
    """A shape with its centre, its diameter, its colour's name and the tint it is drawn in."""

    colour: str
    shape: str
    x: int
    y: int
    size: int
    tint: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Such as "red circle"."""
        return f"{self.colour} {self.shape}"


@dataclass(frozen=True)
class Code:
    """Digits in one line. `x` is their left end, `y` their middle, `font` the font's size."""

    digits: str
    x: int
    y: int
    font: int
    ink: tuple[int, int, int]


@dataclass(frozen=True)
class Scene:
    """A picture. Its things stand in the order in which they are named: from left to right."""

    width: int
    height: int
    background: tuple[int, int, int]
    things: tuple[Thing, ...] = ()
    codes: tuple[Code, ...] = ()


def is_held_out(scene: Scene) -> bool:
    """Whether this layout, or the code in it, belongs to the evaluation: about one in ten."""
    if scene.codes:
        return any(is_held_out_code(code.digits) for code in scene.codes)
    return zlib.crc32(repr(scene.things).encode()) % 10 == 0


def is_held_out_code(digits: str) -> bool:
    """Whether these digits belong to the evaluation: about one in ten."""
    return zlib.crc32(digits.encode()) % 10 == 0


def pick_tint(rng: random.Random, colour: str) -> tuple[int, int, int]:
    """A colour near the named one."""
    red, green, blue = (min(255, max(0, c + rng.randint(-12, 12))) for c in COLOURS[colour])
    return red, green, blue


def pick_things(rng: random.Random, width: int, height: int, count: int) -> tuple[Thing, ...]:
    """`count` shapes that do not touch and whose names differ, from left to right."""
    side = min(width, height)
    low, high = (0.22, 0.75) if count == 1 else (0.14, 0.36 if count < 4 else 0.28)
    while True:
        things: list[Thing] = []
        for _ in range(60):
            size = round(side * rng.uniform(low, high))
            x = rng.randint(size // 2 + 3, width - size // 2 - 3)
            y = rng.randint(size // 2 + 3, height - size // 2 - 3)
            colour, shape = rng.choice(tuple(COLOURS)), rng.choice(SHAPES)
            apart = all(
                max(abs(x - other.x), abs(y - other.y)) > (size + other.size) * 0.53 + 3
                and abs(x - other.x) > side * 0.04
                for other in things
            )
            new = all((colour, shape) != (other.colour, other.shape) for other in things)
            if apart and new and (colour, shape) not in UNSEEN_PAIRS:
                things.append(Thing(colour, shape, x, y, size, pick_tint(rng, colour)))
            if len(things) == count:
                return tuple(sorted(things, key=lambda thing: thing.x))


def pick_digits(rng: random.Random, held_out: bool, most: int = 4) -> str:
    """Two to `most` digits."""
    while True:
        digits = "".join(rng.choices("0123456789", k=rng.randint(2, most)))
        if is_held_out_code(digits) == held_out:
            return digits


def pick_code(
    rng: random.Random, width: int, height: int, heights: tuple[int, int], held_out: bool
) -> Code:
    """A code that fits into the picture, with digits `heights` tall, or as tall as fits."""
    digits = pick_digits(rng, held_out)
    tallest = min(heights[1], int(height * 0.8), int((width - 12) / len(digits) / 0.81))
    tall = rng.uniform(min(heights[0], tallest), tallest)
    font = round(tall / HEIGHT)
    wide = round(font * ADVANCE * len(digits))
    x = rng.randint(4, max(4, width - wide - 4))
    edge = round(tall / 2) + 4
    return Code(digits, x, rng.randint(edge, height - edge), font, rng.choice(INKS))


def pick_background(rng: random.Random) -> tuple[int, int, int]:
    """A plain, light colour."""
    return rng.choice(BACKGROUNDS)


def shapes_scene(
    rng: random.Random, width: int, height: int, count: int, held_out: bool = False
) -> Scene:
    """A picture of `count` shapes."""
    while True:
        things = pick_things(rng, width, height, count)
        scene = Scene(width, height, pick_background(rng), things)
        if is_held_out(scene) == held_out:
            return scene


def code_scene(
    rng: random.Random, width: int, height: int, heights: tuple[int, int], held_out: bool = False
) -> Scene:
    """A picture of one code."""
    code = pick_code(rng, width, height, heights, held_out)
    return Scene(width, height, pick_background(rng), codes=(code,))


def crowded_scene(rng: random.Random, width: int, height: int) -> Scene:
    """Many codes in rows, to learn digits from: each picture then has dozens of them."""
    codes: list[Code] = []
    top = rng.randint(2, 20)
    while True:
        tall = round(min(height * 0.6, width * 0.4, 14 * (160 / 14) ** (rng.random() ** 2.5)))
        if top + 14 > height - 2:
            break
        tall = min(tall, height - 2 - top)
        font, left = round(tall / HEIGHT), rng.randint(2, 24)
        while True:
            digits = pick_digits(rng, held_out=False, most=max(2, min(4, int(width / font))))
            wide = round(font * ADVANCE * len(digits))
            if left + wide > width - 2:
                break
            codes.append(Code(digits, left, top + tall // 2, font, rng.choice(INKS)))
            left += wide + round(font * rng.uniform(0.6, 1.6))
        top += round(tall * rng.uniform(1.1, 1.5)) + 2
    return Scene(width, height, pick_background(rng), codes=tuple(codes))
