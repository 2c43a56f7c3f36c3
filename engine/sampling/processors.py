"""Transformers' logits processors for many rows at once, bit for bit.

The order and the arithmetic are those of transformers/generation/logits_process.py at batch 1. All
work on float32 scores of shape (rows, vocabulary), with parameters of shape (rows, 1). None writes
to its input, and none waits for a GPU. The facts about each are its row in `core/samplers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import torch

from core.sampling import SamplingParams, in_order, is_on
from engine.sampling.largest import largest

# From scores, and the ids of prompt and answer, to scores.
Step = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Rows = Sequence[SamplingParams]
REMOVED = -float("inf")
LANES = 128  # a multiple of every vector width, so that sums group the same numbers


def repetition_penalty(
    scores: torch.Tensor, seen: torch.Tensor, penalty: torch.Tensor
) -> torch.Tensor:
    """seen: (rows, any number), the ids of prompt and answer, in any order. Off: 1."""
    known = scores.gather(1, seen)
    return scores.scatter(1, seen, torch.where(known < 0, known * penalty, known / penalty))


def top_k(scores: torch.Tensor, k: torch.Tensor, most: int) -> torch.Tensor:
    """Keeps the k largest, and all that tie with the smallest of them. Off: 0.

    most: the largest k of all rows, known without asking the device. On a CPU only the largest are
    looked at, unless one of the others may tie.
    """
    places = largest(scores, min(most + 1, scores.shape[-1]))
    best = scores.gather(1, places)
    smallest_kept = best.gather(1, (k - 1).clamp(0, best.shape[-1] - 1))
    if scores.device.type == "cpu" and bool(((best[:, -1:] < smallest_kept) & (k > 0)).all()):
        return _alone(scores, places, best.masked_fill(best < smallest_kept, REMOVED))
    return scores.masked_fill((scores < smallest_kept) & (k > 0), REMOVED)


def _alone(scores: torch.Tensor, places: torch.Tensor, left: torch.Tensor) -> torch.Tensor:
    """What is left at these places, and all else removed."""
    return torch.full_like(scores, REMOVED).scatter_(1, places, left)


def top_p(scores: torch.Tensor, rest: torch.Tensor, survivors: int = 0) -> torch.Tensor:
    """Keeps the likeliest tokens whose probabilities add up to p, at least one.

    rest: 1 - p, subtracted in double precision as Transformers does. Off: -1.
    survivors: how many tokens top_k left, ties aside; 0: all. On a CPU only those are sorted if the
    result is the same: at 65,536 entries the sort of a whole row takes 6 ms.
    """
    left = _of_survivors(scores, rest, survivors) if scores.device.type == "cpu" else None
    if left is not None:
        return left
    ascending, places = scores.sort()
    return scores.masked_fill(_spread(_tail(ascending, rest), places, scores), REMOVED)


def _tail(ascending: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
    tail = ascending.softmax(dim=-1).cumsum(dim=-1) <= rest
    tail[:, -1:] = False
    return tail


def _spread(tail: torch.Tensor, places: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, places, tail)


def _of_survivors(scores: torch.Tensor, rest: torch.Tensor, survivors: int) -> torch.Tensor | None:
    """What top_p leaves, from a sort of the survivors only; None where that could differ.

    In the sorted row all others are -inf, come first and add zeros to its sums. The order of equal
    scores is that of `torch.sort` on the whole row, so a cut between equal scores is left to it.
    """
    vocabulary = scores.shape[-1]
    few = (survivors // LANES + 1) * LANES
    if not survivors or vocabulary % LANES or few > vocabulary // 4:
        return None
    places = largest(scores, few).flip(1)
    ascending = scores.gather(1, places)
    if bool((ascending[:, 0] > REMOVED).any()):  # more are left, which tie
        return None
    tail = _tail(ascending, rest)
    cut = tail[:, :-1] & ~tail[:, 1:]
    equal = (ascending[:, :-1] == ascending[:, 1:]) & (ascending[:, 1:] > REMOVED)
    if bool((cut & equal).any()):
        return None
    return _alone(scores, places, ascending.masked_fill(tail, REMOVED))


def min_p(scores: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Drops what is less likely than p times the likeliest. Off: 0."""
    probabilities = scores.softmax(dim=-1)
    return scores.masked_fill(probabilities < p * probabilities.amax(dim=-1, keepdim=True), REMOVED)


def typical_p(scores: torch.Tensor, mass: torch.Tensor) -> torch.Tensor:
    """Keeps the tokens whose surprise is nearest to the entropy, of this mass. Off: 2, all of it.

    The entropies are summed row by row: a sum over one row alone is split among threads, and those
    of several rows are not.
    """
    logprobs = scores.log_softmax(dim=-1)
    parts = (logprobs * logprobs.exp()).split(1)
    entropy = -torch.cat([part.nansum(-1, keepdim=True) for part in parts])
    distance, places = ((-logprobs) - entropy).abs().sort()
    last = (scores.gather(-1, places).softmax(dim=-1).cumsum(dim=-1) < mass).sum(dim=1)
    farthest = distance.gather(1, last.clamp(max=distance.shape[-1] - 1)[:, None])
    far = distance > farthest
    far[:, :1] = False
    return scores.masked_fill(_spread(far, places, scores), REMOVED)


def only(scores: torch.Tensor, allowed: Sequence[torch.Tensor | None]) -> torch.Tensor:
    """Keeps the allowed tokens of each row, whose shape is (vocabulary,). Off: None.

    It comes where `generate()` puts a caller's own processors: after the repetition penalty, which
    also works with greedy decoding, and before the others.
    """
    held = [place for place, mask in enumerate(allowed) if mask is not None]
    if not held:
        return scores
    mask = torch.stack([mask for mask in allowed if mask is not None]).to(scores.device)
    rows = torch.tensor(held, device=scores.device)
    return scores.index_copy(0, rows, scores[rows].masked_fill(~mask, REMOVED))


# -- one for each row of the table: the parameters of all rows as tensors, and the step ------------
def _repetition_penalty(rows: Rows, device: torch.device) -> Step:
    penalty = _column([row.repetition_penalty for row in rows], device)
    return lambda scores, seen: repetition_penalty(scores, seen, penalty)


def _temperature(rows: Rows, device: torch.device) -> Step:
    temperature = _column([row.temperature for row in rows], device)
    return lambda scores, seen: scores / temperature


def _top_k(rows: Rows, device: torch.device) -> Step:
    ks = [row.top_k for row in rows]
    k = torch.tensor(ks, dtype=torch.long, device=device)[:, None]
    most = max(ks)
    return lambda scores, seen: top_k(scores, k, most)


def _top_p(rows: Rows, device: torch.device) -> Step:
    rest = _column([1 - row.top_p if row.top_p < 1 else -1 for row in rows], device)
    ks = [row.top_k for row in rows]
    survivors = max(ks) if all(ks) else 0
    return lambda scores, seen: top_p(scores, rest, survivors)


def _min_p(rows: Rows, device: torch.device) -> Step:
    p = _column([row.min_p for row in rows], device)
    return lambda scores, seen: min_p(scores, p)


def _typical_p(rows: Rows, device: torch.device) -> Step:
    mass = _column([row.typical_p if row.typical_p < 1 else 2 for row in rows], device)
    return lambda scores, seen: typical_p(scores, mass)


def _column(values: Iterable[float], device: torch.device) -> torch.Tensor:
    return torch.tensor([*values], dtype=torch.float32, device=device)[:, None]


PROCESSORS: Mapping[str, Callable[[Rows, torch.device], Step]] = {
    "repetition_penalty": _repetition_penalty,
    "temperature": _temperature,
    "top_k": _top_k,
    "top_p": _top_p,
    "min_p": _min_p,
    "typical_p": _typical_p,
}


def steps(rows: Rows, among: Iterable[str], device: torch.device) -> tuple[tuple[str, Step], ...]:
    """The ones of these samplers that any row uses, in the order in which they are applied."""
    wanted = {name for name in among if any(is_on(row, name) for row in rows)}
    return tuple((name, PROCESSORS[name](rows, device)) for name in in_order() if name in wanted)
