"""Fused operators give the plain ones' bits, or stay out."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from transformers import DynamicCache, Lfm2Config, Lfm2ForCausalLM

from engine.kernels.fusing import StepConv, StepNorm, fuse


def network(dtype: torch.dtype = torch.float32, **values: Any) -> Any:
    torch.manual_seed(3)
    sizes = {"hidden_size": 64, "intermediate_size": 96, "vocab_size": 300}
    layers = {"num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 3}
    kinds = {"layer_types": ["conv", "full_attention", "conv"]}
    model = Lfm2ForCausalLM(Lfm2Config(**sizes, **layers, **kinds, **values)).eval().to(dtype)
    for module in model.modules():
        if type(module).__name__ == "Lfm2RMSNorm":  # else all ones, which rounding can't show
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return model


def steps(model: Any, rows: int) -> list[torch.Tensor]:
    """Logits of a prompt in two pieces, and of six more tokens one by one."""
    ids = torch.arange(rows * 20).reshape(rows, 20) % 300
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        pieces = [ids[:, :9], ids[:, 9:14], *ids[:, 14:].split(1, dim=1)]
        return [model(input_ids=piece, past_key_values=cache).logits for piece in pieces]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_fused_network_gives_the_bits_of_the_plain_one(dtype, rows) -> None:
    plain = network(dtype)
    fused = copy.deepcopy(plain)
    fuse(fused)
    for one, other in zip(steps(plain, rows), steps(fused, rows), strict=True):
        assert torch.equal(one, other)


def test_in_float32_all_convolutions_and_norms_are_fused() -> None:
    model = network()
    fuse(model)
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(StepConv) == 2
    assert kinds.count(StepNorm) == 3 * 2 + 2 + 1


def test_what_gives_other_bits_stays() -> None:
    model = network(torch.bfloat16)
    fuse(model)  # the one call rounds after the weight, the norm before it
    assert not any(isinstance(module, StepNorm) for module in model.modules())


def test_a_convolution_with_a_bias_stays() -> None:
    model = network(conv_bias=True)
    fuse(model)
    assert not any(isinstance(module, StepConv) for module in model.modules())
