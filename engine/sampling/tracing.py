"""What is told of the tokens of a step, of all rows at once and in one tensor, so that one transfer
brings it to the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch

from core.runs.traces import REMOVERS, Trace
from engine.sampling.processors import REMOVED

TEMPERATURE, PENALTY = map(REMOVERS.index, ("temperature", "repetition_penalty"))
SMALLEST = torch.finfo(torch.float32).min


class Fate(NamedTuple):
    """What became of the candidates. probabilities: (rows, candidates and the chosen one).
    removers: (rows, candidates), places in REMOVERS.
    """

    probabilities: torch.Tensor
    removers: torch.Tensor


def removers(watched: Mapping[str, torch.Tensor], top: torch.Tensor) -> torch.Tensor:
    """Which step removed each candidate, as `Fate` has it. watched: the candidates' scores after
    each step that may remove some, in their order.
    """
    if not watched:
        return torch.zeros_like(top, dtype=torch.int32)
    # What is removed stays so: the number of steps after which it was gone says which was first.
    gone = (torch.stack([*watched.values()]) == REMOVED).sum(dim=0)
    return _codes(tuple(watched), top.device)[gone]


def greedy_fate(
    logits: torch.Tensor, best: torch.Tensor, ids: torch.Tensor, top: torch.Tensor,
    removed: torch.Tensor,
) -> Fate:  # fmt: skip
    """Where the likeliest token is taken: all others are lost by temperature 0, but the first by
    the repetition penalty if another one is likelier with it.

    best: with the penalty, but whatever the constraint allows. removed: by the constraint.
    """
    first = top[:, :1]
    lost = logits.gather(1, first) > logits.gather(1, best[:, None])
    removed = torch.where(removed == 0, TEMPERATURE, removed)
    removed = torch.where((top == first) & lost, PENALTY, removed)
    taken = torch.nn.functional.pad(top == ids[:, None], (0, 1), value=True)
    return Fate(taken.to(torch.float32), removed.masked_fill(taken[:, :-1], 0))


@cache
def _codes(watched: tuple[str, ...], device: torch.device) -> torch.Tensor:
    places = [0, *(REMOVERS.index(name) for name in reversed(watched))]
    return torch.tensor(places, dtype=torch.int32, device=device)


def packed(
    logits: torch.Tensor, chosen: torch.Tensor, top: torch.Tensor, fate: Fate
) -> torch.Tensor:
    """All that is told of a step: (rows, numbers), int32; a float32 travels as its bits.

    logits: before any sampler. chosen: (rows,). top: `largest` of the logits.
    """
    ids = torch.cat((top, chosen[:, None]), dim=1)
    logprobs = logits.log_softmax(dim=-1)
    told = logprobs.gather(1, ids)
    entropy, rank = measures(logits, logprobs, chosen)
    removed = torch.nn.functional.pad(fate.removers, (0, 1))  # the chosen token was not
    reals = torch.cat((told[:, -1:], entropy[:, None], told, fate.probabilities), dim=1)
    whole = torch.cat((ids, removed, chosen[:, None], rank[:, None]), dim=1)
    return torch.cat((reals.view(torch.int32), whole.to(torch.int32)), dim=1)


def measures(
    logits: torch.Tensor, logprobs: torch.Tensor, chosen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(entropy in nats, rank of the chosen token from 1 on) of each row, both (rows,).

    Changes `logprobs`: what can't come has a share of 0, and that times minus infinity is NaN.
    """
    shares = logprobs.exp()
    # Row by row: a product of two vectors is one call of BLAS, and needs no third array.
    pairs = zip(shares, logprobs.clamp_(min=SMALLEST), strict=True)
    entropy = -torch.stack([share.dot(logprob) for share, logprob in pairs])
    better = logits > logits.gather(1, chosen[:, None])
    return entropy, better.count_nonzero(dim=-1) + 1


class Told(NamedTuple):
    """A chosen token on the host. logprob: before any sampler."""

    token_id: int
    logprob: float
    trace: Trace


def unpacked(numbers: torch.Tensor, text_of: Sequence[Callable[[int], str]]) -> list[Told]:
    """The rows of `packed` on the host. text_of: of each row, the text of a token."""
    ints = numbers.cpu().numpy()
    ends = ints[:, -2:].tolist()
    floats = ints.view("float32")[:, :2].tolist()
    count = (ints.shape[1] - 4) // 4
    ids = ints[:, 2 + 2 * count : 2 + 3 * count].tolist()
    return [
        Told(token_id, logprob, Trace(rank, entropy, tuple(map(text, some)), row.tobytes()))
        for (token_id, rank), (logprob, entropy), some, text, row in zip(
            ends, floats, ids, text_of, ints[:, 2:-2], strict=True
        )
    ]
