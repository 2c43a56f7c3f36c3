"""The workspace: all that a person edits; and the requests that it turns into.

A request is one lane fully filled in: with the model, it is enough to reproduce the answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from core.bounds import check_conversation, check_stop
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.sampling import LARGEST_SEED, SamplingParams
from core.tools.schemas import parse_tools
from core.vision import VisionBudget


@dataclass(frozen=True, slots=True)
class Lane:
    """One column of answers. Lanes share the conversation; their settings differ.

    system: takes the place of the conversation's system message; empty leaves it out, None lets it
    stand. model: the name of one in memory; empty is the one in use.
    """

    label: str = "A"
    params: SamplingParams = SamplingParams()
    budget: VisionBudget = VisionBudget()
    system: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    conversation: Conversation = Conversation()
    lanes: tuple[Lane, ...] = (Lane(),)


@dataclass(frozen=True, slots=True)
class Inspection:
    """Asks for the candidates of one token, the one behind the answer's first tokens `after`.

    top: how many of the likeliest are wanted. about: ids that are wanted beside them.
    """

    after: tuple[int, ...] = ()
    top: int = 8
    about: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What the engine is asked for in one lane. `params.seed` is a number here, never None.

    model: the name of one in memory; empty is the one in use. inspection: where it is given
    one token is chosen, and it comes with its candidates.
    """

    lane: str
    conversation: Conversation
    params: SamplingParams
    budget: VisionBudget
    model: str = ""
    inspection: Inspection | None = None


def requests(workspace: Workspace) -> tuple[Request, ...]:
    """One request per lane; lanes without a seed share a fresh one, so that only settings differ.

    Raises InvalidInput where there is nothing to answer, where the tools can't be read, or where
    there is too much of something.
    """
    if not any(turn.parts for turn in workspace.conversation.messages):
        raise InvalidInput("There is no message to answer. Write a user message, then run.")
    parse_tools(workspace.conversation.tools)
    asked = [unseeded(workspace.conversation, lane) for lane in workspace.lanes]
    for one in asked:
        check_conversation(one.conversation)
        check_stop(one.params.stop)
    fresh = fresh_seed()
    return tuple(replace(one, params=_seeded(one.params, fresh)) for one in asked)


def unseeded(conversation: Conversation, lane: Lane) -> Request:
    """A lane's request as it stands; its seed may still be None."""
    if lane.system is not None:
        conversation = with_system(conversation, lane.system)
    return Request(lane.label, conversation, lane.params, lane.budget, lane.model)


def with_system(conversation: Conversation, text: str) -> Conversation:
    """The conversation with this system message in the place of its own; empty: without any."""
    others = tuple(turn for turn in conversation.messages if turn.role != "system")
    return replace(conversation, messages=(message("system", text), *others) if text else others)


def _seeded(params: SamplingParams, seed: int) -> SamplingParams:
    return params if params.seed is not None else replace(params, seed=seed)


def fresh_seed() -> int:
    """A seed from 0 to 2**32 - 1 that no earlier seed predicts."""
    return random.SystemRandom().randint(0, LARGEST_SEED)
