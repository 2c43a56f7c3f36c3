"""Rows that take their steps together: one step gives each of them its next logits.

Between two steps rows join and leave. All rows are always at the same point: their logits wait to
be sampled (after a prefill or a step), or their chosen tokens wait for the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import torch

from engine.batch.member import live
from engine.batch.native_cache import OwnCache
from engine.batch.prefill import Prefill
from engine.batch.row import Row
from engine.batch.row_cache import RowCache
from engine.failures import is_out_of_memory
from engine.loading.checkpoint import Checkpoint
from engine.sampling.sampler import Sampler
from engine.sampling.tracing import Told, unpacked


class Batch:
    """The rows, in the order they came. For use by one thread, under `torch.inference_mode`.

    Nothing has changed where a verb raises: call it again, without the rows that `blame` names.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.rows: list[Row] = []
        self._checkpoint = checkpoint
        self._device: torch.device = checkpoint.model.device
        self._cache = (RowCache if checkpoint.splits else OwnCache)(self._device)
        self._sampler = Sampler(self._device)
        self._logits: torch.Tensor | None = None  # (rows, vocabulary)
        self._chosen: torch.Tensor | None = None  # (rows,)
        self._spoilt = False  # the cache is neither as it was before nor as it would be

    @property
    def nbytes(self) -> int:
        return self._cache.nbytes

    def join(self, prefill: Prefill) -> None:
        """Append the rows of a prefill that is done. Not while the others want a step."""
        assert prefill.logits is not None
        rows = [row for row in prefill.rows if isinstance(row, Row)]
        cache, sampler = copy(self._cache), copy(self._sampler)
        cache.join(prefill)
        sampler.join([row.params for row in rows], [row.prompt.ids for row in rows])
        logits = prefill.logits.expand(len(rows), -1)
        self._logits = logits if self._logits is None else torch.cat((self._logits, logits))
        self._cache, self._sampler = cache, sampler
        self.rows = [*self.rows, *rows]

    def sample(self) -> list[Told]:
        """Choose each row's next token."""
        assert self._logits is not None
        sampler = copy(self._sampler)
        chosen, told = _sample(sampler, self._logits, self.rows)
        self._sampler, self._chosen, self._logits = sampler, chosen, None
        return told

    def step(self) -> None:
        """Run the chosen tokens."""
        assert self._chosen is not None
        self._cache.make_room()
        before = self._cache.save()
        try:
            logits = self._forward(self._cache, self._chosen)
            self._cache.advance()
        except Exception:
            self._spoilt = True
            self._spoilt = not self._cache.restore(before)
            raise
        self._logits, self._chosen = logits, None

    def keep(self, rows: Sequence[Row]) -> None:
        """Drop all other rows; their memory is free at once."""
        if len(rows) == len(self.rows):
            return
        places = [place for place, row in enumerate(self.rows) if row in rows]
        cache, sampler = copy(self._cache), copy(self._sampler)
        self._spoilt = isinstance(cache, OwnCache)
        cache.keep(places)
        sampler.keep(places)
        chosen = torch.tensor(places, dtype=torch.long, device=self._device)
        if self._logits is not None:
            self._logits = self._logits[chosen]
        else:
            assert self._chosen is not None
            self._chosen = self._chosen[chosen]
        self.rows = [self.rows[place] for place in places]
        self._cache, self._sampler, self._spoilt = cache, sampler, False

    def blame(self, error: Exception) -> list[Row]:
        """The rows that have to go after `step`, `sample` or `keep` raised; at least one.

        Those that fail alone too, or the newest. Memory runs out for all together, so there it is
        the newest at once. All of them if the cache couldn't be put back.
        """
        rows = live(self.rows)
        if self._spoilt:
            return rows
        if len(rows) == 1 or is_out_of_memory(error):
            return rows[-1:]
        return [row for row in rows if self._fails_alone(row)] or rows[-1:]

    def _fails_alone(self, row: Row) -> bool:
        place = self.rows.index(row)
        try:
            if self._logits is not None:
                sampler = copy(self._sampler)
                sampler.keep([place])
                _sample(sampler, self._logits[place : place + 1], [row])
            elif self._chosen is not None and isinstance(self._cache, RowCache):
                self._forward(self._cache.copy_of(place), self._chosen[place : place + 1])
        except Exception:
            return True
        return False

    def _forward(self, cache: RowCache | OwnCache, chosen: torch.Tensor) -> torch.Tensor:
        return self._checkpoint.step(cache, chosen).to(torch.float32, copy=True)


def _sample(
    sampler: Sampler, logits: torch.Tensor, rows: Sequence[Row]
) -> tuple[torch.Tensor, list[Told]]:
    """The chosen ids as a tensor, and what is told of them on the host, in one transfer."""
    allowed = [row.allowed() for row in rows]
    chosen, numbers = sampler.choose(logits, allowed)
    return chosen, unpacked(numbers, [row.text_of for row in rows])
