"""Pieces of a prefilled prompt that can be kept and put together again.

A piece has the keys and values of its own tokens, and the convolution states at its end. A
convolution state can't be cut shorter afterwards, so a piece ends where the prefill paused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, LinearAttentionLayer

Piece = list[tuple[torch.Tensor, ...]]  # for each layer: keys and values, or convolution states
PLAIN_LAYERS = {"full_attention", "conv"}


def new_cache(model: Any) -> DynamicCache:
    return DynamicCache(config=model.config.get_text_config(decoder=True))


def can_be_split(model: Any) -> bool:
    """Whether rows of several prompts may share a batch, and a prompt may be continued from pieces.

    Proven for caches of plain attention and convolution layers, with one position for each token,
    under attention that takes a mask for each row. Sliding windows, recurrent states and
    two-dimensional positions are not.
    """
    config = model.config.get_text_config(decoder=True)
    kinds = set(getattr(config, "layer_types", None) or PLAIN_LAYERS)
    layers = {type(layer) for layer in new_cache(model).layers}
    one = torch.zeros((1, 1), dtype=torch.long, device=model.device)
    positions = model._prepare_position_ids_for_generation(one, {"input_ids": one})
    return (
        kinds <= PLAIN_LAYERS
        and layers <= {DynamicLayer, LinearAttentionLayer}
        and DynamicLayer in layers
        and positions.dim() == 2
        and config._attn_implementation == "sdpa"
    )


def take_piece(cache: DynamicCache, start: int) -> Piece:
    """A copy of what the cache (of one row) has from position `start` to its end."""
    piece: Piece = []
    for layer in cache.layers:
        if isinstance(layer, DynamicLayer):
            assert layer.keys is not None
            assert layer.values is not None
            piece.append((layer.keys[:, :, start:].clone(), layer.values[:, :, start:].clone()))
        else:
            piece.append(tuple(state.clone() for state in conv_states(layer)))
    return piece


def put_together(model: Any, pieces: Sequence[Piece]) -> DynamicCache:
    """A new cache of one row with all pieces in order; shares no memory with them."""
    cache = new_cache(model)
    layers: list[Any] = cache.layers
    for place, layer in enumerate(layers):
        parts = [piece[place] for piece in pieces]
        if isinstance(layer, DynamicLayer):
            keys, values = (torch.cat(tensors, dim=2) for tensors in zip(*parts, strict=True))
            layer.update(keys, values)
        else:
            for number, state in enumerate(parts[-1]):
                layer.update_conv_state(state, number, conv_kernel_size=state.shape[-1])
    return cache


def conv_states(layer: Any) -> list[torch.Tensor]:
    return list(layer.conv_states.values())


def piece_bytes(piece: Piece) -> int:
    return sum(tensor.nbytes for layer in piece for tensor in layer)


def cache_bytes(cache: DynamicCache) -> int:
    """Bytes of all tensors of a cache, filled or still empty."""
    total = 0
    layers: list[Any] = cache.layers
    for layer in layers:
        tensors = [layer.keys, layer.values] if hasattr(layer, "keys") else []
        tensors += [*getattr(layer, "conv_states", {}).values()]
        tensors += [*getattr(layer, "recurrent_states", {}).values()]
        total += sum(tensor.nbytes for tensor in tensors if tensor is not None)
    return total


def bytes_per_token(model: Any) -> int:
    """Bytes of the keys and values of one token in one row, over all layers that keep them."""
    config = model.config.get_text_config(decoder=True)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    layers = sum(hasattr(layer, "keys") for layer in new_cache(model).layers)
    return 2 * layers * heads * size * model.dtype.itemsize
