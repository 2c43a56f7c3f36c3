"""Linear layers in the order in which oneDNN reads them: the same numbers, read faster on a CPU.

At 1 to 8 rows a step is bound by reading the weights. Packed once, they were read 1.3 to 2.5 times
as fast in bfloat16, and up to 7 times in float32 (docs/decisions/0008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

ROWS_TO_COMPARE = (1, 2, 3, 4, 8, 16, 64)


class PackedLinear(nn.Module):
    """A `torch.nn.Linear` for inference on a CPU. The packed weight is opaque: it can't be read."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        self.packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None)

    def held(self) -> list[torch.Tensor]:
        """The tensors that it keeps in addition to parameters."""
        return [self.packed]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = inputs.reshape(-1, self.in_features)
        outputs = torch.ops.mkldnn._linear_pointwise(rows, self.packed, self.bias, "none", [], "")
        return outputs.view(*inputs.shape[:-1], self.out_features)


def can_be_packed(device: torch.device, dtype: torch.dtype) -> bool:
    """oneDNN packs bfloat16 only on processors that compute in it, such as those with AVX-512."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if dtype == torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return dtype == torch.float32


@torch.no_grad()
def packs_equally(network: nn.Module) -> bool:
    """Whether packed layers give the very bits that plain ones give, for each shape in `network`.

    Compared on the network's own weights and random inputs of 1 to 64 rows; takes under a second.
    """
    generator = torch.Generator().manual_seed(0)
    seen: set[tuple[int, int, bool]] = set()
    for linear in network.modules():
        if type(linear) is not nn.Linear:
            continue
        shape = (linear.in_features, linear.out_features, linear.bias is not None)
        if shape in seen:
            continue
        seen.add(shape)
        packed = PackedLinear(linear)
        for rows in ROWS_TO_COMPARE:
            inputs = torch.randn(rows, linear.in_features, generator=generator)
            inputs = inputs.to(linear.weight.dtype)
            plain = functional.linear(inputs, linear.weight, linear.bias)
            if not torch.equal(plain, packed(inputs)):
                return False
    return True


@torch.no_grad()
def replace_linears(
    parents: Sequence[nn.Module],
    make: Callable[[nn.Linear], nn.Module | None],
    step: Callable[[float], None],
) -> None:
    """Put `make(linear)` in the place of every linear layer of `parents`; None leaves it as it is.

    step: told the share that is done after each layer; may raise to cancel.
    """
    found = [
        (parent, name, child)
        for parent in parents
        for name, child in parent.named_children()
        if type(child) is nn.Linear
    ]
    for done, (parent, name, linear) in enumerate(found, start=1):
        if (replacement := make(linear)) is not None:
            setattr(parent, name, replacement)
        step(done / len(found))


def held_bytes(network: nn.Module) -> int:
    """Bytes of all weights in memory, tied ones once, packed and quantised ones as kept."""
    tensors: dict[int, Any] = {}
    for module in network.modules():
        own = getattr(module, "held", None)
        for tensor in (*module.parameters(recurse=False), *(own() if own else ())):
            tensors[id(tensor)] = tensor
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
