"""What the weights of a network in memory become: left alone, packed, or of fewer bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from core.errors import InvalidInput
from engine.kernels.fusing import fuse
from engine.kernels.merging import merge
from engine.kernels.packing import PackedLinear, can_be_packed, packs_equally, replace_linears
from engine.kernels.quantising import quantised
from engine.loading.device import TINY_MODEL

QUANTISED = ("int8", "int4")


def dtype_wish(weights: str, device: torch.device) -> str:
    """The number format to read a checkpoint in. Raises InvalidInput where the device can't."""
    if weights not in QUANTISED:
        return weights
    if device.type != "cpu":
        raise InvalidInput(
            f"{weights} weights are for the CPU, but this model goes to {device}. Choose auto, "
            "bfloat16, float16 or float32, or start with --device cpu."
        )
    return "bfloat16"


def convert(network: Any, weights: str, step: Callable[[str, float | None], None]) -> str:
    """Change the linear layers of `network` as `weights` asks; returns in words what was done.

    auto packs only where the result is the same, bit for bit. A format that is named is packed as
    well if rounding differs (float32), except for tiny models, where it gains nothing. 8 and 4 bits
    are for the layers that read text; a vision tower keeps bfloat16. Before that, what can be done
    in fewer calls is (`fuse`, `merge`); it changes no number.
    """
    fuse(network)
    kept = str(network.dtype).removeprefix("torch.")
    parameters = sum(tensor.numel() for tensor in network.parameters())
    if parameters >= TINY_MODEL:  # smaller ones lose by it as much as they gain
        merge(network)
    if weights in QUANTISED:
        decoder = network.get_decoder()
        replace_linears(
            [network, *decoder.modules()],
            lambda linear: quantised(linear, weights),
            lambda share: step("Quantising the weights", share),
        )
        return weights
    if not can_be_packed(network.device, network.dtype) or parameters < TINY_MODEL:
        return kept
    step("Packing the weights", None)
    if weights == "auto" and not packs_equally(network):
        return kept
    replace_linears(
        list(network.modules()), PackedLinear, lambda share: step("Packing the weights", share)
    )
    return f"{kept}, packed"
