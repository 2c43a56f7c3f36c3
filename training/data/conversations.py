"""The mixture of tasks, drawn from a seed: the same seed always gives the same conversations."""

import random
from collections.abc import Callable, Iterator

from core.tools.call_writer import START
from training.data import (
    chatting,
    choices,
    copying,
    dates,
    extraction,
    instructions,
    orders,
    tools,
)
from training.data.turns import Conversation, Segment, segments
from training.seeing import questions

# Task and share. Lists of tools are long, so a third of the conversations is half of the tokens.
MIXTURE: tuple[tuple[Callable[[random.Random], Conversation], int], ...] = (
    (dates.conversation, 14),
    (extraction.conversation, 15),
    (orders.conversation, 22),
    (chatting.conversation, 13),
    (instructions.conversation, 18),
    (choices.conversation, 16),
    (tools.conversation, 46),
    (copying.conversation, 20),
    (questions.without_picture, 1),
)

# How often the last answer is begun for the model, at a random character.
PREFILLED = 0.25
# How JSON on one line begins. Without it the answer has a field a line, so it is always begun.
ONE_LINE = '{"'


def draw(seed: int) -> Iterator[Conversation]:
    """An endless stream of training conversations."""
    rng = random.Random(seed)
    tasks, shares = zip(*MIXTURE, strict=True)
    while True:
        yield rng.choices(tasks, shares)[0](rng)


def pick_cut(rng: random.Random, conversation: Conversation) -> int | None:
    """Where a prefill of the last answer ends, in characters; `None` for no prefill."""
    answer = conversation[-1].content
    if answer.startswith(ONE_LINE):
        return len(ONE_LINE) if rng.random() < 0.7 else rng.randint(len(ONE_LINE), len(answer))
    if rng.random() >= PREFILLED or answer.startswith(START):
        return None
    if answer.startswith(extraction.PREFILL) and rng.random() < 0.4:
        return len(extraction.PREFILL)
    return rng.randint(0, len(answer))


def draw_segments(seed: int) -> Iterator[list[Segment]]:
    """An endless stream of rendered conversations, some of them with a prefill."""
    rng = random.Random(seed + 1)
    for conversation in draw(seed):
        yield segments(conversation, pick_cut(rng, conversation))
