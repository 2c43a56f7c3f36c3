"""`python -m training.train_vision`: teach a model folder to see and to talk about what it sees."""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing

from training import batches
from training.asking import FOLDER
from training.batches import Batch
from training.compiling import compile_parts, quicken, quicken_text, weigh_losses
from training.model import continue_from, save
from training.seeing import picture_batches
from training.seeing.patch_targets import make_head, patch_loss
from training.seeing.picture_batches import FORMATS, PictureBatch
from training.seeing.projector_alignment import Words, align_loss, make_words
from training.seeing.tower import look, project
from training.tokenizer import build_tokenizer
from training.train import LOG_SUM_WEIGHT, learning_rate, text_loss

PIXEL_RATE = 0.15  # of the weights that read pixels, as a share of the tower's
TELLING = 4.0  # weight of a word that only the picture tells; the words around it are easy


def parse_arguments() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, default=FOLDER, help="the folder to go on from")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the folder to write")
    parser.add_argument("--head", type=Path, help="file of the patches' head, to go on from it")
    parser.add_argument("--tower-minutes", type=float, default=9, help="0: the tower is trained")
    parser.add_argument("--minutes", type=float, default=25, help="of questions and answers")
    parser.add_argument("--tower-tokens", type=int, default=1024, help="per step of the tower")
    parser.add_argument("--image-tokens", type=int, default=1536, help="per step")
    parser.add_argument("--text-tokens", type=int, default=1024, help="per step")
    parser.add_argument("--picture-every", type=int, default=1, help="steps; text alone between")
    parser.add_argument("--tower-rate", type=float, default=2e-3)
    parser.add_argument("--vision-rate", type=float, default=1e-3)
    parser.add_argument("--text-rate", type=float, default=5e-4)
    parser.add_argument(
        "--easy",
        type=float,
        default=0.45,
        help="share of the time with pictures of 256 x 256 pixels alone, which take 64 tokens",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--processes", type=int, default=2, help="each reads its own batches with one thread"
    )
    parser.add_argument("--save-minutes", type=float, default=3, help="between checkpoints")
    parser.add_argument("--compile", action="store_true", help="faster; needs a C++ compiler")
    return parser.parse_args()


ALIGN_WEIGHT = 0.3  # of the distance between image tokens and their words


class Log:
    """Running means of what happened lately, printed every 25 steps by the first process."""

    def __init__(self, phase: str) -> None:
        self._phase, self._start, self._means = phase, time.monotonic(), {}

    def add(self, step: int, values: dict[str, float]) -> None:
        """Take in one step's values by name."""
        for name, value in values.items():
            self._means[name] = 0.95 * self._means.get(name, value) + 0.05 * value
        if step % 25 == 0 and distributed.get_rank() == 0:
            told = " ".join(f"{name} {value:.3f}" for name, value in sorted(self._means.items()))
            spent = time.monotonic() - self._start
            print(f"{self._phase} {step} seconds {spent:.0f} {told}", flush=True)


def passing(minutes: float) -> Iterator[float]:
    """The share of the time that is over, until all is, by the first process's clock."""
    start = time.monotonic()
    while True:
        done = torch.tensor((time.monotonic() - start) / 60 / minutes)
        distributed.broadcast(done, 0)
        if done >= 1:
            return
        yield done.item()


def own_seed(seed: int) -> int:
    """Another one in each process."""
    return seed + 1000 * distributed.get_rank()


def make_optimizer(parts: list[tuple[list[torch.nn.Parameter], float]]) -> torch.optim.AdamW:
    """AdamW over parts with a highest rate each, kept as the group's "highest"."""
    groups = [
        {"params": [w for w in weights if (w.dim() > 1) == wide], "highest": rate,
         "weight_decay": 0.03 if wide else 0.0}
        for weights, rate in parts for wide in (True, False)
    ]  # fmt: skip
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), fused=True)


def share_gradients(optimizer: torch.optim.AdamW) -> None:
    """Every process goes on with the mean of all gradients, and so with the same weights."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for weight in weights:
        if weight.grad is None:  # another process may have met what this one hasn't
            weight.grad = torch.zeros_like(weight)
    flat = torch.cat([weight.grad.flatten() for weight in weights])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for weight, part in zip(weights, flat.split([one.numel() for one in weights]), strict=True):
        weight.grad.copy_(part.view_as(weight))


def step_with(optimizer: torch.optim.AdamW, loss: torch.Tensor, done: float, step: int) -> None:
    """One step of every group at its own rate; `done` goes from 0 to 1."""
    loss.backward()
    share_gradients(optimizer)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(done, step, group["highest"])
        torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def split(tower: Any) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    """The weights that read pixels, and the rest: 768 pixels that are mostly alike add up, so
    their weights need small steps."""
    pixels = list(tower.embeddings.patch_embedding.parameters())
    known = {id(weight) for weight in pixels}
    return pixels, [weight for weight in tower.parameters() if id(weight) not in known]


def train_tower(model: Any, head: Any, words: Words, options: argparse.Namespace) -> None:
    """First the tower alone: what is in which patch."""
    tower = model.model.vision_tower
    pixels, rest = split(tower)
    rest += [*head.parameters(), *model.model.multi_modal_projector.parameters()]
    optimizer = make_optimizer(
        [(pixels, PIXEL_RATE * options.tower_rate), (rest, options.tower_rate)]
    )
    source = picture_batches.stream(own_seed(options.seed), options.tower_tokens)
    log = Log("tower")
    for step, done in enumerate(passing(options.tower_minutes)):
        batch = next(source)
        with torch.autocast("cpu", torch.bfloat16):
            seen = look(tower, batch.patches)
            loss, right = patch_loss(head, seen, batch.wanted)
            far = align_loss(model, words, project(model, seen, batch.patches), batch)
        step_with(optimizer, loss + far, done, step)
        log.add(step + 1, {"loss": loss.item(), "far": far.item(), **right})


def picture_loss(
    model: Any, words: Words, batch: PictureBatch
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of answers and of image tokens, and what the log wants to know. The tower stays as
    it is."""
    talk = batch.talk
    if talk is None:
        raise ValueError("These pictures come without questions.")
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            seen = look(model.model.vision_tower, batch.patches)
        projected = project(model, seen, batch.patches)
        far = align_loss(model, words, projected, batch)
        vectors = model.get_input_embeddings()(talk.ids).to(torch.bfloat16)
        places = (talk.ids == model.config.image_token_id).unsqueeze(-1)
        vectors = vectors.masked_scatter(places, projected.to(torch.bfloat16))
        hidden = model.model.language_model(inputs_embeds=vectors, use_cache=False)[0]
        read = talk.weights[:, 1:] > 0
        target = talk.ids[:, 1:][read]
        losses, penalties = weigh_losses(
            hidden[:, :-1][read], model.lm_head.weight, target, LOG_SUM_WEIGHT
        )
    telling_ones = torch.isin(target, words.telling)
    weight = torch.where(telling_ones, TELLING, 1.0)
    loss = ((losses + penalties) * weight).sum() / weight.sum()
    rows = read.nonzero()[:, 0]
    told = {"far": far.item()}
    for kind in set(batch.kinds):
        of_kind = torch.tensor([one == kind for one in batch.kinds])[rows] & telling_ones
        if of_kind.any():
            told[kind] = losses.detach()[of_kind].mean().item()
    return loss + ALIGN_WEIGHT * far, told


def train_all(
    model: Any,
    words: Words,
    tokenizer: Any,
    options: argparse.Namespace,
    keep: Callable[[], None],
) -> None:
    """Then projector and text part together, on pictures and on text; `keep` saves."""
    projector = list(model.model.multi_modal_projector.parameters())
    text = list(model.model.language_model.parameters())
    optimizer = make_optimizer([(projector, options.vision_rate), (text, options.text_rate)])
    seed = own_seed(options.seed)
    first, later = (
        picture_batches.stream(seed + place, options.image_tokens, tokenizer, formats)
        for place, formats in enumerate((FORMATS[:1], FORMATS))
    )
    read = batches.stream(tokenizer, seed + 2, options.text_tokens)
    log, saved = Log("all"), time.monotonic()
    for step, done in enumerate(passing(options.minutes)):
        parts = {}
        if step % options.picture_every == 0:
            loss, parts = picture_loss(model, words, next(first if done < options.easy else later))
            loss.backward()
        reading: Batch = next(read)
        loss, answers = text_loss(model, reading)
        step_with(optimizer, 0.6 * loss, done, step)
        log.add(step + 1, {**parts, "text": answers})
        if time.monotonic() - saved > 60 * options.save_minutes:
            keep()
            saved = time.monotonic()


def train(rank: int, meeting: str, options: argparse.Namespace) -> None:
    """One process of the training, which saves as it goes if it is the first."""
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.processes
    )
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    if options.compile:
        compile_parts()
    tokenizer = build_tokenizer(seed=1)
    model = continue_from(options.start, tokenizer)
    head = make_head(model.config.vision_config.hidden_size)
    if options.head and options.head.exists():
        head.load_state_dict(torch.load(options.head))

    def keep() -> None:
        if rank:
            return
        save(model, tokenizer, options.folder)
        if options.head:
            torch.save(head.state_dict(), options.head)

    words = make_words(tokenizer)
    model.train()
    quicken(model.model.vision_tower)
    quicken_text(model.model.language_model)
    if options.tower_minutes:
        train_tower(model, head, words, options)
        keep()
    if options.minutes:
        train_all(model, words, tokenizer, options, keep)
        keep()
    distributed.destroy_process_group()


def main() -> None:
    """Train in several processes, each on its own batches."""
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        meeting = f"{folder}/meeting"
        multiprocessing.spawn(train, (meeting, options), nprocs=options.processes)


if __name__ == "__main__":
    main()
