"""The held-out figures of pictures: shapes, counts, places and codes, by image budget."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoProcessor

from training.asking import GREEDY, Answer, Pocket
from training.figures import Figure
from training.seeing import questions
from training.seeing.budgets import BALANCED, DEFAULT, FAST, HIGH, Budget
from training.seeing.drawing import draw
from training.seeing.scenes import (
    LARGE,
    SMALL,
    UNSEEN_PAIRS,
    Scene,
    Thing,
    code_scene,
    pick_background,
    pick_tint,
    shapes_scene,
)

BUDGETS = {"defaults": DEFAULT, "High": HIGH, "Balanced": BALANCED, "Fast": FAST}
# The recipe for LFM2-VL.
LFM2_VL: dict[str, object] = {
    "do_sample": True, "temperature": 0.1, "top_k": 0, "min_p": 0.15, "repetition_penalty": 1.05,
}  # fmt: skip
RECIPE = "temperature 0.1, min_p 0.15, penalty 1.05"
SQUARE, LARGE_SQUARE = (256, 256), (512, 512)
TOGETHER = 25  # pictures that are answered at a time


@dataclass(frozen=True)
class Case:
    """A picture, a question about it, and the only right answer."""

    scene: Scene
    question: str
    answer: str


def ask(
    pocket: Pocket, processor: Any, cases: list[Case], budget: Budget, sampling: dict[str, object]
) -> list[Answer]:
    """One answer a case, in order. Pictures are not split into tiles."""
    answers = []
    for first in range(0, len(cases), TOGETHER):
        talks = [
            [{"role": "user", "content": [
                {"type": "image", "image": draw(case.scene)},
                {"type": "text", "text": case.question},
            ]}]
            for case in cases[first : first + TOGETHER]
        ]  # fmt: skip
        inputs = processor.apply_chat_template(
            talks, add_generation_prompt=True, tokenize=True, return_dict=True,
            return_tensors="pt",
            processor_kwargs={
                "padding": True,
                "min_image_tokens": budget.least,
                "max_image_tokens": budget.most,
                "do_image_splitting": False,
            },
        )  # fmt: skip
        with torch.inference_mode():
            rows = pocket.model.generate(**inputs, max_new_tokens=60, **sampling)
        for row in rows[:, inputs["input_ids"].shape[1] :].tolist():
            text = processor.decode(row, skip_special_tokens=True)
            answers.append(Answer(text, processor.tokenizer.eos_token_id in row))
    return answers


def asked(name: str, count: int, make: Callable[[random.Random, int], Case]) -> list[Case]:
    """`count` cases, the same every time."""
    rng = random.Random(name)
    return [make(rng, place) for place in range(count)]


def _what(rng: random.Random, scene: Scene) -> Case:
    question, answer = questions.open_question(rng, scene)
    return Case(scene, question.content, answer.content)


def one_shape(size: tuple[int, int]) -> Callable[[random.Random, int], Case]:
    """What is the only shape, and what colour has it?"""
    return lambda rng, _: _what(rng, shapes_scene(rng, *size, count=1, held_out=True))


def unseen_pair(rng: random.Random, place: int) -> Case:
    """The same, of a colour and a shape that were never shown together."""
    colour, shape = sorted(UNSEEN_PAIRS)[place % len(UNSEEN_PAIRS)]
    size = rng.randint(60, 180)
    x, y = (rng.randint(size // 2 + 3, 253 - size // 2) for _ in "xy")
    thing = Thing(colour, shape, x, y, size, pick_tint(rng, colour))
    return _what(rng, Scene(*SQUARE, pick_background(rng), (thing,)))


def several(rng: random.Random, place: int) -> Case:
    """Two or three shapes, named from left to right."""
    return _what(rng, shapes_scene(rng, *SQUARE, count=2 + place % 2, held_out=True))


def count(rng: random.Random, place: int) -> Case:
    """One to five shapes are counted."""
    scene = shapes_scene(rng, *SQUARE, count=1 + place % 5, held_out=True)
    question, answer = questions.counting(rng, scene)
    return Case(scene, question.content, answer.content)


def placed(sides: tuple[str, str]) -> Callable[[random.Random, int], Case]:
    """Which of two shapes is at a side?"""

    def make(rng: random.Random, place: int) -> Case:
        while True:
            scene = shapes_scene(rng, *SQUARE, count=2, held_out=True)
            first, second = scene.things
            if sides[0] == "left" or abs(first.y - second.y) > 0.12 * scene.height:
                side = sides[place % 2]
                question = f"Which shape is {questions.SIDES[side]}?"
                return Case(scene, question, f"The {questions.at_side(scene, side).name}.")

    return make


def code(size: tuple[int, int], heights: tuple[int, int]) -> Callable[[random.Random, int], Case]:
    """A code is read."""

    def make(rng: random.Random, _: int) -> Case:
        scene = code_scene(rng, *size, heights=heights, held_out=True)
        return Case(scene, rng.choice(questions.READ), scene.codes[0].digits)

    return make


TASKS: tuple[tuple[str, Callable[[random.Random, int], Case], tuple[str, ...]], ...] = (
    ("one shape, 256 x 256", one_shape(SQUARE), ("defaults", "High", "Fast")),
    ("one shape, 512 x 512", one_shape(LARGE_SQUARE), ("defaults", "Fast")),
    ("one shape, pairs never shown together", unseen_pair, ("defaults",)),
    ("two or three shapes, all named", several, ("defaults",)),
    ("counting one to five", count, ("defaults",)),
    ("left or right", placed(("left", "right")), ("defaults",)),
    ("above or below", placed(("top", "bottom")), ("defaults",)),
    ("large codes, 256 x 256", code(SQUARE, LARGE), ("defaults", "Fast")),
    ("large codes, 512 x 512", code(LARGE_SQUARE, LARGE), ("defaults", "Fast")),
    ("small codes, 512 x 512", code(LARGE_SQUARE, SMALL), ("High", "Balanced", "Fast")),
)
SAMPLED = {("one shape, 256 x 256", "defaults"), ("small codes, 512 x 512", "High")}


def picture_figures(folder: Path, pocket: Pocket, number: int) -> Iterator[Figure]:
    """Every task at its budgets, greedy and in part with the recipe for LFM2-VL."""
    processor = AutoProcessor.from_pretrained(folder)
    for task, make, budgets in TASKS:
        cases = asked(task, number, make)
        for budget in budgets:
            settings = {"greedy": GREEDY}
            if (task, budget) in SAMPLED:
                settings[RECIPE] = LFM2_VL
            for setting, sampling in settings.items():
                given = ask(pocket, processor, cases, BUDGETS[budget], sampling)
                right = sum(
                    one.stopped and one.text == case.answer
                    for one, case in zip(given, cases, strict=True)
                )
                yield Figure(f"picture: {task}", f"{budget}, {setting}", right, number)
