"""Pictures with questions, as batches of one picture size and one image budget each."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from training.batches import Batch, encode, pad
from training.data.turns import segments
from training.model import build_images
from training.seeing import questions
from training.seeing.budgets import BALANCED, DEFAULT, FAST, HIGH, Budget, Patches, make_patches
from training.seeing.drawing import draw
from training.seeing.patch_targets import targets
from training.seeing.scenes import LARGE, SMALL, Scene, code_scene, crowded_scene, shapes_scene

Size = tuple[int, int]  # width and height in pixels
Format = tuple[Size, Budget, int, tuple[int, int, int]]
# Picture sizes, budgets, how often, and what is in the pictures (shapes, large codes, small codes).
# Small pictures cost few tokens, so they are many. A batch has one format and pictures of all
# kinds: batches of one kind each pull the weights to and fro.
FORMATS: tuple[Format, ...] = (
    ((256, 256), DEFAULT, 48, (66, 14, 20)), ((512, 512), FAST, 12, (60, 30, 10)),
    ((384, 256), BALANCED, 8, (60, 20, 20)), ((256, 384), FAST, 5, (70, 20, 10)),
    ((512, 256), DEFAULT, 8, (30, 10, 60)), ((512, 512), BALANCED, 7, (40, 20, 40)),
    ((256, 256), HIGH, 3, (70, 15, 15)), ((512, 512), HIGH, 14, (20, 15, 65)),
)  # fmt: skip
# The same before there are questions; pictures crowded with codes teach most digits.
CROWDED: tuple[tuple[Size, Budget, int], ...] = (
    ((256, 256), DEFAULT, 44), ((512, 512), FAST, 6), ((384, 384), DEFAULT, 10),
    ((512, 256), DEFAULT, 12), ((512, 512), BALANCED, 6), ((512, 512), HIGH, 22),
)  # fmt: skip
MEDIUM = (24, 90)
KINDS = ("shapes", "large codes", "small codes")
CROWD = {"crowded": 6, "shapes": 2, "many shapes": 4, "large codes": 4, "small codes": 3}


@dataclass(frozen=True)
class PictureBatch:
    """`kinds` and `talk`: of every picture; `wanted`: what each of its patches shows."""

    kinds: tuple[str, ...]
    patches: Patches
    wanted: tuple[torch.Tensor, ...]
    talk: Batch | None = None


def pick_scene(rng: random.Random, kind: str, size: Size) -> Scene:
    """A scene for training."""
    if kind == "shapes":
        return shapes_scene(rng, *size, count=rng.choice((1, 1, 2, 2, 3, 3, 4, 5)))
    if kind == "many shapes":
        return shapes_scene(rng, *size, count=rng.randint(3, 5))
    if kind == "crowded":
        return crowded_scene(rng, *size)
    heights = SMALL if kind == "small codes" else LARGE if rng.random() < 0.75 else MEDIUM
    return code_scene(rng, *size, heights=heights)


def pick_format(
    rng: random.Random, asked: bool, formats: tuple[Format, ...] = FORMATS
) -> tuple[Size, Budget, dict[str, int]]:
    """A picture size, a budget, and how often which kind of picture has them."""
    if not asked:
        size, budget, _ = rng.choices(CROWDED, [share for *_, share in CROWDED])[0]
        return size, budget, CROWD
    size, budget, _, shares = rng.choices(formats, [share for *_, share, _ in formats])[0]
    return size, budget, dict(zip(KINDS, shares, strict=True))


def without_reading(batch: Batch, image: int) -> Batch:
    """Only answers count: a question about a picture is not worth predicting."""
    weights = torch.where(batch.weights < 1.0, 0.0, batch.weights)
    return Batch(batch.ids, torch.where(batch.ids == image, 0.0, weights))


def stream(
    seed: int, tokens: int, tokenizer: Any = None, formats: tuple[Format, ...] = FORMATS
) -> Iterator[PictureBatch]:
    """Endless batches of about `tokens` image tokens; with conversations if there is a tokenizer,
    else with crowded pictures among them."""
    rng = random.Random(seed)
    images = build_images()
    costs: dict[tuple[Size, Budget], int] = {}
    while True:
        size, budget, shares = pick_format(rng, tokenizer is not None, formats)
        if (size, budget) not in costs:
            costs[size, budget] = make_patches(images, [Image.new("RGB", size)], budget).tokens
        kinds = rng.choices(
            tuple(shares), tuple(shares.values()), k=max(2, tokens // costs[size, budget])
        )
        scenes = [pick_scene(rng, kind, size) for kind in kinds]
        patches = make_patches(images, [draw(scene) for scene in scenes], budget)
        wanted = tuple(targets(scene, patches.rows, patches.columns) for scene in scenes)
        talk = None
        if tokenizer is not None:
            talks = [
                segments(questions.conversation(rng, scene, patches.tokens)) for scene in scenes
            ]
            image = tokenizer.convert_tokens_to_ids("<image>")
            talk = without_reading(pad(encode(tokenizer, talks), tokenizer.pad_token_id), image)
        yield PictureBatch(tuple(kinds), patches, wanted, talk)
