"""Linear layers that read the same input become one: fewer calls, and one longer read of memory.

The network's own code still calls each by its name: the first multiplies for all of them, and the
others hand out their part. So prompts, decoding and every architecture use the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.kernels.packing import ROWS_TO_COMPARE

# Names of layers that Transformers calls one after another with the same input.
TOGETHER = (("w1", "w3"), ("gate_proj", "up_proj"), ("q_proj", "k_proj", "v_proj"))


class FirstPart(nn.Module):
    """Stands for the first of several layers. `whole` is all of them, one after another."""

    def __init__(self, linears: Sequence[nn.Linear]) -> None:
        super().__init__()
        first = linears[0]
        self.sizes = [linear.out_features for linear in linears]
        self.whole = nn.Linear(
            first.in_features, sum(self.sizes), first.bias is not None, device="meta"
        )
        self.whole.weight = _joined([linear.weight for linear in linears])
        if first.bias is not None:
            self.whole.bias = _joined([linear.bias for linear in linears])
        self.kept: tuple[torch.Tensor, tuple[torch.Tensor, ...]] | None = None

    def parts(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.whole(inputs).split(self.sizes, dim=-1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        parts = self.parts(inputs)
        self.kept = inputs, parts
        return parts[0]


class LaterPart(nn.Module):
    """Stands for the layer at this place. Of inputs that the first one did not read last, as when
    another thread uses the network, it computes its part itself.
    """

    def __init__(self, first: FirstPart, place: int) -> None:
        super().__init__()
        self._first = (first,)  # in a tuple: its weights are not this module's
        self._place = place

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        (first,) = self._first
        kept = first.kept
        if kept is None or kept[0] is not inputs:
            return first.parts(inputs)[self._place]
        if self._place == len(first.sizes) - 1:
            first.kept = None
        return kept[1][self._place]


@torch.no_grad()
def merge(network: nn.Module) -> None:
    """Merge what gives the same bits, compared for each shape on random inputs of 1 to 64 rows."""
    equal: dict[tuple[Any, ...], bool] = {}
    for parent, names in list(_groups(network)):
        linears = [getattr(parent, name) for name in names]
        first = FirstPart(linears)
        shape = (first.whole.in_features, *first.sizes)
        if shape not in equal:
            equal[shape] = _same(linears, first)
        if equal[shape]:
            setattr(parent, names[0], first)
            for place, name in enumerate(names[1:], start=1):
                setattr(parent, name, LaterPart(first, place))


def _groups(network: nn.Module) -> Iterator[tuple[nn.Module, tuple[str, ...]]]:
    for parent in network.modules():
        for names in TOGETHER:
            linears = [getattr(parent, name, None) for name in names]
            if all(type(linear) is nn.Linear for linear in linears) and _alike(linears):
                yield parent, names


def _alike(linears: Sequence[Any]) -> bool:
    kinds = {(one.in_features, one.bias is None, one.weight.dtype) for one in linears}
    return len(kinds) == 1 and linears[0].weight.device.type == "cpu"


def _same(linears: Sequence[nn.Linear], first: FirstPart) -> bool:
    generator = torch.Generator().manual_seed(0)
    for rows in ROWS_TO_COMPARE:
        inputs = torch.randn(rows, first.whole.in_features, generator=generator)
        inputs = inputs.to(first.whole.weight.dtype)
        plain = [functional.linear(inputs, one.weight, one.bias) for one in linears]
        if not all(map(torch.equal, plain, first.parts(inputs))):
            return False
    return True


def _joined(tensors: Sequence[torch.Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.cat([one.detach() for one in tensors]), requires_grad=False)
