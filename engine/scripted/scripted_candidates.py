"""Candidates of the engine without a model: invented probabilities, really sampled by the rules."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from time import perf_counter

from core.runs.events import Candidate, Event, Finished, Token
from core.sampling import SamplingParams, in_order, in_use, is_on, samplers
from core.workspace import Request
from engine.scripted.scripted_prompt import PIECE, token_id

OTHERS = (" the", " a", " of", " maybe", ".", " and")


def inspected(
    request: Request, reply: str, texts: Mapping[int, str], began: float
) -> Iterator[Event]:
    """The token behind `inspection.after` with its candidates. texts: of ids given out so far."""
    assert request.inspection
    pieces = PIECE.findall(reply)
    place = len(request.inspection.after)
    piece = pieces[place] if place < len(pieces) else ""
    words = {token_id(piece): piece, **{token_id(word): word for word in OTHERS}}
    words |= {about: texts.get(about, "?") for about in request.inspection.about}
    chosen = token_id(piece)
    logits = {
        i: 2.5 if i == chosen else zlib.crc32(text.encode()) % 200 / 100
        for i, text in words.items()
    }
    found = _candidates(logits, words, request.params)
    yield Token(chosen, piece, found[0].logprob, perf_counter() - began, found)
    yield Finished("max_new_tokens", "", perf_counter() - began)


def _candidates(
    logits: Mapping[int, float], words: Mapping[int, str], params: SamplingParams
) -> tuple[Candidate, ...]:
    before = _softmax(logits)
    order = sorted(before, key=lambda i: -before[i])
    removed: dict[int, str] = {}
    if params.greedy:
        removed = dict.fromkeys(order[1:], "temperature")
    heat = params.temperature or 1.0
    for name in in_order():
        keeps = samplers()[name].keeps
        if keeps and name in in_use(params) and is_on(params, name):
            left = _softmax({i: logits[i] / heat for i in order if i not in removed})
            gone = left.keys() - keeps(left, getattr(params, name))
            removed |= dict.fromkeys(gone, name)
    after = _softmax({i: logits[i] / heat for i in order if i not in removed})
    return tuple(
        Candidate(i, words[i], math.log(before[i]), after.get(i, 0.0), removed.get(i, ""))
        for i in order
    )


def _softmax(logits: Mapping[int, float]) -> dict[int, float]:
    weights = {i: math.exp(logit) for i, logit in logits.items()}
    total = sum(weights.values())
    return {i: weight / total for i, weight in weights.items()}
