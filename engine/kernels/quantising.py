"""Linear layers with weights of 8 or 4 bits, for one or few rows on a CPU.

torch's kernels read the small weights directly. They lose to bfloat16 from a handful of rows on, so
a prefill multiplies in bfloat16 by the same rounded weights: the numbers differ by rounding only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.kernels.packing import PackedLinear

INT8_ROWS = 6  # more rows are faster in bfloat16 (measured: 8 rows 0.8x, 16 rows 0.5x)
INT4_ROWS = 10
GROUP = 32  # weights that share a scale and an offset in 4 bits


class Int8Linear(nn.Module):
    """Weights from -127 to 127 with one scale for each output, the largest weight becoming 127."""

    weights: torch.Tensor
    scale: torch.Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        weight = linear.weight.detach().float()
        scale = (weight.abs().amax(dim=1) / 127).clamp(min=1e-12).to(torch.bfloat16)
        rounded = (weight / scale.float()[:, None]).round().clamp(-127, 127)
        self.register_buffer("weights", rounded.to(torch.int8), persistent=False)
        self.register_buffer("scale", scale, persistent=False)

    def held(self) -> list[torch.Tensor]:
        return [self.weights, self.scale]

    def dequantised(self) -> torch.Tensor:
        return self.weights.float() * self.scale.float()[:, None]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = inputs.reshape(-1, self.in_features)
        if len(rows) <= INT8_ROWS:
            outputs = torch._weight_int8pack_mm(rows, self.weights, self.scale)
        else:
            outputs = functional.linear(rows, self.weights.to(rows.dtype)) * self.scale
        if self.bias is not None:
            outputs = outputs + self.bias
        return outputs.view(*inputs.shape[:-1], self.out_features)


class Int4Linear(nn.Module):
    """Weights from 0 to 15 with a scale and an offset for each 32 inputs of an output.

    For many rows the same rounded weights are kept in bfloat16 too: unpacking 4 bits for each
    prefill would take longer than the multiplication.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        groups = linear.weight.detach().float().reshape(self.out_features, -1, GROUP)
        low, high = groups.amin(dim=2, keepdim=True), groups.amax(dim=2, keepdim=True)
        scale = ((high - low) / 15).clamp(min=1e-12).to(torch.bfloat16)
        # The kernel computes (number - 8) scale + zero.
        zero = (low + 8 * scale.float()).to(torch.bfloat16)
        numbers = ((groups - zero.float()) / scale.float() + 8).round().clamp(0, 15)
        rounded = (numbers - 8) * scale.float() + zero.float()
        flat = numbers.reshape(self.out_features, -1).to(torch.int32)
        self.small = torch._convert_weight_to_int4pack_for_cpu(flat, 1)
        self.scales = (
            torch.stack((scale[..., 0], zero[..., 0]), dim=-1).transpose(0, 1).contiguous()
        )
        plain = nn.Linear(self.in_features, self.out_features, bias=False, dtype=torch.bfloat16)
        plain.weight = nn.Parameter(
            rounded.reshape(self.out_features, -1).to(torch.bfloat16), requires_grad=False
        )
        self.many = PackedLinear(plain)

    def held(self) -> list[torch.Tensor]:
        return [self.small, self.scales]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = inputs.reshape(-1, self.in_features)
        if len(rows) <= INT4_ROWS:
            outputs = torch.ops.aten._weight_int4pack_mm_for_cpu(
                rows, self.small, GROUP, self.scales
            )
        else:
            outputs = self.many(rows)
        if self.bias is not None:
            outputs = outputs + self.bias
        return outputs.view(*inputs.shape[:-1], self.out_features)


def quantised(linear: nn.Linear, weights: str) -> nn.Module | None:
    """weights: int8 or int4. None where the kernel doesn't know a layer's shape: it stays."""
    fits: dict[str, Any] = {"int8": 16, "int4": GROUP}
    if linear.in_features % fits[weights] or linear.out_features % 16:
        return None
    return (Int8Linear if weights == "int8" else Int4Linear)(linear)
