"""The candidates of one place: how likely they are before and after the samplers, and what removed
the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from core.runs.events import Candidate
from core.sampling import SamplingParams, in_use
from core.workspace import Inspection
from engine.sampling.processors import REMOVED, steps


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
    passed = list(_applied(logits, seen, params))
    if params.greedy:
        passed = list(_greedy(logits, passed))
    probabilities = passed[-1][1].softmax(dim=-1) if passed else logits.softmax(dim=-1)
    count = min(inspection.top, len(logits))
    alive = int((probabilities > 0).sum())
    wanted = {
        *logits.topk(count).indices.tolist(),
        *probabilities.topk(min(count, alive)).indices.tolist(),
        *(token_id for token_id in inspection.about if 0 <= token_id < len(logits)),
    }
    removed_by = {
        token_id: next((name for name, after in passed if after[token_id] == REMOVED), "")
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


def _applied(
    logits: torch.Tensor, seen: torch.Tensor, params: SamplingParams
) -> Iterator[tuple[str, torch.Tensor]]:
    """Each sampler that is on and heeded, with the scores behind it, in their order."""
    scores = logits[None]
    for name, step in steps([params], in_use(params), scores.device):
        scores = step(scores, seen[None])
        yield name, scores[0]


def _greedy(
    logits: torch.Tensor, applied: list[tuple[str, torch.Tensor]]
) -> Iterator[tuple[str, torch.Tensor]]:
    """What was likeliest before a sampler is lost by it; all others by temperature 0."""
    before = logits
    for name, after in applied:
        passed_over = torch.full_like(after, 0.0)
        if before.argmax() != after.argmax():
            passed_over[before.argmax()] = REMOVED
        yield name, passed_over
        before = after
    left = torch.full_like(before, REMOVED)
    left[before.argmax()] = 0
    yield "temperature", left
