"""The shown prompt, scored: how likely a model found each of its tokens."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NotRequired, TypedDict

from components.snapshot import Snapshot
from components.tokens.scoring import score_of
from core.access.access import Visitor
from core.errors import InvalidInput
from core.lanes import LABELS

NO_PROMPT = "No message to read. Write one, then colour the prompt."


class Surprise(TypedDict):
    """question: of the script. key: of the scored prompt, as `prompt_key`; empty without one.

    error: why there are no values. model: the one that scored. logprobs, ranks: one for each token,
    None where it has none: the first token and those of images.
    """

    question: int
    key: str
    error: NotRequired[str]
    model: NotRequired[str]
    logprobs: NotRequired[list[float | None]]
    ranks: NotRequired[list[int | None]]


def prompt_key(page: Snapshot) -> str:
    """Changes with all that the scores of the shown prompt depend on: what is rendered, images of
    the same size included, and by which model."""
    asked, models = page.prompt_request, tuple(page.engine.models)
    rendered = (asked.conversation, asked.budget, asked.template_options)
    return str(hash((*rendered, page.requests[0].model, models)))


async def surprise_of(
    page: Snapshot, visitor: Visitor, is_here: Callable[[], bool], question: int
) -> Surprise:
    """By the model of the first lane. The prompt must have been rendered; is_here: as in
    `last_said`.

    Raises InvalidInput where there is no prompt, or where its tokens can't be scored.
    """
    if page.prompt is None:
        raise InvalidInput(page.prompt_error or page.prompt_asked or NO_PROMPT)
    [asked] = visitor.bound([replace(page.prompt_request, model=page.requests[0].model)])
    work = page.engine.score(asked, "", whole=True, visitor=visitor.page)
    found = await score_of(work, visitor.seconds, is_here)
    if tuple(token.token_id for token in found.tokens) != page.prompt.token_ids:
        raise InvalidInput(
            f"Lane {LABELS[0]} uses {found.model}, which splits this prompt into different "
            "tokens. Set the lane to “Model in use”, then try again."
        )
    return {
        "question": question,
        "key": prompt_key(page),
        "model": found.model,
        "logprobs": [_rounded(token.logprob) for token in found.tokens],
        "ranks": [token.rank for token in found.tokens],
    }


def _rounded(logprob: float | None) -> float | None:
    return round(logprob, 6) if logprob is not None and math.isfinite(logprob) else None
