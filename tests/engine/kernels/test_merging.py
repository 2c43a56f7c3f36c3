"""Merged layers give the bits of the layers that they stand for, to whoever calls them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from transformers import Lfm2Config, Lfm2ForCausalLM, LlamaConfig, LlamaForCausalLM

from engine.kernels.merging import FirstPart, LaterPart, merge
from engine.kernels.packing import held_bytes
from tests.engine.conftest import LAYERS, SIZES


class Pair(nn.Module):
    """The layers of a feed-forward module, alone."""

    def __init__(self, outputs: int = 48, bias: bool = False) -> None:
        super().__init__()
        self.w1 = nn.Linear(32, 64, bias=bias)
        self.w3 = nn.Linear(32, outputs, bias=bias)


def _lfm2() -> Any:
    return Lfm2ForCausalLM(Lfm2Config(**SIZES, layer_types=LAYERS))


def _llama() -> Any:
    return LlamaForCausalLM(LlamaConfig(**SIZES))


@pytest.mark.parametrize(
    ("make", "merged"), [(_lfm2, 4 + 2), (_llama, 4 + 4)], ids=["lfm2", "llama"]
)
@torch.no_grad()
def test_a_merged_network_writes_the_same_logits_and_holds_no_weight_twice(make, merged):
    torch.manual_seed(3)
    network = make().eval()
    ids = torch.randint(0, 2000, (3, 40))
    before, size = network(input_ids=ids, use_cache=True), held_bytes(network)
    merge(network)
    assert sum(isinstance(module, FirstPart) for module in network.modules()) == merged
    after = network(input_ids=ids, use_cache=True)
    assert torch.equal(before.logits, after.logits)
    steps = [
        network(input_ids=ids[:, -1:], past_key_values=seen.past_key_values).logits
        for seen in (before, after)
    ]
    assert torch.equal(*steps)
    assert held_bytes(network) == size


@pytest.mark.parametrize("bias", [False, True])
@torch.no_grad()
def test_inputs_that_the_first_layer_did_not_read_last_get_their_own_part(bias):
    pair = Pair(bias=bias)
    one, other = torch.randn(2, 32), torch.randn(2, 32)
    expected = [(pair.w1(inputs), pair.w3(inputs)) for inputs in (one, other)]
    merge(pair)
    assert isinstance(pair.w3, LaterPart)
    found = [pair.w1(one), pair.w1(other)]  # as when two threads use the network
    thirds = [pair.w3(one), pair.w3(other), pair.w3(other)]
    assert all(torch.equal(first, pair[0]) for first, pair in zip(found, expected, strict=True))
    assert torch.equal(thirds[0], expected[0][1])
    assert all(torch.equal(third, expected[1][1]) for third in thirds[1:])


def test_what_differs_in_kind_stays_apart():
    pair = Pair()
    pair.w3 = nn.Linear(16, 64, bias=False)
    merge(pair)
    assert type(pair.w1) is type(pair.w3) is nn.Linear
