"""The cache of a batch whose rows have different lengths, and come and go between two steps.

`forward` gets a cache of `RowLayer`s and of the usual convolution layers. Row r's token at position
p lies in column p: nothing moves when a longer row joins, and a step writes each row's new token
into the row's own column. Columns after a row's end are masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import Cache
from transformers.cache_utils import CacheLayerMixin, DynamicLayer, LinearAttentionLayer

from engine.batch.cache_pieces import conv_states
from engine.batch.prefill import Prefill

States = list[tuple[torch.Tensor, ...]]
COLUMNS = 128  # columns are added this many at a time


class RowLayer(CacheLayerMixin):
    """Keys and values of one attention layer, shape (rows, heads, columns, size).

    Unused columns are zero: a masked weight of zero times a leftover NaN would be NaN.
    """

    is_sliding = False

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self.keys = key_states.new_zeros((0, *key_states.shape[1:]))
        self.values = value_states.new_zeros((0, *value_states.shape[1:]))
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one new token of each row, shape (rows, heads, 1, size)."""
        assert self.keys is not None
        assert self.values is not None
        places = self.places
        if places.same_length:
            self.keys[:, :, places.longest - 1] = key_states[:, :, 0]
            self.values[:, :, places.longest - 1] = value_states[:, :, 0]
        else:
            self.keys[places.rows, :, places.columns] = key_states[:, :, 0]
            self.values[places.rows, :, places.columns] = value_states[:, :, 0]
        return self.keys[:, :, : places.longest], self.values[:, :, : places.longest]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.places.longest, 0

    def get_seq_length(self) -> int:
        return self.places.longest - 1

    def get_max_length(self) -> int:
        return -1


class Places:
    """Where the next token of each row goes. lengths: tokens of each row, that one included."""

    def __init__(self, lengths: Sequence[int], device: torch.device) -> None:
        self.lengths = list(lengths)
        self.rows = torch.arange(len(lengths), device=device)
        self.columns = torch.tensor(self.lengths, dtype=torch.long, device=device) - 1
        self._every = torch.arange(0, device=device)
        self._measure()

    def advance(self) -> None:
        self.columns = self.columns + 1
        self.lengths = [length + 1 for length in self.lengths]
        self._measure()

    def _measure(self) -> None:
        self.longest = max(self.lengths, default=0)
        self.same_length = min(self.lengths, default=0) == self.longest

    def mask(self) -> torch.Tensor | None:
        """True where a row may look, shape (rows, 1, 1, longest); None: everywhere."""
        if self.same_length:
            return None
        if len(self._every) < self.longest:
            columns = self.longest + COLUMNS
            self._every = torch.arange(columns, device=self.columns.device)
        seen = self._every[: self.longest] <= self.columns[:, None]
        return seen[:, None, None, :]


class RowCache:
    """All rows of a batch; `places` says where their next tokens go.

    Rows come and go in layers that are made anew: a shallow copy keeps the old ones.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.places = Places((), device)
        self.cache = Cache(layers=[])

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for layer in _states(self.cache) for tensor in layer)

    def inputs(self) -> dict[str, Any]:
        """What `forward` takes in addition to one token of each row."""
        return {
            "past_key_values": self.cache,
            "position_ids": self.places.columns[:, None],
            "attention_mask": self.places.mask(),
        }

    def join(self, prefill: Prefill) -> None:
        """Append a copy of the prefilled prompt for each of its rows."""
        assert prefill.cache is not None
        self.add(prefill.cache, len(prefill.rows), prefill.tokens)

    def add(self, cache: Cache, rows: int, length: int) -> None:
        """Append copies of the one row of a cache with that many tokens."""
        parts = [_states(self.cache), *[_states(cache)] * rows]
        self._rebuild(parts, [*self.places.lengths, *[length + 1] * rows], cache)

    def copy_of(self, place: int) -> RowCache:
        """A cache of that row alone."""
        alone = RowCache(self._device)
        alone._rebuild([self._row(place)], [self.places.lengths[place]], self.cache)
        return alone

    def keep(self, places: Sequence[int]) -> None:
        """Only these rows stay, in this order; the memory of the others is free at once."""
        lengths = [self.places.lengths[place] for place in places]
        self._rebuild([self._row(place) for place in places], lengths, self.cache)

    def make_room(self) -> None:
        """Add columns if the next tokens need them."""
        layers = (layer for layer in self.cache.layers if isinstance(layer, RowLayer))
        columns = next(layer.keys.shape[2] for layer in layers if layer.keys is not None)
        if self.places.longest > columns:
            self._rebuild([_states(self.cache)], self.places.lengths, self.cache)

    def advance(self) -> None:
        """The step is done: the next token of each row goes one column further."""
        self.places.advance()

    def save(self) -> list[torch.Tensor]:
        """Copies of what a step changes in place, for `restore`."""
        layers = [layer for layer in self.cache.layers if isinstance(layer, LinearAttentionLayer)]
        return [state.clone() for layer in layers for state in conv_states(layer)]

    def restore(self, states: Sequence[torch.Tensor]) -> bool:
        """Undo a step that failed half-way. Keys and values it wrote are overwritten later."""
        layers = [layer for layer in self.cache.layers if isinstance(layer, LinearAttentionLayer)]
        now = [state for layer in layers for state in conv_states(layer)]
        for state, before in zip(now, states, strict=True):
            state.copy_(before)
        return True

    def _row(self, place: int) -> States:
        """Views of one row."""
        return [tuple(tensor[place : place + 1] for tensor in t) for t in _states(self.cache)]

    def _rebuild(self, parts: Sequence[States], lengths: Sequence[int], like: Cache) -> None:
        """Make all layers anew from the rows of `parts`; `like` says which layers there are.

        Nothing has changed if memory runs out on the way.
        """
        parts = [part for part in parts if part]
        places = Places(lengths, self._device)
        columns = -(-places.longest // COLUMNS) * COLUMNS
        layers: list[Any] = []
        for number, old in enumerate(like.layers if lengths else ()):
            tensors = zip(*(part[number] for part in parts), strict=True)
            if isinstance(old, LinearAttentionLayer):
                layer: Any = LinearAttentionLayer(number_of_states=old.number_of_states)
                for state, rows in enumerate(tensors):
                    joined = torch.cat(rows)
                    layer.update_conv_state(joined, state, conv_kernel_size=joined.shape[-1])
            else:
                layer = RowLayer(places)
                layer.keys, layer.values = (_below_each_other(rows, columns) for rows in tensors)
                layer.is_initialized = True
            layers.append(layer)
        self.places, self.cache = places, Cache(layers=layers)


def _states(cache: Cache) -> States:
    """For each layer: keys and values, or convolution states."""
    layers: list[Any] = list(cache.layers)
    attends = (DynamicLayer, RowLayer)
    return [
        (layer.keys, layer.values) if type(layer) in attends else tuple(conv_states(layer))
        for layer in layers
    ]


def _below_each_other(parts: Sequence[torch.Tensor], columns: int) -> torch.Tensor:
    """One tensor of all rows, each padded with zeros or cut to `columns`."""
    rows = sum(part.shape[0] for part in parts)
    first = parts[0]
    whole = first.new_zeros((rows, first.shape[1], columns, first.shape[3]))
    done = 0
    for part in parts:
        width = min(columns, part.shape[2])
        whole[done : done + part.shape[0], :, :width] = part[:, :, :width]
        done += part.shape[0]
    return whole
