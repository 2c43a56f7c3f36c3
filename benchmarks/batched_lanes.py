"""Lanes of one run against one `generate()` after another: the same tokens, side by side.

`python -m benchmarks.batched_lanes` uses random weights in the shape of LFM2-350M;
`--small` a shape that any machine runs in seconds. Read the ratio, not the times.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from transformers import AutoTokenizer, Lfm2Config, Lfm2ForCausalLM

from core.conversation import Conversation, message
from core.events import Token
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.checkpoint import Checkpoint
from engine.device import DTYPES
from engine.limits import Limits
from engine.loading import make_checkpoint
from engine.streaming import Stream
from engine.ticket import Ticket
from engine.worker import Worker

POCKET = Path(__file__).parents[1] / "models" / "pocket"
ATTENTION = {2, 5, 8, 10, 12, 14}  # the layers of LFM2-350M that attend, the others convolve
SHAPES: dict[str, dict[str, Any]] = {
    "350m": {
        "vocab_size": 65536, "hidden_size": 1024, "intermediate_size": 6656,
        "num_hidden_layers": 16, "num_attention_heads": 16, "num_key_value_heads": 8,
        "layer_types": ["full_attention" if n in ATTENTION else "conv" for n in range(16)],
    },
    "small": {
        "vocab_size": 8192, "hidden_size": 512, "intermediate_size": 1536,
        "num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 4,
        "layer_types": ["conv", "conv", "full_attention", "conv"] * 2,
    },
}  # fmt: skip


def random_checkpoint(shape: str, dtype: torch.dtype) -> Checkpoint:
    torch.manual_seed(0)
    config = Lfm2Config(**SHAPES[shape], block_auto_adjust_ff_dim=False, eos_token_id=None)
    network: Any = Lfm2ForCausalLM(config)
    network.to(dtype).eval()
    network.generation_config.eos_token_id = [7]
    network.generation_config.pad_token_id = 0
    return make_checkpoint(network, AutoTokenizer.from_pretrained(POCKET), None, shape, 0.0)


def requests(lanes: int, words: int, new_tokens: int) -> list[Request]:
    talk = Conversation((message("user", "word " * words),))
    return [
        Request(
            str(lane), talk, SamplingParams(seed=lane, max_new_tokens=new_tokens), VisionBudget()
        )
        for lane in range(lanes)
    ]


def one_after_another(checkpoint: Checkpoint, asked: list[Request]) -> list[list[int]]:
    answers = []
    for request in asked:
        prompt = checkpoint.prompting.build(request.conversation, request.budget)
        ids = torch.tensor([prompt.rendered.token_ids])
        torch.manual_seed(request.params.seed or 0)
        out = checkpoint.model.generate(
            ids, do_sample=True, top_k=0, max_new_tokens=request.params.max_new_tokens
        )
        answers.append(out[0, ids.shape[1] :].tolist())
    return answers


def together(checkpoint: Checkpoint, asked: list[Request]) -> list[list[int]]:
    answers: dict[str, list[int]] = {request.lane: [] for request in asked}
    worker = Worker(checkpoint, Limits(prompt_cache_bytes=0))
    with closing(Stream(worker, asked, Ticket("", perf_counter()))) as events:
        for lane, event in events:
            if isinstance(event, Token):
                answers[lane].append(event.token_id)
    return list(answers.values())


def timed(work: Callable[[], list[list[int]]]) -> tuple[float, list[list[int]]]:
    began = perf_counter()
    answers = work()
    return perf_counter() - began, answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a shape that runs in seconds")
    parser.add_argument("--dtype", choices=list(DTYPES), default="bfloat16")
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--words", type=int, nargs="+", default=[16, 256], help="of the prompt")
    parser.add_argument("--new-tokens", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    checkpoint = random_checkpoint("small" if options.small else "350m", DTYPES[options.dtype])
    weights = checkpoint.description.parameters / 1e6
    print(f"{weights:.0f} million weights, {options.dtype}, {options.lanes} lanes, "
          f"{options.new_tokens} new tokens, {torch.get_num_threads()} threads")  # fmt: skip
    print("prompt tokens | generate() one by one | lanes of one run | ratio | same tokens")
    for words in options.words:
        asked = requests(options.lanes, words, options.new_tokens)
        together(checkpoint, asked[:1])  # warm up
        pairs = [
            (
                timed(lambda asked=asked: one_after_another(checkpoint, asked)),
                timed(lambda asked=asked: together(checkpoint, asked)),
            )
            for _ in range(options.rounds)
        ]
        single = median(one[0] for one, _ in pairs)
        batched = median(lanes[0] for _, lanes in pairs)
        same = sum(a == b for a, b in zip(pairs[0][0][1], pairs[0][1][1], strict=True))
        prompt = checkpoint.prompting.build(asked[0].conversation, asked[0].budget)
        print(
            f"{len(prompt.rendered.tokens):13} | {single:19.2f} s | {batched:14.2f} s | "
            f"{single / batched:4.1f}x | {same} of {options.lanes}"
        )


if __name__ == "__main__":
    main()
