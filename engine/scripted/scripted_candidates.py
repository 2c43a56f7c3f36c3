"""Candidates of the engine without a model: invented probabilities, really sampled by the rules."""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence

from core.runs.scores import Distribution, SamplerStep, SamplerSteps
from core.runs.traces import Candidate, Trace, packed_trace
from core.sampling import SamplingParams, in_order, in_use, is_on, samplers
from engine.scripted.scripted_prompt import PIECE, token_id

OTHERS = (" the", " a", " of", " maybe", ".", " and")
UNKNOWN = "?"


def piece_at(reply: str, place: int) -> str:
    pieces = PIECE.findall(reply)
    return pieces[place] if place < len(pieces) else ""


def words_at(piece: str) -> dict[int, str]:
    """The texts of all tokens that may stand where `piece` does."""
    return {token_id(piece): piece, **{token_id(word): word for word in OTHERS}}


def logits_at(piece: str, words: Mapping[int, str]) -> dict[int, float]:
    """The script's own word is the likeliest."""
    chosen = token_id(piece)
    return {i: 2.5 if i == chosen else _invented(text) for i, text in words.items()}


def _invented(text: str) -> float:
    return zlib.crc32(text.encode()) % 200 / 100


def traced(piece: str, params: SamplingParams) -> tuple[float, Trace]:
    """The logprob of a token of the script, and its trace."""
    words = words_at(piece)
    logits = logits_at(piece, words)
    before = _softmax(logits)
    found = _candidates(logits, words, params)
    return math.log(before[token_id(piece)]), packed_trace(1, entropy(before), found)


def entropy(probabilities: Mapping[int, float]) -> float:
    return -sum(p * math.log(p) for p in probabilities.values())


def _candidates(
    logits: Mapping[int, float], words: Mapping[int, str], params: SamplingParams
) -> tuple[Candidate, ...]:
    before = _softmax(logits)
    removed: dict[int, str] = {}
    shares = before
    for name, left in _applied(logits, params):
        removed |= dict.fromkeys((i for i in logits if i not in left and i not in removed), name)
        shares = left
    return tuple(
        Candidate(i, words[i], math.log(before[i]), shares.get(i, 0.0), removed.get(i, ""))
        for i in sorted(before, key=lambda i: -before[i])
    )


def sampler_steps(
    found: Distribution, params: SamplingParams, top: int, about: Sequence[int],
    texts: Mapping[int, str],
) -> SamplerSteps:  # fmt: skip
    """As the engine's verb. A repetition penalty changes nothing here, and every token that is
    asked about might have come.
    """
    numbers = array("f")
    numbers.frombytes(found.logits)
    logits = {i: logit for i, logit in enumerate(numbers) if logit > -math.inf}
    for i in about:
        if 0 <= i < len(numbers):
            logits.setdefault(i, _invented(texts.get(i, UNKNOWN)))
    passed = [("", _softmax(logits)), *_applied(logits, params)]
    order = sorted(logits, key=lambda i: -logits[i])
    ids = [i for place, i in enumerate(order) if place < top or i in about]
    steps: list[SamplerStep] = []
    before = passed[0][1]
    for name, left in passed:
        removed = sum(share for i, share in before.items() if i not in left)
        shares = tuple(left.get(i, 0.0) for i in ids)
        steps.append(SamplerStep(name, len(left), removed, shares))
        before = left
    removed_by = tuple(next((name for name, left in passed if i not in left), "") for i in ids)
    words = tuple(texts.get(i, UNKNOWN) for i in ids)
    return SamplerSteps(tuple(ids), words, tuple(steps), removed_by)


def _applied(
    logits: Mapping[int, float], params: SamplingParams
) -> Iterator[tuple[str, dict[int, float]]]:
    """Each sampler that is on and heeded, with the probabilities after it, in their order."""
    heat = params.temperature or 1.0
    left = dict(logits)
    for name in in_order():
        if name == "temperature" and params.greedy:
            left = {max(left, key=lambda i: left[i]): 0.0}
        elif name not in in_use(params) or not is_on(params, name):
            continue
        elif name == "temperature":
            left = {i: logit / heat for i, logit in left.items()}
        elif keeps := samplers()[name].keeps:
            kept = keeps(_softmax(left), getattr(params, name))
            left = {i: logit for i, logit in left.items() if i in kept}
        yield name, _softmax(left)


def _softmax(logits: Mapping[int, float]) -> dict[int, float]:
    weights = {i: math.exp(logit) for i, logit in logits.items()}
    total = sum(weights.values())
    return {i: weight / total for i, weight in weights.items()}
