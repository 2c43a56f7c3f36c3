"""`python -m training.samples`: the sample pictures that come with the playground.

Fixed seeds, and layouts and codes that training never draws.
"""

import argparse
import random
from pathlib import Path

from training.seeing.drawing import draw
from training.seeing.scenes import (
    BACKGROUNDS,
    COLOURS,
    INKS,
    Code,
    Scene,
    Thing,
    is_held_out,
    pick_digits,
)

FOLDER = Path(__file__).resolve().parents[1] / "presets" / "pictures"
WHITE = BACKGROUNDS[0]


def shapes(seed: int, width: int, *wanted: tuple[str, str, int, int, int]) -> Scene:
    """Shapes near the given places, each as (colour, shape, x, y, size) in pixels."""
    rng = random.Random(seed)
    while True:
        things = tuple(
            Thing(
                colour, shape, x + rng.randint(-6, 6), y + rng.randint(-6, 6), size, COLOURS[colour]
            )
            for colour, shape, x, y, size in wanted
        )
        scene = Scene(width, 256, WHITE, things)
        if is_held_out(scene):
            return scene


def code(seed: int, width: int, x: int, y: int, font: int) -> Scene:
    """Four digits. `font`: the font's size in pixels, about 1.4 times a digit's height."""
    rng = random.Random(seed)
    digits = ""
    while len(set(digits)) < 4:
        digits = pick_digits(rng, held_out=True)
    return Scene(width, width, WHITE, codes=(Code(digits, x, y, font, INKS[0]),))


def samples() -> dict[str, Scene]:
    """The scenes by file name."""
    return {
        "red-circle.png": shapes(1, 256, ("red", "circle", 128, 128, 120)),
        "three-shapes.png": shapes(
            2, 256, ("blue", "square", 50, 90, 64), ("yellow", "star", 130, 180, 76),
            ("green", "triangle", 206, 80, 70),
        ),
        "large-code.png": code(3, 256, 22, 128, 92),
        "small-code.png": code(5, 512, 300, 340, 30),  # a code that the High budget reads
    }  # fmt: skip


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, scene in samples().items():
        draw(scene).save(folder / name, optimize=True)


if __name__ == "__main__":
    main()
