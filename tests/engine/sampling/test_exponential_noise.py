"""The noise is that of `exponential_`, by whichever way it comes."""

from __future__ import annotations

import pytest
import torch

from engine.sampling.exponential_noise import by_torch, exponential


def dice(count: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(40 + number) for number in range(count)]


@pytest.mark.parametrize("way", [exponential, by_torch])
@pytest.mark.parametrize("vocabulary", [1, 7, 2560, 65_536])
def test_each_row_gets_the_numbers_of_its_own_generator(way, vocabulary):
    mine, theirs = dice(3), dice(3)
    for _ in range(3):  # also from the states that the first draws leave
        made = way(torch.empty(3, vocabulary), mine)
        for row, generator in zip(made, theirs, strict=True):
            assert torch.equal(row, torch.empty(vocabulary).exponential_(1, generator=generator))
