"""The vision tower: how it begins, and a quick way through it for pictures of one shape.

It begins as a stack of small convolutions: every head looks at one neighbour of each patch. Left to
chance, attention needs thousands of steps to find neighbours at all.
"""

import math
from typing import Any

import torch

from training.seeing.budgets import Patches

PATCH = 16  # pixels along each side
PERIODS = (2.0, 0.7, 0.25, 0.125)  # of the waves that tell positions, in shares of the picture
STEPS = (1 / 32, 1 / 16, 1 / 32, 1 / 8)  # how far each layer's heads look
SHARPNESS = 2.2  # how strongly they prefer their neighbour
DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1))


def waves(places: torch.Tensor) -> torch.Tensor:
    """(n, 2 * periods): cosine and sine of every wave at places between 0 and 1."""
    angles = 2 * math.pi * places[:, None] / torch.tensor(PERIODS)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def _turn(step: float) -> torch.Tensor:
    """The matrix that moves `waves` by `step`."""
    angles = 2 * math.pi * step / torch.tensor(PERIODS)
    cosine, sine = torch.diag(angles.cos()), torch.diag(angles.sin())
    return torch.cat([torch.cat([cosine, -sine], 1), torch.cat([sine, cosine], 1)], 0)


def _cosines(many: int) -> torch.Tensor:
    """(many * many, 256): the coarsest orthonormal patterns of a patch, the plain one first."""
    places = (torch.arange(PATCH) + 0.5) / PATCH
    line = torch.cos(math.pi * torch.arange(many)[:, None] * places) * (2 / PATCH) ** 0.5
    line[0] /= 2**0.5
    return torch.einsum("iy,jx->ijyx", line, line).reshape(many * many, PATCH * PATCH)


def _patterns() -> torch.Tensor:
    """(patterns, 768): brightness in 8 x 8 patterns and two differences of colours in 3 x 3. Drawn
    by chance, every row would mostly tell how bright the whole patch is."""
    rows = []
    for mix, many in (((1, 1, 1), 8), ((1.5, -1.5, 0), 3), ((-0.75, -0.75, 1.5), 3)):
        shapes = _cosines(many) * 0.7
        shapes[0] *= 0.1
        # A patch is stored pixel by pixel, its three colours side by side.
        rows.append((shapes[:, :, None] * torch.tensor(mix) / 3).flatten(1))
    return torch.cat(rows)


@torch.no_grad()
def prepare(tower: Any) -> None:
    """Write positions into the first dimensions, and neighbours into the heads of each layer."""
    side = tower.embeddings.position_embedding_size
    each = 2 * len(PERIODS)
    line = waves((torch.arange(side) + 0.5) / side)
    table = tower.embeddings.position_embedding.weight.view(side, side, -1)
    table *= 0.1
    table[..., :each] = line[None]
    table[..., each : 2 * each] = line[:, None]
    tower.embeddings.patch_embedding.weight *= 0.6
    tower.embeddings.patch_embedding.weight[: 2 * each] = 0
    patterns = _patterns()
    tower.embeddings.patch_embedding.weight[2 * each : 2 * each + len(patterns)] = patterns
    for layer, step in zip(tower.encoder.layers, STEPS, strict=True):
        attention = layer.self_attn
        size = attention.head_dim
        query, key = attention.q_proj.weight, attention.k_proj.weight
        query *= 0.2
        key *= 0.2
        for head in range(attention.num_heads):
            across, down = DIRECTIONS[head % len(DIRECTIONS)]
            rows = slice(head * size, head * size + 2 * each)
            gain = (SHARPNESS * size**0.5 / 2) ** 0.5
            query[rows, : 2 * each] = gain * torch.block_diag(
                _turn(across * step), _turn(down * step)
            )
            key[rows, : 2 * each] = gain * torch.eye(2 * each)


def look(tower: Any, patches: Patches) -> torch.Tensor:
    """The tower's output, (pictures, rows * columns, width), without masks or loops."""
    positions = tower.embeddings.resize_positional_embeddings(
        tower.embeddings.position_embedding.weight.view(
            tower.embeddings.position_embedding_size, tower.embeddings.position_embedding_size, -1
        ),
        torch.tensor([[patches.rows, patches.columns]]),
        max_length=patches.rows * patches.columns,
    )
    hidden = tower.embeddings.patch_embedding(patches.pixels) + positions
    for layer in tower.encoder.layers:
        hidden = layer(hidden, None)
    return tower.post_layernorm(hidden)


def project(model: Any, seen: torch.Tensor, patches: Patches) -> torch.Tensor:
    """The tower's output as vectors of the text part, (pictures, tokens, width)."""
    square = seen.view(len(seen), patches.rows, patches.columns, -1)
    return model.model.multi_modal_projector(square).flatten(1, 2)
