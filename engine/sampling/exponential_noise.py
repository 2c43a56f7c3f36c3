"""Exponential noise for sampling: the numbers of `exponential_`, in less time where that is safe.

On a CPU torch draws them one by one, 20 nanoseconds each. Double uniforms and a vectorised
logarithm give the same ones in a quarter of that. As this leans on the inside of torch, both are
compared once, and where a bit differs torch draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

COMPARED = 1 << 18  # numbers


def exponential(like: torch.Tensor, dice: Sequence[torch.Generator]) -> torch.Tensor:
    """Noise of the shape of `like`, (rows, vocabulary) float32; each row from its own generator."""
    fast = like.device.type == "cpu" and same_numbers()
    return from_uniforms(like, dice) if fast else by_torch(like, dice)


def by_torch(like: torch.Tensor, dice: Sequence[torch.Generator]) -> torch.Tensor:
    noise = torch.empty_like(like)
    for row, generator in zip(noise, dice, strict=True):
        row.exponential_(1, generator=generator)
    return noise


def from_uniforms(like: torch.Tensor, dice: Sequence[torch.Generator]) -> torch.Tensor:
    uniform = torch.empty_like(like, dtype=torch.float64)
    for row, generator in zip(uniform, dice, strict=True):
        row.uniform_(generator=generator)
    return uniform.neg_().log1p_().neg_().to(torch.float32)


@cache
def same_numbers() -> bool:
    """Whether both ways give the same bits here and leave a generator in the same state."""
    like = torch.empty(1, COMPARED)
    one, other = (torch.Generator().manual_seed(7) for _ in range(2))
    same = torch.equal(by_torch(like, [one]), from_uniforms(like, [other]))
    return same and torch.equal(one.get_state(), other.get_state())
