"""The largest of wide rows, by blocks and by `topk` of all."""

import pytest
import torch

from engine.sampling.largest import BLOCK, NARROW, largest


@pytest.mark.parametrize("count", [1, 20, NARROW // BLOCK, NARROW // BLOCK + 1, NARROW + 7])
@pytest.mark.parametrize("width", [NARROW, NARROW + 1, 100])
def test_they_are_those_of_topk_whatever_their_number(width, count):
    """More places than there are blocks raised in `topk` of the blocks."""
    scores = torch.randperm(2 * width, generator=torch.Generator().manual_seed(3)).view(2, -1)
    scores = scores.float()
    found = largest(scores, count)
    assert torch.equal(found, scores.topk(min(count, width)).indices)


def test_many_places_in_one_block_are_found():
    scores = torch.zeros(1, NARROW)
    scores[0, 5 * BLOCK : 6 * BLOCK] = torch.arange(1, BLOCK + 1).float()
    assert largest(scores, 20).tolist() == [list(range(6 * BLOCK - 1, 6 * BLOCK - 21, -1))]
