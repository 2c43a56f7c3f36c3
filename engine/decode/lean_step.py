"""LFM2's decoding step without the modules around its layers: the same operations on one token of
each row, in a third of the calls.

Read it with Transformers' `modeling_lfm2.py`: `LeanStep.__call__` is `Lfm2Model.forward` and the
head, `_heads` begins `Lfm2Attention.forward`, `_convolution` is `Lfm2ShortConv.forward`. Linear
layers and norms stay the network's own, packed or quantised as they are; the cache is the batch's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from engine.batch.cache_pieces import conv_states
from engine.batch.row_cache import Places, RowCache

ARCHITECTURES = ("Lfm2ForCausalLM", "Lfm2MoeForCausalLM", "Lfm2VlForConditionalGeneration")


class LeanStep:
    """network: one of `ARCHITECTURES` on a CPU. groups: the query heads that share a key head are
    the rows of one matrix; else each is multiplied by itself, as `forward` does it.
    """

    def __init__(self, network: Any, groups: bool = True) -> None:
        self._attend = _in_groups if groups else _one_by_one
        decoder = network.get_decoder()
        config = decoder.config
        self._embed = decoder.embed_tokens
        self._rotary = getattr(decoder, "rotary_emb", None) or decoder.pos_emb
        self._layers = list(decoder.layers[: config.num_hidden_layers])
        self._norm, self._head = decoder.embedding_norm, network.lm_head
        self._taps = {
            place: layer.conv.taps if hasattr(layer.conv, "taps") else _taps(layer.conv.conv)
            for place, layer in enumerate(self._layers)
            if not layer.is_attention_layer
        }

    def __call__(self, cache: RowCache, chosen: torch.Tensor) -> torch.Tensor:
        """Logits of each row's next token, (rows, vocabulary). chosen: the last ids, (rows,)."""
        places, layers = cache.places, cache.cache.layers
        hidden = self._embed(chosen)
        turns = _turns(self._rotary, hidden, places)
        mask = places.mask()
        for number, layer in enumerate(self._layers):
            inner = layer.operator_norm(hidden)
            if layer.is_attention_layer:
                heads = _heads(layer.self_attn, inner, layers[number], turns)
                inner = layer.self_attn.out_proj(self._attend(layer.self_attn, *heads, mask))
            else:
                inner = _convolution(layer.conv, self._taps[number], inner, layers[number])
            hidden = inner + hidden
            hidden = hidden + _feed_forward(layer.feed_forward, layer.ffn_norm(hidden))
        return self._head(self._norm(hidden))


def _turns(rotary: Any, hidden: torch.Tensor, places: Places) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines for one token of each row, (rows, 1, size). The first half of the sines has
    the sign of `rotate_half`: then both halves only change places.
    """
    cosines, sines = rotary(hidden, places.columns[:, None])
    half = sines.shape[-1] // 2
    return cosines, torch.cat((-sines[..., :half], sines[..., half:]), dim=-1)


def _turned(heads: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    cosines, sines = turns
    return heads * cosines + heads.roll(heads.shape[-1] // 2, dims=-1) * sines


def _heads(
    module: Any, inner: torch.Tensor, layer: Any, turns: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries (rows, heads, size), and the keys and values of all tokens so far."""
    rows, size = len(inner), module.head_dim
    queries = module.q_layernorm(module.q_proj(inner).view(rows, -1, size))
    keys = module.k_layernorm(module.k_proj(inner).view(rows, -1, size))
    values = module.v_proj(inner).view(rows, -1, size)
    kept = layer.update(_turned(keys, turns)[:, :, None], values[:, :, None])
    return _turned(queries, turns), *kept


def _in_groups(
    module: Any, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor,
    mask: torch.Tensor | None,
) -> torch.Tensor:  # fmt: skip
    rows, heads, size = queries.shape
    grouped = queries.view(rows, keys.shape[1], -1, size)
    seen = functional.scaled_dot_product_attention(
        grouped, keys, values, attn_mask=mask, scale=module.scaling
    )
    return seen.reshape(rows, heads * size)


def _one_by_one(
    module: Any, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor,
    mask: torch.Tensor | None,
) -> torch.Tensor:  # fmt: skip
    seen, _ = sdpa_attention_forward(
        module, queries[:, :, None], keys, values, mask, scaling=module.scaling
    )
    return seen.reshape(len(queries), -1)


def _feed_forward(module: Any, inner: torch.Tensor) -> torch.Tensor:
    """A mixture of experts is the network's own."""
    if not hasattr(module, "w1"):
        return module(inner[:, None])[:, 0]
    return module.w2(functional.silu(module.w1(inner)) * module.w3(inner))


def _convolution(
    module: Any, taps: tuple[torch.Tensor, ...], inner: torch.Tensor, layer: Any
) -> torch.Tensor:
    """Products are added from the oldest on and rounded once: so does oneDNN's convolution."""
    whole = getattr(module, "whole", module)
    gate, factor, new = whole.in_proj(inner).chunk(3, dim=-1)
    (state,) = conv_states(layer)
    last = gate * new
    earlier = state[:, :, 1:].float()
    convolved = earlier[:, :, 0] * taps[0]
    for place, tap in enumerate(taps[1:-1], start=1):
        convolved = torch.addcmul(convolved, earlier[:, :, place], tap)
    convolved = torch.addcmul(convolved, last.float(), taps[-1])
    state.copy_(torch.cat((state[:, :, 1:], last[:, :, None]), dim=-1))
    return whole.out_proj(factor * convolved.to(last.dtype))


def _taps(conv: Any) -> tuple[torch.Tensor, ...]:
    return conv.weight.detach()[:, 0].float().t().contiguous().unbind(0)
