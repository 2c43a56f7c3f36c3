"""The images of one prompt as embeddings, made tile by tile while the prompt is read.

A vision tower takes about a second for a 512 x 512 tile on two CPU cores; one tile at a time, other
lanes go on in between.
"""

from __future__ import annotations

from typing import Any

import torch

from engine.prompting import Prompt

TILE_INPUTS = {"pixel_values", "spatial_shapes", "pixel_attention_mask"}


class Pictures:
    """The tiles of a prompt, in order. For models that take LFM2-VL's inputs, one row per tile."""

    def __init__(self, model: Any, prompt: Prompt, factor: int) -> None:
        """factor: patches per token along each side."""
        self._model = model
        self._features = prompt.features
        self._made: dict[int, torch.Tensor] = {}
        shapes: list[list[int]] = prompt.features["spatial_shapes"].tolist()
        places = [n for n, token in enumerate(prompt.rendered.tokens) if token.image]
        counts = [height * width // factor**2 for height, width in shapes]
        if sum(counts) != len(places):
            raise ValueError(
                f"{len(places)} image tokens stand in the prompt, and the tiles make {sum(counts)}."
            )
        self._tile_at = dict(
            zip(places, ((t, n) for t, c in enumerate(counts) for n in range(c)), strict=True)
        )

    @classmethod
    def of(cls, model: Any, prompt: Prompt) -> Pictures | None:
        """None where the prompt has no images, or the model takes them in another way."""
        factor = getattr(model.config, "downsample_factor", None)
        if set(prompt.features) != TILE_INPUTS or not isinstance(factor, int):
            return None
        return cls(model, prompt, factor)

    def missing(self, start: int, end: int) -> int | None:
        """The first tile not made yet that tokens `start` to `end` stand for; None: all are."""
        tiles = (self._tile_at[place][0] for place in range(start, end) if place in self._tile_at)
        return next((tile for tile in tiles if tile not in self._made), None)

    def make(self, tile: int) -> None:
        one = {
            name: tensor[tile : tile + 1].to(self._model.device)
            for name, tensor in self._features.items()
        }
        output = self._model.get_image_features(**one, return_dict=True)
        self._made[tile] = torch.cat(list(output.pooler_output))

    def embed(self, ids: torch.Tensor, start: int) -> torch.Tensor:
        """Embeddings of the tokens from place `start` on; ids: (1, tokens)."""
        embeddings = self._model.get_input_embeddings()(ids)
        for column in range(ids.shape[1]):
            if start + column in self._tile_at:
                tile, number = self._tile_at[start + column]
                embeddings[0, column] = self._made[tile][number]
        return embeddings
