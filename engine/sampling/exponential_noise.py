"""Drawing a token as `torch.multinomial` draws one: by the probabilities over exponential noise.

On a CPU `exponential_` draws its numbers one by one, 20 nanoseconds each. Double uniforms and a
vectorised logarithm give the same ones in a quarter of that, and the logarithm is only needed for
tokens that are left. As this leans on the inside of torch, both are compared once, and where a bit
differs torch draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from engine.sampling.largest import largest

COMPARED = 1 << 18  # numbers


def draw(
    shares: torch.Tensor, generators: Sequence[torch.Generator], few: int = 128
) -> torch.Tensor:
    """The drawn ids, (rows,). shares: (rows, vocabulary) float32 probabilities; each row has its
    own generator. few: where no row has more tokens above 0, no others are looked at.
    """
    if shares.device.type != "cpu" or not same_numbers():
        return (shares / by_torch(shares, generators)).argmax(dim=-1)
    uniform = uniforms(shares, generators)
    if few < shares.shape[-1]:
        places = largest(shares, few + 1)
        left = shares.gather(1, places)
        if bool((left[:, -1] == 0).all()):
            weighed = left / from_uniforms(uniform.gather(1, places))
            best = weighed == weighed.amax(dim=-1, keepdim=True)
            # The first of the row where several are the largest, as `argmax` has it.
            return places.masked_fill(~best, shares.shape[-1]).amin(dim=-1)
    return (shares / from_uniforms(uniform)).argmax(dim=-1)


def by_torch(like: torch.Tensor, generators: Sequence[torch.Generator]) -> torch.Tensor:
    """Exponential noise of the shape of `like`, (rows, vocabulary) float32."""
    noise = torch.empty_like(like)
    for row, generator in zip(noise, generators, strict=True):
        row.exponential_(1, generator=generator)
    return noise


def uniforms(like: torch.Tensor, generators: Sequence[torch.Generator]) -> torch.Tensor:
    uniform = torch.empty_like(like, dtype=torch.float64)
    for row, generator in zip(uniform, generators, strict=True):
        row.uniform_(generator=generator)
    return uniform


def from_uniforms(uniform: torch.Tensor) -> torch.Tensor:
    """The exponential noise that these numbers make. Writes to them."""
    return uniform.neg_().log1p_().neg_().to(torch.float32)


@cache
def same_numbers() -> bool:
    """Whether both ways give the same bits here and leave a generator in the same state."""
    like = torch.empty(1, COMPARED)
    one, other = (torch.Generator().manual_seed(7) for _ in range(2))
    same = torch.equal(by_torch(like, [one]), from_uniforms(uniforms(like, [other])))
    return same and torch.equal(one.get_state(), other.get_state())
