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

import llama_cpp  # pyright: ignore[reportMissingImports]

from benchmarks.gguf_file import write_gguf
from benchmarks.shapes import random_network
from engine.loading.device import ALL_THREADS

ANY_TOKEN = 7  # what the prompt says doesn't change its time


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
        # No vocabulary: tokens go in and out as numbers.
        write_gguf(random_network(shape), file, lambda w: w.add_tokenizer_model("none"))
        print(seconds(file, *map(int, numbers)))


if __name__ == "__main__":
    main()
