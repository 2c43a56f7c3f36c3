"""What an image token should look like to the text part: like the words for what is in it.

The text part copies words well and has never seen a picture. Where the projector writes a digit's
own embedding in the digit's place, reading a code is copying. Small digits share a token: rolled by
their order, they don't hide which of them is first.
"""

from dataclasses import dataclass
from typing import Any

import torch

from training.seeing.patch_targets import GROUPS, LONGEST
from training.seeing.picture_batches import PictureBatch
from training.seeing.scenes import COLOURS, SHAPES

SCALE = 3.0  # image tokens are this much longer than words, so that the text part notices them
PLACES = "ABCDE"  # letters stand for the order of shapes
TURN = 41  # dimensions: a digit's embedding is rolled by so many for its order in a code
EMPTY = 0.1  # weight of tokens with nothing in them


@dataclass(frozen=True)
class Words:
    """The tokens that stand for what is in a picture."""

    digits: list[int]
    colours: list[int]
    shapes: list[int]
    places: list[int]

    @property
    def telling(self) -> torch.Tensor:
        """All of them that are part of answers."""
        return torch.tensor(sorted({*self.digits, *self.colours, *self.shapes}))


def make_words(tokenizer: Any) -> Words:
    """The first token of each word."""

    def first(texts: Any) -> list[int]:
        return [tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in texts]

    return Words(first("0123456789"), first(COLOURS), first(SHAPES), first(PLACES))


def tables(table: torch.Tensor, words: Words) -> dict[str, torch.Tensor]:
    """(classes, width) for every group of `targets` that image tokens tell."""
    nothing = torch.zeros(1, table.shape[1])
    digits = [table[digit].roll(TURN * place) for digit in words.digits for place in range(LONGEST)]
    codes = torch.cat([nothing, torch.stack(digits)])
    simple = {"colour": words.colours, "shape": words.shapes, "order": words.places}
    return {
        "left code": codes,
        "right code": codes,
        **{name: torch.cat([nothing, table[ids]]) for name, ids in simple.items()},
    }


def wanted_vectors(table: torch.Tensor, words: Words, batch: PictureBatch) -> Any:
    """(pictures, tokens, width): the mean of the words for all that is in a token, and (pictures,
    tokens): whether anything is. `table` is the text part's embedding."""
    labels = torch.stack(batch.wanted)
    names = list(GROUPS)
    summed = torch.zeros(*labels.shape[:2], table.shape[1])
    for name, vectors in tables(table, words).items():
        summed += vectors[labels[..., names.index(name)]]
    things = [names.index(name) for name in ("left digit", "right digit", "colour")]
    count = (labels[..., things] > 0).sum(-1, keepdim=True).float()
    rows, columns = batch.patches.rows // 2, batch.patches.columns // 2
    square = (len(labels), rows, 2, columns, 2, -1)
    summed = summed.view(square).sum((2, 4)).flatten(1, 2)
    count = count.view(square).sum((2, 4)).flatten(1, 2)
    return SCALE * summed / count.clamp(min=1), count[..., 0] > 0


def align_loss(
    model: Any, words: Words, projected: torch.Tensor, batch: PictureBatch
) -> torch.Tensor:
    """How far the projected tokens are from their words, as a share of the words' own variance."""
    table = model.get_input_embeddings().weight.detach()
    vectors, full = wanted_vectors(table, words, batch)
    nothing = SCALE * table[model.config.image_token_id]
    vectors = torch.where(full[..., None], vectors, nothing)
    weight = torch.where(full, 1.0, EMPTY)
    far = (projected.float() - vectors).square().mean(-1)
    return (far * weight).sum() / weight.sum() / (SCALE * table.std()).square()
