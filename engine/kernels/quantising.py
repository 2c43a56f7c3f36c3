"""Linear layers with weights of 8 or 4 bits, for one or few rows on a CPU.

torch's kernels read the small weights directly. They lose to bfloat16 from a handful of rows on, so
a prefill multiplies in bfloat16 by the same rounded weights: the numbers differ by rounding only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.kernels.packing import PackedLinear, can_be_packed

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


class DynamicInt8Linear(nn.Module):
    """The same weights, multiplied as integers: each row of inputs is rounded to 8 bits as well.

    A row has a scale of its own, so that rows don't change each other. For processors with VNNI,
    where fbgemm reads these weights twice as fast as bfloat16 multiplies with them.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        weight = linear.weight.detach().float()
        scale = (weight.abs().amax(dim=1) / 127).clamp(min=1e-12)
        rounded = (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
        zeros = torch.zeros(self.out_features, dtype=torch.long)
        numbers = torch._make_per_channel_quantized_tensor(rounded, scale.double(), zeros, 0)
        engine = torch.backends.quantized.engine  # of the whole process
        torch.backends.quantized.engine = "fbgemm"
        try:
            self.packed = torch.ops.quantized.linear_prepack(numbers, None)
        finally:
            torch.backends.quantized.engine = engine

    def held(self) -> list[torch.Tensor]:
        """One that has the size of the packed weights, which are no tensor, and no memory."""
        shape = (self.out_features, self.in_features)
        return [torch.empty(shape, dtype=torch.int8, device="meta")]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = inputs.reshape(-1, self.in_features).float()
        largest = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-20)
        # Numbers from -1 to 1 become 1 to 255, and the zero 128.
        outputs = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            rows / largest, 1 / 127, 128, self.packed
        )
        outputs = (outputs * largest).to(inputs.dtype)
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
        packs = can_be_packed(plain.weight.device, torch.bfloat16)
        self.many = PackedLinear(plain) if packs else plain

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
    if weights == "int4":
        return Int4Linear(linear)
    return (DynamicInt8Linear if multiplies_integers() else Int8Linear)(linear)


def multiplies_integers() -> bool:
    """Whether the processor has VNNI, and torch has fbgemm."""
    return "fbgemm" in torch.backends.quantized.supported_engines and bool(
        torch.cpu._is_vnni_supported()
    )
