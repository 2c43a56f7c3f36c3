"""An expected answer, scored for each lane: how likely its model found the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NotRequired, TypedDict

from components.last_said import last_said
from core.access.access import Visitor
from core.errors import InvalidInput
from core.runs.engine import Engine, Readable
from core.runs.events import Failed
from core.runs.scores import Scored, ScoredToken, ScoreEvent
from core.workspace import Request


class ScoreRow(TypedDict):
    """error: why the lane has no score. total: the logprob of the text; mean: per token."""

    lane: str
    error: NotRequired[str]
    model: NotRequired[str]
    total: NotRequired[float]
    mean: NotRequired[float]
    perplexity: NotRequired[float]
    texts: NotRequired[list[str]]
    logprobs: NotRequired[list[float]]


class Scores(TypedDict):
    """question: of the script. error: why there are none. rows: the likeliest text first."""

    question: int
    error: NotRequired[str]
    rows: NotRequired[list[ScoreRow]]


async def score_rows(
    engine: Engine, requests: Sequence[Request], text: str, visitor: Visitor,
    is_here: Callable[[], bool],
) -> list[ScoreRow]:  # fmt: skip
    """A lane that can't score the text says why."""
    rows = [await _row(engine, request, text, visitor, is_here) for request in requests]
    return sorted(rows, key=lambda row: -row.get("mean", -math.inf))


async def scored(
    engine: Engine, request: Request, text: str, caller: str, seconds: float | None,
    is_here: Callable[[], bool],
) -> Scored:  # fmt: skip
    """How likely each token of `text` is as the answer. caller: for the engine's queue. seconds,
    is_here: as in `last_said`.

    Raises InvalidInput for an empty text, and where there is no score.
    """
    if not text:
        raise InvalidInput("The expected answer is empty. Write one, then score it.")
    work = engine.score(request, text, whole=False, visitor=caller)
    return await score_of(work, seconds, is_here)


async def score_of(
    work: Readable[ScoreEvent], seconds: float | None, is_here: Callable[[], bool]
) -> Scored:
    """What the engine finds. seconds, is_here: as in `last_said`. Raises InvalidInput."""
    match await last_said(work, seconds, is_here):
        case Scored() as found:
            return found
        case Failed(message=message):
            raise InvalidInput(message)
        case _:
            raise InvalidInput("The engine returned no score. Try again.")


async def _row(
    engine: Engine, request: Request, text: str, visitor: Visitor, is_here: Callable[[], bool]
) -> ScoreRow:
    lane = request.lane
    try:
        found = await scored(engine, request, text, visitor.page, visitor.seconds, is_here)
    except InvalidInput as error:
        return {"lane": lane, "error": str(error)}
    row: Any = {"lane": lane, "model": found.model, **figures(found.continuation)}
    return row


def figures(tokens: Sequence[ScoredToken]) -> Any:
    """The numbers of a `ScoreRow`. Every token of a continuation has a logprob."""
    logprobs = [token.logprob or 0.0 for token in tokens]
    total = math.fsum(logprobs)
    mean = total / len(logprobs)
    return {
        "total": total,
        "mean": mean,
        "perplexity": math.exp(min(-mean, 700.0)),
        "texts": [token.text for token in tokens],
        "logprobs": logprobs,
    }
