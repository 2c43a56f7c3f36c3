"""What an image token should look like to the text part: like the words for what is in it.

The text part copies words well and has never seen a picture. Where the projector writes a digit's
own embedding in the digit's place, reading a code is copying.
"""

from typing import Any

import torch

from training.picture_batches import PictureBatch
from training.scenes import COLOURS, SHAPES
from training.targets import GROUPS

SCALE = 3.0  # image tokens are this much longer than words, so that the text part notices them
PLACES = "ABCDE"  # letters stand for the place in a code, or among the shapes
EMPTY = 0.1  # weight of tokens with nothing in them


def make_words(tokenizer: Any) -> list[list[int]]:
    """For every group of `targets`, the token that stands for each of its classes but "nothing"."""

    def first(texts: Any) -> list[int]:
        return [tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in texts]

    digits, places = first("0123456789"), first(PLACES)
    return [digits, digits, places[:4], places[:4], first(COLOURS), first(SHAPES), places]


def wanted_vectors(table: torch.Tensor, words: list[list[int]], batch: PictureBatch) -> Any:
    """(pictures, tokens, width): the mean of the words for all that is in a token, and (pictures,
    tokens): whether anything is. `table` is the text part's embedding."""
    labels = torch.stack(batch.wanted)
    summed = torch.zeros(*labels.shape[:2], table.shape[1])
    for group, ids in enumerate(words):
        summed += torch.cat([torch.zeros(1, table.shape[1]), table[ids]])[labels[..., group]]
    names = list(GROUPS)
    things = [names.index(name) for name in ("left digit", "right digit", "colour")]
    count = (labels[..., things] > 0).sum(-1, keepdim=True).float()
    rows, columns = batch.patches.rows // 2, batch.patches.columns // 2
    square = (len(labels), rows, 2, columns, 2, -1)
    summed = summed.view(square).sum((2, 4)).flatten(1, 2)
    count = count.view(square).sum((2, 4)).flatten(1, 2)
    return SCALE * summed / count.clamp(min=1), count[..., 0] > 0


def align_loss(
    model: Any, words: list[list[int]], projected: torch.Tensor, batch: PictureBatch
) -> torch.Tensor:
    """How far the projected tokens are from their words, as a share of the words' own variance."""
    table = model.get_input_embeddings().weight.detach()
    vectors, full = wanted_vectors(table, words, batch)
    nothing = SCALE * table[model.config.image_token_id]
    vectors = torch.where(full[..., None], vectors, nothing)
    weight = torch.where(full, 1.0, EMPTY)
    far = (projected.float() - vectors).square().mean(-1)
    return (far * weight).sum() / weight.sum() / (SCALE * table.std()).square()
