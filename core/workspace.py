"""The workspace: all that a person edits; and the requests that it turns into.

A request is one lane fully filled in: with the model, it is enough to reproduce the answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from core.conversation import Conversation
from core.errors import InvalidInput
from core.sampling import LARGEST_SEED, SamplingParams
from core.vision import VisionBudget


@dataclass(frozen=True, slots=True)
class Lane:
    """One column of answers. Lanes share the conversation; their settings differ."""

    label: str = "A"
    params: SamplingParams = SamplingParams()
    budget: VisionBudget = VisionBudget()


@dataclass(frozen=True, slots=True)
class Workspace:
    conversation: Conversation = Conversation()
    lanes: tuple[Lane, ...] = (Lane(),)


@dataclass(frozen=True, slots=True)
class Request:
    """What the engine is asked for in one lane. `params.seed` is a number here, never None."""

    lane: str
    conversation: Conversation
    params: SamplingParams
    budget: VisionBudget


def requests(workspace: Workspace) -> tuple[Request, ...]:
    """One request per lane; lanes without a seed share a fresh one, so that only settings differ.

    Raises InvalidInput where there is nothing to answer.
    """
    if not any(turn.parts for turn in workspace.conversation.messages):
        raise InvalidInput("There is no message to answer. Write a user message, then run.")
    fresh = fresh_seed()
    return tuple(
        Request(lane.label, workspace.conversation, _seeded(lane.params, fresh), lane.budget)
        for lane in workspace.lanes
    )


def _seeded(params: SamplingParams, seed: int) -> SamplingParams:
    return params if params.seed is not None else replace(params, seed=seed)


def fresh_seed() -> int:
    """A seed from 0 to 2**32 - 1 that no earlier seed predicts."""
    return random.SystemRandom().randint(0, LARGEST_SEED)
