"""Scores and distributions of the engine without a model."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Generator, Mapping, MutableMapping, Sequence
from time import perf_counter

from core.bounds import check_text
from core.errors import InvalidInput
from core.runs.events import Failed
from core.runs.scores import (
    Distribution,
    DistributionEvent,
    Scored,
    ScoredToken,
    ScoreEvent,
    Scoring,
)
from core.sampling import SamplingParams
from core.workspace import Request
from engine.scripted.scripted_candidates import UNKNOWN, logits_at, piece_at, traced, words_at
from engine.scripted.scripted_prompt import CONTEXT_LENGTH, PIECE, render, token_id
from engine.scripted.scripted_replies import reply

WIDTH = 65_536
STEPS = 4


def scoring(
    request: Request, continuation: str | Sequence[int], whole: bool, model: str,
    texts: Mapping[int, str], pace: float,
) -> Generator[ScoreEvent, None, None]:  # fmt: skip
    """As the engine's verb. pace: seconds of each of its steps."""
    began = perf_counter()
    try:
        prompt = render(request).tokens
        added = [(i, texts.get(i, UNKNOWN)) for i in request.begins_with]
        before = len(prompt) + len(added)
        if isinstance(continuation, str):
            check_text(continuation, CONTEXT_LENGTH)
            added += [(token_id(piece), piece) for piece in PIECE.findall(continuation)]
        else:
            added += [(i, texts.get(i, UNKNOWN)) for i in continuation]
    except InvalidInput as error:
        yield Failed(str(error), perf_counter() - began)
        return
    given = [(token.token_id, token.text) for token in prompt] + added
    tokens: list[ScoredToken] = []
    for place, (known, text) in enumerate(given):
        image = place < len(prompt) and prompt[place].image
        if not place or image or (place < before and not whole):
            tokens.append(ScoredToken(known, text))
        else:
            logprob, trace = traced(text, SamplingParams())
            tokens.append(ScoredToken(known, text, logprob, trace.rank, trace.entropy))
    for step in range(1, STEPS):
        threading.Event().wait(pace)
        yield Scoring(step * len(given) // STEPS, len(given), perf_counter() - began)
    yield Scored(model, tuple(tokens), before, 0, perf_counter() - began)


def distribution(
    request: Request, ids: tuple[int, ...], model: str, texts: MutableMapping[int, str]
) -> Generator[DistributionEvent, None, None]:
    """As the engine's verb. texts: is told those of the tokens that may come."""
    began = perf_counter()
    try:
        prompt = render(request).token_ids
    except InvalidInput as error:
        yield Failed(str(error), perf_counter() - began)
        return
    piece = piece_at(reply(request), len(ids))
    words = words_at(piece)
    texts.update(words)
    logits = array("f", [-math.inf]) * WIDTH
    for place, logit in logits_at(piece, words).items():
        logits[place] = logit
    seen = frozenset((*prompt, *ids))
    yield Distribution(model, logits.tobytes(), seen, b"", 0, perf_counter() - began)
