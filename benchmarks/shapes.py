"""Random networks of the real shapes. Their time is that of real ones, their text is noise."""

from __future__ import annotations

from typing import Any

import torch
from transformers import Lfm2Config, Lfm2ForCausalLM
from transformers.initialization import no_init_weights

ATTENTION = {2, 5, 8, 10, 12, 14}  # the layers of LFM2 that attend, the others convolve
NEVER = 10**9  # an end-of-text id behind every vocabulary: all answers have their full length
SPREAD = 0.02  # standard deviation of the weights, as in a fresh model
POOL = 1_000_003  # weights that are drawn, and then repeated: drawing all takes 20 seconds


def _like_lfm2(hidden: int, feed_forward: int, heads: int) -> dict[str, Any]:
    """feed_forward: as LFM2's configurations say it; the layers are two thirds as wide."""
    return {
        "vocab_size": 65536, "hidden_size": hidden, "intermediate_size": feed_forward,
        "num_hidden_layers": 16, "num_attention_heads": heads, "num_key_value_heads": 8,
        "layer_types": ["full_attention" if n in ATTENTION else "conv" for n in range(16)],
    }  # fmt: skip


SHAPES: dict[str, dict[str, Any]] = {
    "350m": _like_lfm2(hidden=1024, feed_forward=6656, heads=16),  # 709 MB in bfloat16
    "1200m": _like_lfm2(hidden=2048, feed_forward=12288, heads=32),  # 2.34 GB
    "small": {
        "vocab_size": 4096, "hidden_size": 128, "intermediate_size": 384,
        "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
        "layer_types": ["conv", "full_attention"] * 2,
    },
}  # fmt: skip


def random_network(shape: str) -> Any:
    """The same weights at each call, in bfloat16 and in eval mode."""
    config = Lfm2Config(**SHAPES[shape], tie_word_embeddings=True, eos_token_id=None)
    with no_init_weights():  # it would draw all weights, and in float32
        network: Any = Lfm2ForCausalLM._from_config(config, dtype=torch.bfloat16)
    network.tie_weights()
    values = SPREAD * torch.randn(POOL, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() == 1:  # of a norm
                weight.fill_(1.0)
            else:
                repeats = weight.numel() // POOL + 1
                weight.copy_(values.repeat(repeats)[: weight.numel()].view_as(weight))
    network.generation_config.eos_token_id = [NEVER]
    network.generation_config.pad_token_id = 0
    return network.eval()


def weight_bytes(shape: str) -> int:
    """Bytes of one such network, without making it."""
    config = Lfm2Config(**SHAPES[shape], tie_word_embeddings=True)
    with torch.device("meta"):
        network = Lfm2ForCausalLM(config)
    return sum(2 * weight.numel() for weight in network.parameters())
