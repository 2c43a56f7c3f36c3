"""An LFM2 network as a file of llama.cpp. It needs the package gguf."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf  # pyright: ignore[reportMissingImports]
import torch


def write_gguf(
    network: Any, file: Path, vocabulary: Callable[[Any], None], whole: bool = False
) -> None:
    """vocabulary: adds it to the writer. whole: all weights in float32; else matrices in bfloat16,
    norms and convolutions in float32.
    """
    config = network.config
    architecture = gguf.MODEL_ARCH.LFM2
    writer = gguf.GGUFWriter(file, gguf.MODEL_ARCH_NAMES[architecture])
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(network.model.layers[0].feed_forward.w1.out_features)
    writer.add_head_count(config.num_attention_heads)
    kinds = config.layer_types
    attention = config.num_key_value_heads
    writer.add_head_count_kv([attention if kind == "full_attention" else 0 for kind in kinds])
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_shortconv_l_cache(config.conv_L_cache)
    writer.add_vocab_size(config.vocab_size)
    vocabulary(writer)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    for name, weight in network.named_parameters():
        _add(writer, str(names.get_name(name, try_suffixes=(".weight",))), weight.detach(), whole)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(writer: Any, name: str, weight: torch.Tensor, whole: bool) -> None:
    weight = weight.squeeze(1) if weight.dim() == 3 else weight  # a convolution's one channel
    if whole or weight.dim() == 1 or "shortconv.conv" in name:
        writer.add_tensor(name, weight.float().numpy())
    else:
        as_bytes = weight.contiguous().view(torch.uint8).numpy()
        writer.add_tensor(name, as_bytes, raw_dtype=gguf.GGMLQuantizationType.BF16)
