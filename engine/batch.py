"""Rows that take their steps together: one `forward` gives each of them its next logits.

Between two steps rows join and leave. All rows are always at the same point: their logits wait to
be sampled (after a prefill or a step), or their chosen tokens wait for the step.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.checkpoint import Checkpoint
from engine.failures import is_out_of_memory
from engine.own_cache import OwnCache
from engine.prefill import Prefill
from engine.row import Row
from engine.row_cache import RowCache
from engine.sampler import Sampler


class Batch:
    """The rows, in the order they came. For use by one thread, under `torch.inference_mode`."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.rows: list[Row] = []
        self._checkpoint = checkpoint
        self._device: torch.device = checkpoint.model.device
        self._cache = (RowCache if checkpoint.splits else OwnCache)(self._device)
        self._sampler = Sampler(self._device)
        self._logits: torch.Tensor | None = None  # (rows, vocabulary)
        self._chosen: torch.Tensor | None = None  # (rows,)

    @property
    def nbytes(self) -> int:
        return self._cache.nbytes

    @property
    def wants_step(self) -> bool:
        return self._chosen is not None

    @property
    def wants_sample(self) -> bool:
        return self._logits is not None

    def join(self, prefill: Prefill) -> None:
        """Append the rows of a prefill that is done. Not while the others want a step."""
        assert prefill.logits is not None
        rows, old = prefill.rows, range(len(self.rows))
        self._cache.join(prefill)
        try:
            self._sampler.join([row.params for row in rows], [row.prompt.ids for row in rows])
            logits = prefill.logits.expand(len(rows), -1)
            self._logits = logits if self._logits is None else torch.cat((self._logits, logits))
        except Exception:
            self._cache.keep(old)
            self._sampler.keep(old)
            raise
        self.rows += rows

    def sample(self) -> list[tuple[int, float]]:
        """Choose each row's next token: its id, and its log probability before any sampler."""
        assert self._logits is not None
        for place, row in enumerate(self.rows):
            if row.inspection:
                row.inspect(self._logits[place])
        chosen, logprobs = self._sampler.choose(self._logits)
        self._chosen, self._logits = chosen, None
        # One transfer for all rows; a float32 travels as its bits.
        packed = torch.stack((chosen.to(torch.int32), logprobs.view(torch.int32))).cpu()
        return list(zip(packed[0].tolist(), packed[1].view(torch.float32).tolist(), strict=True))

    def step(self) -> None:
        """Run the chosen tokens. If it raises, drop rows and take the step again."""
        assert self._chosen is not None
        self._cache.make_room()
        before = self._cache.save()
        try:
            self._logits = self._forward(self._cache, self._chosen)
        except Exception:
            self._cache.restore(before)
            raise
        self._chosen = None
        self._cache.advance()

    def blame(self, error: Exception) -> list[Row]:
        """The rows that have to go after `step` raised: those that fail alone too, or the newest.

        Memory runs out for all together, so there it is the newest at once.
        """
        cache, chosen = self._cache, self._chosen
        if isinstance(cache, OwnCache) or chosen is None:
            return list(self.rows)
        if len(self.rows) == 1 or is_out_of_memory(error):
            return self.rows[-1:]
        failing: list[Row] = []
        for place, row in enumerate(self.rows):
            try:
                self._forward(cache.copy_of(place), chosen[place : place + 1])
            except Exception:
                failing.append(row)
        return failing or self.rows[-1:]

    def keep(self, rows: Sequence[Row]) -> None:
        """Drop all other rows; their memory is free at once."""
        if len(rows) == len(self.rows):
            return
        places = [place for place, row in enumerate(self.rows) if row in rows]
        self.rows = [self.rows[place] for place in places]
        self._cache.keep(places)
        self._sampler.keep(places)
        chosen = torch.tensor(places, dtype=torch.long, device=self._device)
        self._logits = self._logits[chosen] if self._logits is not None and places else None
        self._chosen = self._chosen[chosen] if self._chosen is not None and places else None

    def _forward(self, cache: RowCache | OwnCache, chosen: torch.Tensor) -> torch.Tensor:
        options = self._checkpoint.only_last
        inputs = {"input_ids": chosen[:, None], "use_cache": True, "return_dict": True}
        output = self._checkpoint.model(**inputs, **cache.inputs(), **options)
        return output.logits[:, -1].to(torch.float32, copy=True)
