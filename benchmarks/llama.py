"""llama.cpp with the same random weights: seconds of one prompt that several lanes continue.

    python -m benchmarks.llama SHAPE LANES PROMPT_TOKENS NEW_TOKENS

A program of its own, so that its threads don't compete with torch's. It needs two packages that
the playground doesn't: `.venv/bin/python -m pip install llama-cpp-python gguf`, which compiles
llama.cpp for this machine in about ten minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import gguf  # pyright: ignore[reportMissingImports]
import llama_cpp  # pyright: ignore[reportMissingImports]
import torch

from benchmarks.shapes import random_network
from engine.loading.device import ALL_THREADS

ANY_TOKEN = 7  # what the prompt says doesn't change its time


def write_gguf(shape: str, file: Path) -> None:
    """The weights that torch gets, matrices in bfloat16, norms and convolutions in float32.

    There is no vocabulary: tokens go in and out as numbers.
    """
    network = random_network(shape)
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
    writer.add_tokenizer_model("none")
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    for name, weight in network.named_parameters():
        _add(writer, str(names.get_name(name, try_suffixes=(".weight",))), weight.detach())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(writer: Any, name: str, weight: torch.Tensor) -> None:
    weight = weight.squeeze(1) if weight.dim() == 3 else weight  # a convolution's one channel
    if weight.dim() == 1 or "shortconv.conv" in name:
        writer.add_tensor(name, weight.float().numpy())
    else:
        as_bytes = weight.contiguous().view(torch.uint8).numpy()
        writer.add_tensor(name, as_bytes, raw_dtype=gguf.GGMLQuantizationType.BF16)


def seconds(file: Path, lanes: int, prompt: int, new: int) -> float:
    """Seconds of reading the prompt once and of all steps for all lanes; nothing is sampled."""
    model = llama_cpp.llama_model_load_from_file(
        str(file).encode(), llama_cpp.llama_model_default_params()
    )
    if not model:
        raise SystemExit("llama.cpp can't load the file; it says why above.")
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = lanes * (prompt + new)
    params.n_batch = params.n_ubatch = max(prompt, lanes)
    params.n_seq_max = lanes
    params.n_threads = params.n_threads_batch = ALL_THREADS
    context: Any = llama_cpp.llama_init_from_model(model, params)
    batch = llama_cpp.llama_batch_init(params.n_batch, 0, 1)
    _decode(context, batch, [(0, position) for position in range(prompt)])  # warms up, too
    memory: Any = llama_cpp.llama_get_memory(context)
    llama_cpp.llama_memory_clear(memory, True)
    began = perf_counter()
    _decode(context, batch, [(0, position) for position in range(prompt)])
    for lane in range(1, lanes):
        llama_cpp.llama_memory_seq_cp(memory, 0, lane, -1, -1)
    for position in range(prompt, prompt + new - 1):  # the first token comes from the prompt
        _decode(context, batch, [(lane, position) for lane in range(lanes)])
    return perf_counter() - began


def _decode(context: Any, batch: Any, tokens: list[tuple[int, int]]) -> None:
    """tokens: lane and position of each; logits are asked for at each lane's last one."""
    for place, (lane, position) in enumerate(tokens):
        batch.token[place] = ANY_TOKEN
        batch.pos[place] = position
        batch.n_seq_id[place] = 1
        batch.seq_id[place][0] = lane
        last = place + 1 == len(tokens) or tokens[place + 1][0] != lane
        batch.logits[place] = last
    batch.n_tokens = len(tokens)
    if llama_cpp.llama_decode(context, batch):
        raise SystemExit("llama.cpp failed in a step.")
    llama_cpp.llama_synchronize(context)


def main() -> None:
    shape, *numbers = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{shape}.gguf"
        write_gguf(shape, file)
        print(seconds(file, *map(int, numbers)))


if __name__ == "__main__":
    main()
