"""Transformers' logits processors for many rows at once, bit for bit.

The order and the arithmetic are those of transformers/generation/logits_process.py at batch 1. All
work on float32 scores of shape (rows, vocabulary), with parameters of shape (rows, 1). None writes
to its input, and none waits for a GPU.
"""

from __future__ import annotations

import torch

REMOVED = -float("inf")
LANES = 128  # a multiple of every vector width, so that sums group the same numbers


def repetition_penalty(
    scores: torch.Tensor, seen: torch.Tensor, penalty: torch.Tensor
) -> torch.Tensor:
    """seen: (rows, vocabulary), the tokens of prompt and answer. Off: 1."""
    return torch.where(seen, torch.where(scores < 0, scores * penalty, scores / penalty), scores)


def top_k(scores: torch.Tensor, k: torch.Tensor, largest: int) -> torch.Tensor:
    """Keeps the k largest, and all that tie with the smallest of them. Off: 0.

    largest: the largest k of all rows, known without asking the device.
    """
    best = scores.topk(min(largest, scores.shape[-1])).values
    smallest_kept = best.gather(1, (k - 1).clamp(0, best.shape[-1] - 1))
    return scores.masked_fill((scores < smallest_kept) & (k > 0), REMOVED)


def top_p(scores: torch.Tensor, rest: torch.Tensor, survivors: int = 0) -> torch.Tensor:
    """Keeps the likeliest tokens whose probabilities add up to p, at least one.

    rest: 1 - p, subtracted in double precision as Transformers does. Off: -1.
    survivors: how many tokens top_k left, ties aside; 0: all. On a CPU only those are sorted if the
    result is the same: at 65,536 entries the sort of a whole row takes 6 ms.
    """
    unlikely = _of_survivors(scores, rest, survivors) if scores.device.type == "cpu" else None
    if unlikely is None:
        ascending, places = scores.sort()
        unlikely = _spread(_tail(ascending, rest), places, scores)
    return scores.masked_fill(unlikely, REMOVED)


def _tail(ascending: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
    tail = ascending.softmax(dim=-1).cumsum(dim=-1) <= rest
    tail[:, -1:] = False
    return tail


def _spread(tail: torch.Tensor, places: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, places, tail)


def _of_survivors(scores: torch.Tensor, rest: torch.Tensor, survivors: int) -> torch.Tensor | None:
    """What top_p removes, from a sort of the survivors only; None where that could differ.

    In the sorted row all others are -inf, come first and add zeros to its sums. The order of equal
    scores is that of `torch.sort` on the whole row, so a cut between equal scores is left to it.
    """
    vocabulary = scores.shape[-1]
    if not survivors or vocabulary % LANES:
        return None
    alive = int((scores > REMOVED).sum(dim=-1).max())
    few = -(-max(alive, survivors) // LANES) * LANES
    if few > vocabulary // 4:
        return None
    ascending, places = scores.topk(few)
    ascending, places = ascending.flip(1), places.flip(1)
    tail = _tail(ascending, rest)
    cut = tail[:, :-1] & ~tail[:, 1:]
    equal = (ascending[:, :-1] == ascending[:, 1:]) & (ascending[:, 1:] > REMOVED)
    return None if bool((cut & equal).any()) else _spread(tail, places, scores)


def min_p(scores: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Drops what is less likely than p times the likeliest. Off: 0."""
    probabilities = scores.softmax(dim=-1)
    return scores.masked_fill(probabilities < p * probabilities.amax(dim=-1, keepdim=True), REMOVED)
