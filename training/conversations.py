"""The mixture of tasks, drawn from a seed: the same seed always gives the same conversations."""

import random
from collections.abc import Callable, Iterator

from training import chatting, dates, extraction, instructions, pictures
from training.turns import Conversation, Segment, segments

# Task and share. Copying names is the hardest task, so it gets the largest share.
MIXTURE: tuple[tuple[Callable[[random.Random], Conversation], int], ...] = (
    (dates.conversation, 12),
    (extraction.conversation, 36),
    (chatting.conversation, 30),
    (instructions.conversation, 21),
    (pictures.without_picture, 1),
)

# How often the last answer is begun for the model, at a random character.
PREFILLED = 0.25


def draw(seed: int) -> Iterator[Conversation]:
    """An endless stream of training conversations."""
    rng = random.Random(seed)
    tasks, shares = zip(*MIXTURE, strict=True)
    while True:
        yield rng.choices(tasks, shares)[0](rng)


def pick_cut(rng: random.Random, conversation: Conversation) -> int | None:
    """Where a prefill of the last answer ends, in characters; `None` for no prefill."""
    answer = conversation[-1].content
    if rng.random() >= PREFILLED:
        return None
    if answer.startswith(extraction.PREFILL) and rng.random() < 0.4:
        return len(extraction.PREFILL)
    return rng.randint(0, len(answer))


def draw_segments(seed: int) -> Iterator[list[Segment]]:
    """An endless stream of rendered conversations, some of them with a prefill."""
    rng = random.Random(seed + 1)
    for conversation in draw(seed):
        yield segments(conversation, pick_cut(rng, conversation))
