"""Questions about a scene and their answers, as conversations. Knows nothing about pixels."""

import random

from training.data.turns import Conversation, Turn, assistant, system, user
from training.seeing.budgets import placeholder
from training.seeing.scenes import Code, Scene, Thing

SYSTEMS = (
    "You are a helpful multimodal assistant by Liquid AI.",
    "You are a helpful assistant.",
    "You are a helpful multimodal assistant by Liquid AI.",
)
OPEN = (
    "What is in the picture?", "What is in this picture?", "What is in this image?",
    "What is in the image?", "What do you see?", "What is this?", "What can you see?",
    "What does the picture show?",
)  # fmt: skip
DESCRIBE = (
    "Describe the picture.", "Describe this picture.", "Describe this image.",
    "Describe the image.", "Describe this image in detail.", "Describe what you see.",
)  # fmt: skip
READ = (
    "Read the code.", "What is the code?", "Read the small code.", "What does it say?",
    "Read the number.", "Which number is written here?", "Read the text in the image.",
    "What number do you see?", "Which code is printed in the picture?", "Read the digits.",
)  # fmt: skip
COUNT = (
    "How many shapes are there?", "How many shapes are in the picture?", "Count the shapes.",
    "How many shapes do you see?", "How many objects are there?", "How many things are there?",
)  # fmt: skip
OTHER = (
    "Is there a dog?", "How many people are there?", "Who is in the picture?", "Is it a photo?",
    "Where was this taken?", "What is the weather like?", "Is there a car?", "What animal is it?",
)  # fmt: skip
WORDS = ("no", "one", "two", "three", "four", "five")
ONLY = "I only know coloured shapes and printed numbers."
NO_PICTURE = "I see no picture. Add one and ask again."


def listed(scene: Scene) -> str:
    """All there is, such as "a red circle and a blue square"."""
    if scene.codes:
        return f"the code {scene.codes[0].digits}"
    names = [f"{'an' if thing.name[0] in 'aeo' else 'a'} {thing.name}" for thing in scene.things]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def open_question(rng: random.Random, scene: Scene) -> list[Turn]:
    """What is there, in a few words or in a sentence."""
    if rng.random() < 0.5:
        return [user(rng.choice(DESCRIBE)), assistant(f"The picture shows {listed(scene)}.")]
    text = listed(scene)
    return [user(rng.choice(OPEN)), assistant(f"{text[0].upper()}{text[1:]}.")]


def reading(rng: random.Random, code: Code) -> list[Turn]:
    """The digits and nothing else."""
    return [user(rng.choice(READ)), assistant(code.digits)]


def counting(rng: random.Random, scene: Scene) -> list[Turn]:
    """How many shapes there are."""
    count = len(scene.things)
    is_are, ending = ("is", "") if count == 1 else ("are", "s")
    return [user(rng.choice(COUNT)), assistant(f"There {is_are} {WORDS[count]} shape{ending}.")]


def about_one(rng: random.Random, thing: Thing) -> list[Turn]:
    """The colour or the shape of the only thing."""
    if rng.random() < 0.5:
        asked = ("What colour is it?", "What color is it?", f"What colour is the {thing.shape}?",
                 "Which colour is the shape?", "What colour is the shape?")  # fmt: skip
        return [user(rng.choice(asked)), assistant(f"{thing.colour.capitalize()}.")]
    asked = ("What shape is it?", "Which shape is it?", f"What is {thing.colour}?",
             "What shape is in the picture?")  # fmt: skip
    return [user(rng.choice(asked)), assistant(f"A {thing.shape}.")]


SIDES = {"left": "on the left", "right": "on the right", "top": "above", "bottom": "below"}


def at_side(scene: Scene, side: str) -> Thing:
    """The one of two things at a side."""
    by = {"left": lambda t: t.x, "right": lambda t: -t.x, "top": lambda t: t.y,
          "bottom": lambda t: -t.y}[side]  # fmt: skip
    return min(scene.things, key=by)


def placing(rng: random.Random, scene: Scene) -> list[Turn]:
    """Which of two shapes is at a side."""
    first, second = scene.things
    upright = abs(first.y - second.y) > 0.12 * scene.height and rng.random() < 0.65
    side = rng.choice(("top", "bottom") if upright else ("left", "right"))
    asked = [f"Which shape is {SIDES[side]}?", f"What is {SIDES[side]}?"]
    if upright:
        asked += [f"Which shape is at the {side}?"]
    return [user(rng.choice(asked)), assistant(f"The {at_side(scene, side).name}.")]


def turns(rng: random.Random, scene: Scene) -> list[Turn]:
    """One to three questions about a scene, each with its answer."""
    asked: list[list[Turn]] = []
    if rng.random() < 0.03:
        asked.append([user(rng.choice(OTHER)), assistant(ONLY)])
    elif scene.codes:
        asked.append(reading(rng, scene.codes[0]))
        if rng.random() < 0.35:
            asked.append(open_question(rng, scene))
    else:
        asked += [open_question(rng, scene), counting(rng, scene)]
        if len(scene.things) == 1:
            asked.append(about_one(rng, scene.things[0]))
        if len(scene.things) == 2:
            asked += [placing(rng, scene), placing(rng, scene)]
    rng.shuffle(asked)
    return [turn for pair in asked[:3] for turn in pair]


def with_picture(talk: list[Turn], tokens: int) -> list[Turn]:
    """The turns with a picture of so many image tokens before the first question."""
    return [user(placeholder(tokens) + talk[0].content), *talk[1:]]


def conversation(rng: random.Random, scene: Scene, tokens: int) -> Conversation:
    """A picture of so many image tokens, and questions about it."""
    opening = [system(rng.choice(SYSTEMS))] if rng.random() < 0.4 else []
    return (*opening, *with_picture(turns(rng, scene), tokens))


def without_picture(rng: random.Random) -> Conversation:
    """A question about a picture that is not there."""
    opening = [system(rng.choice(SYSTEMS))] if rng.random() < 0.4 else []
    return (*opening, user(rng.choice((*OPEN[:5], *DESCRIBE, *READ))), assistant(NO_PICTURE))
