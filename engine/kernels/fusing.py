"""LFM2's small operators in fewer calls of torch, on a CPU, and only where the bits stay the same.

A decoding step of a small model is bound by the number of calls: a convolution over three positions
computes for 1 microsecond and takes 50.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import Cache
from transformers.cache_utils import LinearAttentionLayer

ROWS_TO_COMPARE = (1, 2, 4, 16)


class StepConv(nn.Module):
    """A short convolution that takes one new token by itself; all else is done by `whole`.

    whole: its `in_proj` gives B, C and x; C times the convolution of B x goes through `out_proj`.
    """

    taps: torch.Tensor

    def __init__(self, whole: Any) -> None:
        super().__init__()
        self.whole = whole
        taps = whole.conv.weight.detach()[:, 0].float().t().contiguous()  # (positions, channels)
        self.register_buffer("taps", taps, persistent=False)

    def forward(
        self,
        hidden_states: torch.Tensor,
        past_key_values: Cache | None = None,
        attention_mask: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> torch.Tensor:
        state = self._state(past_key_values)
        if state is None or attention_mask is not None or hidden_states.shape[1] != 1:
            return self.whole(hidden_states, past_key_values, attention_mask, **kwargs)
        gate, factor, new = self.whole.in_proj(hidden_states[:, 0]).chunk(3, dim=-1)
        state.copy_(torch.cat((state[:, :, 1:], (gate * new)[:, :, None]), dim=-1))
        # Products are added in this order and rounded once: so does oneDNN's convolution.
        first, *others = state.float().unbind(dim=-1)
        convolved = first * self.taps[0]
        for position, taps in zip(others, self.taps[1:], strict=True):
            convolved = torch.addcmul(convolved, position, taps)
        return self.whole.out_proj(factor * convolved.to(new.dtype))[:, None]

    def _state(self, cache: Cache | None) -> torch.Tensor | None:
        """The layer's state once it has one: (rows, channels, positions), oldest first."""
        number: int = self.whole.layer_idx
        if cache is None or cache.is_recording_past(number):
            return None
        return cache.get_conv_state(number, state_idx=0)


class StepNorm(nn.Module):
    """RMSNorm in one call. weight, variance_epsilon: those of the norm it stands for."""

    def __init__(self, norm: Any) -> None:
        super().__init__()
        self.weight: nn.Parameter = norm.weight
        self.variance_epsilon: float = norm.variance_epsilon

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(
            hidden_states, self.weight.shape, self.weight, self.variance_epsilon
        )


@torch.no_grad()
def fuse(network: nn.Module) -> None:
    """Replace what gives the same bits: compared for each shape, on its weights and random inputs.

    Nothing is replaced on another device than the CPU.
    """
    kinds: list[tuple[Callable[[Any], bool], Callable[[Any], nn.Module], Callable[..., bool]]] = [
        (_is_short_conv, StepConv, _same_steps),
        (_is_norm, StepNorm, _same_norms),
    ]
    equal: dict[tuple[Any, ...], bool] = {}
    for parent, name, child in list(_children(network)):
        for fits, make, same in kinds:
            if not fits(child) or next(child.parameters()).device.type != "cpu":
                continue
            key = (type(child), *(weight.shape for weight in child.parameters()))
            if key not in equal:
                equal[key] = same(child, make(child))
            if equal[key]:
                setattr(parent, name, make(child))


def _children(network: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    for parent in network.modules():
        for name, child in parent.named_children():
            yield parent, name, child


def _is_short_conv(module: Any) -> bool:
    return (
        type(module).__name__.endswith("ShortConv")
        and isinstance(module.conv, nn.Conv1d)
        and module.conv.bias is None
        and module.conv.groups == module.conv.in_channels == module.conv.out_channels
    )


def _is_norm(module: Any) -> bool:
    return type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon")


def _same_norms(norm: Any, step: nn.Module) -> bool:
    generator = torch.Generator().manual_seed(0)
    for rows in ROWS_TO_COMPARE:
        inputs = torch.randn(rows, 1, len(norm.weight), generator=generator)
        inputs = inputs.to(norm.weight.dtype)
        if not torch.equal(norm(inputs), step(inputs)):
            return False
    return True


def _same_steps(conv: Any, step: nn.Module) -> bool:
    generator = torch.Generator().manual_seed(0)
    channels, dtype = conv.conv.in_channels, conv.conv.weight.dtype
    for rows in ROWS_TO_COMPARE:
        inputs = torch.randn(rows, 8, channels, generator=generator).to(dtype)
        outputs: list[torch.Tensor] = []
        for module in (conv, step):
            layers: list[Any] = [LinearAttentionLayer() for _ in range(conv.layer_idx + 1)]
            cache = Cache(layers=layers)
            module(inputs[:, :4], past_key_values=cache)
            outputs += [module(inputs[:, n : n + 1], past_key_values=cache) for n in range(4, 8)]
        half = len(outputs) // 2
        pairs = zip(outputs[:half], outputs[half:], strict=True)
        if not all(torch.equal(one, other) for one, other in pairs):
            return False
    return True
