"""The candidates of one place: how likely they are before and after the samplers, and what removed
the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from core.events import Candidate
from core.sampling import SamplingParams
from core.workspace import Inspection
from engine.processors import REMOVED, min_p, repetition_penalty, top_k, top_p


def candidates(
    logits: torch.Tensor,
    params: SamplingParams,
    seen: torch.Tensor,
    inspection: Inspection,
    text_of: Callable[[int], str],
) -> tuple[Candidate, ...]:
    """Likeliest first: the top ones before the samplers, those after them, and those asked about.

    logits: (vocabulary,) float32. seen: (vocabulary,), tokens of prompt and answer.
    """
    logits, seen = logits.cpu(), seen.cpu()
    scores = repetition_penalty(logits[None], seen[None], _number(params.repetition_penalty))[0]
    steps = list(_greedy(logits, scores) if params.greedy else _steps(scores, params))
    probabilities = steps[-1][1].softmax(dim=-1)
    count = min(inspection.top, len(logits))
    alive = int((probabilities > 0).sum())
    wanted = {
        *logits.topk(count).indices.tolist(),
        *probabilities.topk(min(count, alive)).indices.tolist(),
        *(token_id for token_id in inspection.about if 0 <= token_id < len(logits)),
    }
    removed_by = {
        token_id: next((name for name, after in steps if after[token_id] == REMOVED), "")
        for token_id in wanted
    }
    logprobs = logits.log_softmax(dim=-1)
    ordered = sorted(wanted, key=lambda token_id: -float(logprobs[token_id]))
    return tuple(
        Candidate(
            token_id,
            text_of(token_id),
            float(logprobs[token_id]),
            float(probabilities[token_id]),
            removed_by[token_id],
        )
        for token_id in ordered
    )


def _greedy(logits: torch.Tensor, scores: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """What was likeliest before the penalty is lost by it; all others by temperature 0."""
    penalised = torch.full_like(scores, 0.0)
    if logits.argmax() != scores.argmax():
        penalised[logits.argmax()] = REMOVED
    yield "repetition_penalty", penalised
    left = torch.full_like(scores, REMOVED)
    left[scores.argmax()] = 0
    yield "temperature", left


def _steps(scores: torch.Tensor, params: SamplingParams) -> Iterator[tuple[str, torch.Tensor]]:
    """Each sampler that is on, with the scores behind it; in Transformers' order."""
    scores = scores[None] / params.temperature
    yield "temperature", scores[0]
    if params.top_k:
        scores = top_k(scores, torch.tensor([[params.top_k]]), params.top_k)
        yield "top_k", scores[0]
    if params.top_p < 1:
        scores = top_p(scores, _number(1 - params.top_p))
        yield "top_p", scores[0]
    if params.min_p:
        scores = min_p(scores, _number(params.min_p))
        yield "min_p", scores[0]


def _number(value: float) -> torch.Tensor:
    return torch.tensor([[value]], dtype=torch.float32)
