"""`python -m benchmarks.weight_error`: what number formats do to the shipped model's predictions.

Against float32, on the scenarios' prompts and the answers that float32 gives to them, which is text
that the model knows: the mean Kullback-Leibler divergence over all places, in nats, and how often
both find the same token likeliest.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from benchmarks.subject import POCKET
from core.conversation import conversation_to_dicts
from core.library.library import read_library
from engine.local import LocalEngine

PRESETS = POCKET.parents[1] / "presets"
FORMATS = ("bfloat16", "int8", "int4")
NEW = 60  # tokens of each answer


def network(weights: str) -> Any:
    worker = LocalEngine(str(POCKET), device="cpu", weights=weights).worker
    assert worker is not None
    return worker.checkpoint


@torch.inference_mode()
def main() -> None:
    """Print a line for each format."""
    exact = network("float32")
    texts: list[torch.Tensor] = []
    for scenario in read_library(PRESETS).scenarios.values():
        talk = scenario.conversation
        if talk.images:
            continue
        ids = exact.tokenizer.apply_chat_template(
            conversation_to_dicts(talk), add_generation_prompt=talk.prefill is None,
            continue_final_message=talk.prefill is not None, return_tensors="pt", return_dict=True,
        )["input_ids"]  # fmt: skip
        texts.append(exact.model.generate(ids, do_sample=False, max_new_tokens=NEW))
    wanted = [exact.model(text).logits[0].float().log_softmax(-1) for text in texts]
    places = sum(map(len, wanted))
    print(f"{len(texts)} texts, {places} places, against float32")
    for weights in FORMATS:
        model = network(weights).model
        found = [model(text).logits[0].float().log_softmax(-1) for text in texts]
        pairs = list(zip(found, wanted, strict=True))
        divergence = sum(
            float(functional.kl_div(mine, right, reduction="sum", log_target=True))
            for mine, right in pairs
        )
        alike = sum(int((mine.argmax(-1) == right.argmax(-1)).sum()) for mine, right in pairs)
        print(f"{weights}: {divergence / places:.5f} nats, {100 * alike / places:.1f}% the same")


if __name__ == "__main__":
    main()
