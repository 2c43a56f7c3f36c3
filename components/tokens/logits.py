"""The logits of one place of an answer, for the script that applies the samplers to them."""

from __future__ import annotations

import asyncio
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterable
from heapq import nlargest
from typing import NotRequired, TypedDict

from components.distributions import distribution_at
from core.access.access import Visitor
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.runs.run import Run
from core.runs.scores import Distribution
from core.sampling import SamplingParams

LEADING = 16  # the microscope has eight rows


class Logits(TypedDict):
    """question: of the script. error: why there are no logits.

    logits: float32, little-endian, by token id, as base64. seen: ids in the prompt or in the answer
    so far. allowed: a byte for each id, 0 where the constraint forbids it, as base64; empty: all
    are allowed. words: texts by id, of all tokens that any values of the samplers can bring to the
    front.
    """

    question: int
    error: NotRequired[str]
    logits: NotRequired[str]
    seen: NotRequired[list[int]]
    allowed: NotRequired[str]
    words: NotRequired[dict[str, str]]


async def logits_at(
    engine: Engine, run: Run, place: int, visitor: Visitor, is_here: Callable[[], bool],
    question: int,
) -> Logits:  # fmt: skip
    """Raises InvalidInput as `distribution_at` does, and if the model can't tell."""
    if run.capabilities and not run.capabilities.distributions:
        raise InvalidInput(f"{run.model} doesn't report logits, which the microscope needs.")
    found = await distribution_at(engine, run, place, visitor, is_here)
    return await asyncio.to_thread(_logits, engine, found, run.token_ids[place], question)


def _logits(engine: Engine, found: Distribution, chosen: int, question: int) -> Logits:
    floats = array("f", found.logits)
    ids = [chosen, *leading_ids(floats, found.seen, found.allowed)]
    steps = engine.sampler_steps(found, SamplingParams(), top=1, about=ids)
    return {
        "question": question,
        "logits": b64encode(floats.tobytes()).decode(),
        "seen": sorted(found.seen),
        "allowed": b64encode(found.allowed).decode(),
        "words": dict(zip(map(str, steps.token_ids), steps.texts, strict=True)),
    }


def leading_ids(logits: array[float], seen: Iterable[int], allowed: bytes) -> list[int]:
    """The likeliest of the tokens that the repetition penalty counts, and of the others: a penalty
    changes no order within either.
    """
    used = {token_id for token_id in seen if token_id < len(logits)}
    possible = [i for i in range(len(logits)) if not allowed or (i < len(allowed) and allowed[i])]
    halves = ([i for i in possible if i in used], [i for i in possible if i not in used])
    return [i for half in halves for i in nlargest(LEADING, half, key=logits.__getitem__)]
