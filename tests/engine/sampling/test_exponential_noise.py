"""Tokens are drawn as `torch.multinomial` draws them, by whichever way their noise comes."""

from __future__ import annotations

import pytest
import torch

from engine.sampling.exponential_noise import by_torch, draw, from_uniforms, same_numbers, uniforms

ROWS = 3


def generators(count: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(40 + number) for number in range(count)]


def ours(like: torch.Tensor, own: list[torch.Generator]) -> torch.Tensor:
    return from_uniforms(uniforms(like, own))


@pytest.mark.parametrize("way", [ours, by_torch])
@pytest.mark.parametrize("vocabulary", [1, 7, 2560, 65_536])
def test_each_row_gets_the_numbers_of_its_own_generator(way, vocabulary):
    assert same_numbers()
    mine, theirs = generators(ROWS), generators(ROWS)
    for _ in range(3):  # also from the states that the first draws leave
        made = way(torch.empty(ROWS, vocabulary), mine)
        for row, generator in zip(made, theirs, strict=True):
            assert torch.equal(row, torch.empty(vocabulary).exponential_(1, generator=generator))


@pytest.mark.parametrize("vocabulary", [7, 2560, 65_536])
@pytest.mark.parametrize("left", [1, 5, 60])
@pytest.mark.parametrize("few", [4, 128])
def test_a_row_draws_what_multinomial_draws(vocabulary, left, few):
    """Whether all tokens are looked at or those that are left."""
    left = min(left, vocabulary)
    scores = torch.randn(ROWS, vocabulary, generator=torch.Generator().manual_seed(left)) * 3
    cut = scores.topk(left).values[:, -1:]
    shares = scores.masked_fill(scores < cut, -float("inf")).softmax(dim=-1)
    mine, theirs = generators(ROWS), generators(ROWS)
    for _ in range(5):
        wanted = [
            int(torch.multinomial(row, 1, generator=one))
            for row, one in zip(shares, theirs, strict=True)
        ]
        assert draw(shares, mine, few).tolist() == wanted
