"""What each patch of a picture shows, taught to the vision tower by a head that is thrown away.

A picture's answer alone is one faint signal for a thousand patches; here every patch gets its own.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from training.seeing.drawing import baseline
from training.seeing.scenes import COLOURS, SHAPES, Scene

PATCH = 16
LONGEST = 4  # digits of a code
# Classes of each question, 0 being "nothing here". A patch has two halves, left and right, because
# two small digits fit into it. The order counts from the left, in a code or among the shapes. A
# code class is a digit together with its order, so that 34 isn't 43 where both are in one patch.
GROUPS = {
    "left digit": 11, "right digit": 11, "left code": 10 * LONGEST + 1,
    "right code": 10 * LONGEST + 1,
    "colour": len(COLOURS) + 1, "shape": len(SHAPES) + 1, "order": 6,
}  # fmt: skip
NOTHING = 0.1  # weight of patches with nothing in them: most are


def _span(low: float, high: float, offset: float, step: float, count: int) -> slice:
    """Places `offset + n * step` that lie in [low, high); the nearest one if none does."""
    first = max(0, int(-(-(low - offset) // step)))
    last = min(count, int(-(-(high - offset) // step)))
    if first < last:
        return slice(first, last)
    nearest = min(count - 1, max(0, round(((low + high) / 2 - offset) / step)))
    return slice(nearest, nearest + 1)


def targets(scene: Scene, rows: int, columns: int) -> torch.Tensor:
    """(rows * columns, groups): the class of every patch in every group."""
    across, down = columns * PATCH / scene.width, rows * PATCH / scene.height
    digits = torch.zeros(rows, columns * 2, dtype=torch.long)
    both = torch.zeros(rows, columns * 2, dtype=torch.long)
    kinds = torch.zeros(rows, columns, 3, dtype=torch.long)
    for code in scene.codes:
        _, tall, advance = baseline(code)
        high = max(PATCH / 2, 0.25 * tall * down)
        lines = _span(code.y * down - high, code.y * down + high, PATCH / 2, PATCH, rows)
        wide = max(0.36 * advance * across, min(4.0, 0.5 * advance * across))
        for place, digit in enumerate(code.digits):
            middle = (code.x + (place + 0.5) * advance) * across
            slots = _span(middle - wide, middle + wide, PATCH / 4, PATCH / 2, columns * 2)
            digits[lines, slots] = int(digit) + 1
            both[lines, slots] = int(digit) * LONGEST + place + 1
    colours = tuple(COLOURS)
    for place, thing in enumerate(scene.things):
        reach = 0.46 * thing.size  # edges too: shapes are told by them
        lines = _span((thing.y - reach) * down, (thing.y + reach) * down, PATCH / 2, PATCH, rows)
        cells = _span(
            (thing.x - reach) * across, (thing.x + reach) * across, PATCH / 2, PATCH, columns
        )
        kinds[lines, cells] = torch.tensor(
            [colours.index(thing.colour) + 1, SHAPES.index(thing.shape) + 1, place + 1]
        )
    halves = [digits.view(rows, columns, 2), both.view(rows, columns, 2)]
    return torch.cat([*halves, kinds], dim=2).flatten(0, 1)


def make_head(width: int) -> nn.Linear:
    """The head that tells every patch's classes from the tower's output."""
    return nn.Linear(width, sum(GROUPS.values()))


def patch_loss(
    head: Any, seen: torch.Tensor, wanted: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, dict[str, float]]:
    """The summed loss of all groups, and the share of patches with something in them that are
    right, by group. `seen`: (pictures, patches, width); `wanted`: the targets of each picture."""
    logits = head(seen).flatten(0, 1).float().split(tuple(GROUPS.values()), dim=1)
    answers = torch.stack(tuple(wanted)).flatten(0, 1)
    loss, right = logits[0].new_zeros(()), {}
    for group, (name, classes) in enumerate(GROUPS.items()):
        answer = answers[:, group]
        weight = torch.full((classes,), 1.0)
        weight[0] = NOTHING
        losses = functional.cross_entropy(logits[group], answer, weight, reduction="none")
        loss = loss + losses.sum() / (NOTHING * len(answer))
        something = answer > 0
        if something.any():
            hit = logits[group].detach()[something].argmax(1) == answer[something]
            right[name] = hit.float().mean().item()
    return loss, right
