"""What each sampler does to the distribution of one place, and which of them removed a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch

from core.runs.scores import Distribution, SamplerStep, SamplerSteps
from core.runs.traces import CONSTRAINT
from core.sampling import SamplingParams, in_use, samplers
from engine.sampling.processors import REMOVED, only, steps


def sampler_steps(
    found: Distribution, params: SamplingParams, top: int, about: Sequence[int],
    text_of: Callable[[int], str],
) -> SamplerSteps:  # fmt: skip
    """As the engine's verb: what each sampler that is on and heeded does to the distribution."""
    logits = torch.frombuffer(bytearray(found.logits), dtype=torch.float32)
    allowed = None
    if found.allowed:
        allowed = torch.frombuffer(bytearray(found.allowed), dtype=torch.bool)
    seen = torch.tensor([i for i in found.seen if i < len(logits)], dtype=torch.long)
    applied = list(_applied(logits, seen, params, allowed))
    passed, blamed = [("", logits), *applied], applied
    if params.greedy:
        blamed = list(_greedy(logits, applied))
        scores = passed[-1][1]
        best = torch.full_like(scores, REMOVED)
        best[scores.argmax()] = 0
        passed.append(("temperature", best))
    shares = [scores.softmax(dim=-1) for _, scores in passed]
    ids = _wanted(logits, shares[-1], top, about)
    steps = [
        SamplerStep(
            name,
            int((scores > REMOVED).sum()),
            float(before[scores == REMOVED].sum()),
            tuple(share[ids].tolist()),
        )
        for (name, scores), before, share in zip(passed, (shares[0], *shares), shares, strict=False)
    ]
    removed_by = (
        next((name for name, after in blamed if after[token_id] == REMOVED), "") for token_id in ids
    )
    return SamplerSteps(tuple(ids), tuple(map(text_of, ids)), tuple(steps), tuple(removed_by))


def _wanted(logits: torch.Tensor, after: torch.Tensor, top: int, about: Iterable[int]) -> list[int]:
    """The ids that lead before the samplers and after them, and those asked about; the likeliest
    first.
    """
    count = min(top, len(logits))
    alive = int((after > 0).sum())
    wanted = {
        *logits.topk(count).indices.tolist(),
        *after.topk(min(count, alive)).indices.tolist(),
        *(token_id for token_id in about if 0 <= token_id < len(logits)),
    }
    return sorted(wanted, key=lambda token_id: -float(logits[token_id]))


def _applied(
    logits: torch.Tensor, seen: torch.Tensor, params: SamplingParams, allowed: torch.Tensor | None
) -> Iterator[tuple[str, torch.Tensor]]:
    """Each sampler that is on and heeded, with the scores behind it, in their order; the constraint
    comes before the first that greedy decoding ignores.
    """
    scores = logits[None]
    table, waiting = samplers(), allowed is not None
    for name, step in steps([params], in_use(params), scores.device):
        if waiting and table[name].ignored_when_greedy:
            scores, waiting = only(scores, [allowed]), False
            yield CONSTRAINT, scores[0]
        scores = step(scores, seen[None])
        yield name, scores[0]
    if waiting:
        yield CONSTRAINT, only(scores, [allowed])[0]


def _greedy(
    logits: torch.Tensor, applied: list[tuple[str, torch.Tensor]]
) -> Iterator[tuple[str, torch.Tensor]]:
    """What was likeliest before a sampler is lost by it; all others by temperature 0."""
    before = logits
    for name, after in applied:
        passed_over = torch.full_like(after, 0.0)
        if name == CONSTRAINT:
            passed_over = after
        elif before.argmax() != after.argmax():
            passed_over[before.argmax()] = REMOVED
        yield name, passed_over
        before = after
    left = torch.full_like(before, REMOVED)
    left[before.argmax()] = 0
    yield "temperature", left
