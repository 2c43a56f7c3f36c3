"""The images of one prompt as embeddings, made tile by tile while the prompt is read.

A vision tower takes about a second for a 512 x 512 tile on two CPU cores; one tile at a time, other
lanes go on in between.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import Any

import torch

from engine.prompt.prompting import Prompt

TILE_INPUTS = {"pixel_values", "spatial_shapes", "pixel_attention_mask"}


class TileStore:
    """Embeddings of tiles by their pixels, least recently used first, for prompts to come.

    A prompt that was read is known whole (`prompt_cache.py`); this serves prompts that differ in
    front of an image: another system message, another lane. A tile of 256 tokens takes about a
    megabyte. limit_bytes: 0 keeps nothing.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.nbytes = 0
        self._kept: OrderedDict[str, torch.Tensor] = OrderedDict()

    def get(self, key: str) -> torch.Tensor | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def add(self, key: str, tile: torch.Tensor) -> None:
        """Keep a tile that `get` didn't find."""
        if tile.nbytes <= self.limit_bytes:
            self._kept[key] = tile
            self.nbytes += tile.nbytes
            self.shrink()

    def shrink(self) -> None:
        """Drop what is above the limit."""
        while self.nbytes > self.limit_bytes:
            _, oldest = self._kept.popitem(last=False)
            self.nbytes -= oldest.nbytes


class Pictures:
    """The tiles of a prompt, in order. For models that take LFM2-VL's inputs, one row per tile."""

    def __init__(self, model: Any, prompt: Prompt, factor: int, store: TileStore) -> None:
        """factor: patches per token along each side."""
        self._model = model
        self._store = store
        self._features = prompt.features
        self._made: dict[int, torch.Tensor] = {}
        shapes: list[list[int]] = prompt.features["spatial_shapes"].tolist()
        places = [n for n, token in enumerate(prompt.rendered.tokens) if token.image]
        counts = [height * width // factor**2 for height, width in shapes]
        if sum(counts) != len(places):
            raise ValueError(
                f"The prompt has {len(places)} image tokens, but the tiles make {sum(counts)}."
            )
        self._tile_at = dict(
            zip(places, ((t, n) for t, c in enumerate(counts) for n in range(c)), strict=True)
        )

    @classmethod
    def of(cls, model: Any, prompt: Prompt, store: TileStore) -> Pictures | None:
        """None where the prompt has no images, or the model takes them in another way."""
        factor = getattr(model.config, "downsample_factor", None)
        if set(prompt.features) != TILE_INPUTS or not isinstance(factor, int):
            return None
        return cls(model, prompt, factor, store)

    def missing(self, start: int, end: int) -> int | None:
        """The first tile not made yet that tokens `start` to `end` stand for; None: all are."""
        tiles = (self._tile_at[place][0] for place in range(start, end) if place in self._tile_at)
        return next((tile for tile in tiles if tile not in self._made), None)

    def make(self, tile: int) -> None:
        one = {name: tensor[tile : tile + 1] for name, tensor in self._features.items()}
        key = _key(one)
        made = self._store.get(key)
        if made is None:
            inputs = {name: tensor.to(self._model.device) for name, tensor in one.items()}
            output = self._model.get_image_features(**inputs, return_dict=True)
            made = torch.cat(list(output.pooler_output))
            self._store.add(key, made)
        self._made[tile] = made

    def embed(self, ids: torch.Tensor, start: int) -> torch.Tensor:
        """Embeddings of the tokens from place `start` on; ids: (1, tokens)."""
        embeddings = self._model.get_input_embeddings()(ids)
        for column in range(ids.shape[1]):
            if start + column in self._tile_at:
                tile, number = self._tile_at[start + column]
                embeddings[0, column] = self._made[tile][number]
        return embeddings


def _key(inputs: dict[str, torch.Tensor]) -> str:
    """What identifies a tile: its pixels and its shape. A few milliseconds."""
    content = sha256()
    for name in sorted(inputs):
        content.update(inputs[name].contiguous().numpy().tobytes())
    return content.hexdigest()
