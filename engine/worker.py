"""The loop: one thread that owns the model, and one batch that all runs share.

Each round: admit -> step -> prefill -> sample -> emit -> evict.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Sequence

import torch

from core.errors import InvalidInput
from core.events import Failed, Finished, Started
from engine.admission import Admission
from engine.batch import Batch
from engine.checkpoint import Checkpoint
from engine.device import free_memory
from engine.failures import is_expected, is_out_of_memory, run_sentence
from engine.limits import Limits
from engine.pictures import MOST_KEPT, TileStore
from engine.prefill import Prefill
from engine.prompt_cache import PromptCache
from engine.row import Row
from engine.ticket import Ticket

log = logging.getLogger(__name__)
NOT_FINITE = (
    "The model gave numbers that are not finite, so no token can be chosen. "
    "Try float32 weights, or another model."
)


class Worker:
    """Answers tickets with one checkpoint. `submit` may be called from any thread.

    The thread lives while there is work; between runs only the prompt cache is kept.
    """

    def __init__(self, checkpoint: Checkpoint, limits: Limits) -> None:
        batch_bytes, prompt_cache_bytes = limits.of(free_memory(checkpoint.model.device))
        self.prompt_cache = PromptCache(prompt_cache_bytes)
        self._tiles = TileStore(MOST_KEPT if prompt_cache_bytes else 0)
        self.checkpoint = checkpoint
        self._admission = Admission(limits.rows, batch_bytes, checkpoint.bytes_per_token)
        self._prefills: deque[Prefill] = deque()
        self._batches: list[Batch] = []
        self._lock = threading.Lock()
        self._arrived: list[Ticket] = []
        self._thread: threading.Thread | None = None

    @property
    def live_bytes(self) -> int:
        """Of the caches of all rows that are being answered."""
        holders = (*self._batches, *self._prefills)
        return sum(holder.nbytes for holder in holders)

    def submit(self, ticket: Ticket) -> None:
        with self._lock:
            self._arrived.append(ticket)
            if self._thread is None:
                self._thread = self._start()

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="batch")
        thread.start()
        return thread

    def _work(self) -> None:
        """No daemon: torch aborts the process if a thread of it is cut off. It ends on exit."""
        torch.set_num_threads(self.checkpoint.threads)
        while threading.main_thread().is_alive() and self.has_work():
            self.round()

    def has_work(self) -> bool:
        """If not, the thread ends, and the next `submit` starts one."""
        with self._lock:
            if not (self._arrived or self._prefills or self._batches or self._admission.waiting):
                self._thread = None
                return False
            return True

    @torch.inference_mode()
    def round(self) -> None:
        """One more token for every row, and one more piece of a prompt."""
        try:
            self._evict_closed()
            self._admit()
            self._step()
            self._prefill()
            self._sample()
        except Exception as error:  # a bug; still, nobody may wait for an answer for ever
            self._fail(self._rows(), error)
            self._prefills.clear()
            self._batches.clear()

    # -- admit ----------------------------------------------------------------------------
    def _admit(self) -> None:
        """Let in whoever has room, and tell the others their place."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
        for ticket in arrived:
            if not ticket.closed:
                self._admission.ask(ticket)
        for ticket in self._admission.admit(self._rows()):
            for row in ticket.rows:
                self._begin(row)

    def _begin(self, row: Row) -> None:
        """A prompt that is just being read isn't read again."""
        same = (p for p in self._prefills if p.keys == row.prompt.keys)
        prefill = next(same, None) or Prefill(
            self.checkpoint, row.prompt, self.prompt_cache, self._tiles
        )
        prefill.rows.append(row)
        if prefill not in self._prefills:
            self._prefills.append(prefill)
        name = self.checkpoint.description.name
        known = prefill.cached_tokens
        row.emit(Started(row.prompt.rendered, name, row.ticket.seconds, known))

    # -- step -----------------------------------------------------------------------------
    def _step(self) -> None:
        """One more token for every row; rows that a failed step belongs to leave the batch."""
        for batch in self._batches:
            while batch.rows and batch.wants_step:
                try:
                    batch.step()
                except Exception as error:
                    self._fail(batch.blame(error), error)

    # -- prefill --------------------------------------------------------------------------
    def _prefill(self) -> None:
        """Read one piece of one prompt; prompts take turns."""
        if not self._prefills:
            return
        prefill = self._prefills[0]
        try:
            prefill.advance(beside=bool(self._batches))
            self._prefills.rotate(-1)
            if prefill.done:
                self._prefills.remove(prefill)
                self._batch_for(prefill).join(prefill)
        except Exception as error:
            self._fail(prefill.rows, error)

    def _batch_for(self, prefill: Prefill) -> Batch:
        """The one batch, or a batch of its own for a model whose caches can't be merged."""
        if not (self._batches and self.checkpoint.splits):
            self._batches.append(Batch(self.checkpoint))
        return self._batches[-1]

    # -- sample, emit, evict --------------------------------------------------------------
    def _sample(self) -> None:
        for batch in self._batches:
            chosen = self._choose(batch)
            for row, (token_id, logprob) in zip(list(batch.rows), chosen, strict=True):
                self._take(row, token_id, logprob)
            batch.keep([row for row in batch.rows if not row.ended])
        self._batches = [batch for batch in self._batches if batch.rows]

    def _choose(self, batch: Batch) -> list[tuple[int, float]]:
        while batch.rows and batch.wants_sample:
            try:
                return batch.sample()
            except Exception as error:
                newest = is_out_of_memory(error)
                self._fail(batch.rows[-1:] if newest else batch.rows, error)
        return []

    def _take(self, row: Row, token_id: int, logprob: float) -> None:
        seconds = row.ticket.seconds
        try:
            if not math.isfinite(logprob):
                raise InvalidInput(NOT_FINITE)
            row.emit(row.take(token_id, logprob, seconds))
            if row.stop_reason:
                row.end(row.finished(seconds))
        except Exception as error:
            self._fail([row], error)

    def _evict_closed(self) -> None:
        """Readers that went away free their rows before the next step."""
        for row in [row for row in self._rows() if row.ticket.is_over(row.lane)]:
            if not row.ticket.closed:  # the others of its run go on
                row.end(Finished("stopped", "", row.ticket.seconds))
            self._remove([row])
        self._admission.remove_closed()

    def _rows(self) -> list[Row]:
        return [row for holder in (*self._batches, *self._prefills) for row in holder.rows]

    def _fail(self, rows: Sequence[Row], error: Exception) -> None:
        """These rows leave; the others go on."""
        if not is_expected(error):
            log.error("A lane failed", exc_info=error)
        for row in rows:
            row.end(Failed(run_sentence(error), row.ticket.seconds))
        self._remove(rows)

    def _remove(self, rows: Sequence[Row]) -> None:
        gone = list(rows)
        for prefill in list(self._prefills):
            prefill.rows = [row for row in prefill.rows if row not in gone]
            if not prefill.rows:
                self._prefills.remove(prefill)
        for batch in self._batches:
            batch.keep([row for row in batch.rows if row not in gone])
