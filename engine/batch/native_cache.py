"""The cache of rows that can't share a batch with other prompts: as the model itself makes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from transformers import DynamicCache

from engine.batch.cache_pieces import cache_bytes
from engine.batch.prefill import Prefill


class OwnCache:
    """The rows of one prompt. The same verbs as `RowCache`, but one `join` only.

    What failed half-way can't be undone: some layers have the new token, or fewer rows, others not.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._cache: DynamicCache | None = None
        self._positions: torch.Tensor | None = None  # (..., rows or 1, 1) of the next token

    @property
    def nbytes(self) -> int:
        return cache_bytes(self._cache) if self._cache is not None else 0

    def inputs(self) -> dict[str, Any]:
        return {"past_key_values": self._cache, "position_ids": self._positions}

    def join(self, prefill: Prefill) -> None:
        assert self._cache is None
        assert prefill.positions is not None
        self._cache = prefill.cache
        self._positions = prefill.positions[..., -1:] + 1
        self._reorder([0] * len(prefill.rows))

    def keep(self, places: Sequence[int]) -> None:
        if places:
            self._reorder(places)
        else:
            self._cache = self._positions = None

    def make_room(self) -> None:
        pass

    def advance(self) -> None:
        assert self._positions is not None
        self._positions = self._positions + 1

    def save(self) -> list[torch.Tensor]:
        return []

    def restore(self, states: Sequence[torch.Tensor]) -> bool:
        return False

    def _reorder(self, places: Sequence[int]) -> None:
        """The only selection of rows that every kind of layer knows."""
        assert self._cache is not None
        chosen = torch.tensor(places, dtype=torch.long, device=self._device)
        self._cache.reorder_cache(cast(torch.LongTensor, chosen))
