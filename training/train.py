"""`python -m training.train`: make the tokenizer, train the model, write the model folder."""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from training.asking import FOLDER
from training.batches import Batch, stream
from training.compiling import compile_parts, weigh_losses
from training.model import build_model, continue_from, save
from training.tokenizer import build_tokenizer

# Pulls the logits' log-sum towards zero, so a sure token has a logit near zero. A repetition
# penalty multiplies or divides logits: near zero it cannot spoil copying.
LOG_SUM_WEIGHT = 1e-3


def parse_arguments() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, help="stop after this long, if steps remain")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens per step")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--start", type=Path, help="a model folder to go on from")
    parser.add_argument("--compile", action="store_true", help="faster; needs a C++ compiler")
    return parser.parse_args()


def learning_rate(done: float, step: int, highest: float, warm_up: int = 100) -> float:
    """Linear up over `warm_up` steps, then a cosine down to 3% as `done` goes from 0 to 1."""
    cosine = 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    return highest * cosine * min(1.0, (step + 1) / warm_up)


def text_loss(model: Any, batch: Batch) -> tuple[torch.Tensor, float]:
    """The weighted loss, and the plain mean loss on answers for the log."""
    with torch.autocast("cpu", torch.bfloat16):
        # The residual stream in bfloat16 too: a tenth faster on a CPU.
        vectors = model.get_input_embeddings()(batch.ids).to(torch.bfloat16)
        hidden = model.model.language_model(inputs_embeds=vectors, use_cache=False)[0]
        target, weight = batch.ids[:, 1:], batch.weights[:, 1:]
        read = weight > 0
        target, weight = target[read], weight[read]
        losses, penalties = weigh_losses(
            hidden[:, :-1][read], model.lm_head.weight, target, LOG_SUM_WEIGHT
        )
    loss = ((losses + penalties) * weight).sum() / weight.sum()
    return loss, losses.detach()[weight == 1.0].mean().item()


def make_optimizer(model: Any, rate: float) -> torch.optim.AdamW:
    """AdamW over the text part; the vision part stays as it was drawn."""
    text = list(model.model.language_model.parameters())
    groups = [
        {"params": [weight for weight in text if weight.dim() > 1], "weight_decay": 0.05},
        {"params": [weight for weight in text if weight.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def train(
    model: Any,
    batches: Iterator[Batch],
    rate: float,
    progress: Callable[[int], float],
) -> Iterator[tuple[int, float, int]]:
    """Train until `progress(step)` is 1; gives (steps done, answer loss, tokens) each time."""
    optimizer = make_optimizer(model, rate)
    text = [weight for group in optimizer.param_groups for weight in group["params"]]
    model.train()
    step = 0
    while (done := progress(step)) < 1.0:
        batch = next(batches)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(done, step, rate)
        loss, answers = text_loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(text, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        yield step, answers, batch.ids.numel()


def main() -> None:
    """Train and save as it goes."""
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    if options.compile:
        compile_parts()
    tokenizer = build_tokenizer(seed=1)
    if options.start:
        model = continue_from(options.start, tokenizer)
    else:
        model = build_model(tokenizer)
        save(model, tokenizer, options.folder)
    start, seen, mean = time.monotonic(), 0, 0.0

    def progress(step: int) -> float:
        spent = (time.monotonic() - start) / 60
        return max(step / options.steps, spent / options.minutes if options.minutes else 0.0)

    batches = stream(tokenizer, options.seed, options.tokens)
    for step, answers, tokens in train(model, batches, options.rate, progress):
        seen += tokens
        mean = answers if step == 1 else 0.95 * mean + 0.05 * answers
        if step % 25 == 0:
            spent = time.monotonic() - start
            print(f"step {step} loss {mean:.4f} tokens {seen} seconds {spent:.0f}", flush=True)
        if step % options.save_every == 0:
            save(model, tokenizer, options.folder)
    save(model, tokenizer, options.folder)


if __name__ == "__main__":
    main()
