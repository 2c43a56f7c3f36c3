"""The loop: one thread that owns the model, and one batch that all runs share.

Each round: evict -> admit -> step -> prefill -> sample -> emit.

What raises fails the rows it belongs to; what belongs to all rows of a batch, its newest row. A row
that ended is passed over everywhere until it is evicted.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch

from core.errors import InvalidInput
from core.runs.events import Failed, Finished, Started
from engine.batch.admission import Admission, check_length
from engine.batch.batch import Batch
from engine.batch.limits import TILE_SHARE, Limits
from engine.batch.prefill import Prefill
from engine.batch.prompt_cache import PromptCache
from engine.batch.row import Row, live
from engine.batch.run_handle import Ticket
from engine.failures import is_expected, run_sentence
from engine.images.image_embeddings import TileStore
from engine.loading.checkpoint import Checkpoint
from engine.loading.device import free_memory

log = logging.getLogger(__name__)
NOT_FINITE = (
    "The model gave numbers that are not finite, so no token can be chosen. "
    "Try float32 weights, or another model."
)
GAVE_UP = (
    "An internal error stopped all runs ({}). The terminal shows where; run again, or load the "
    "model anew."
)


class Worker:
    """Answers tickets with one checkpoint. `submit` may be called from any thread.

    The thread lives while there is work; between runs only the prompt cache is kept.
    """

    def __init__(self, checkpoint: Checkpoint, limits: Limits) -> None:
        self.checkpoint = checkpoint
        self._row_limit = limits.rows
        self._lock = threading.Lock()
        self._arrived: list[Ticket] = []
        self._thread: threading.Thread | None = None
        self._bounds = limits.of(free_memory(checkpoint.model.device))
        self._clear()

    def _clear(self) -> None:
        """Nobody is answered and nothing is kept."""
        self._tickets: list[Ticket] = []
        self._prefills: deque[Prefill] = deque()
        self._batches: list[Batch] = []
        self._admission = Admission(self._row_limit, 0, self.checkpoint.bytes_per_token)
        self.prompt_cache = PromptCache(0)
        self._tiles = TileStore(0)
        self._apply_bounds()

    def bound(self, batch_bytes: int, prompt_cache_bytes: int) -> None:
        """Change the limits. Runs that have their place keep it.

        What is kept beyond them goes at once, or while runs are answered with the next piece.
        """
        with self._lock:
            self._bounds = batch_bytes, prompt_cache_bytes
            self._apply_bounds()
            if self._thread is None:
                self.prompt_cache.shrink()
                self._tiles.shrink()

    def _apply_bounds(self) -> None:
        self._admission.batch_bytes, kept = self._bounds
        tiles = int(kept * TILE_SHARE) if self.checkpoint.description.capabilities.images else 0
        self.prompt_cache.limit_bytes, self._tiles.limit_bytes = kept - tiles, tiles

    @property
    def live_bytes(self) -> int:
        """Of the caches of all rows that are being answered."""
        holders = (*self._batches, *self._prefills)
        return sum(holder.nbytes for holder in holders)

    @property
    def kept_bytes(self) -> int:
        """Of prompts and tiles that are kept after their answers."""
        return self.prompt_cache.nbytes + self._tiles.nbytes

    def submit(self, ticket: Ticket) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = self._start()
            self._arrived.append(ticket)

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="batch")
        thread.start()
        return thread

    def _work(self) -> None:
        """No daemon: torch aborts the process if a thread of it is cut off. It ends on exit."""
        try:
            torch.set_num_threads(self.checkpoint.threads)
            while threading.main_thread().is_alive() and self._goes_on():
                self.round()
        except BaseException as error:
            self._give_up(error, ends=True)

    def has_work(self) -> bool:
        return bool(self._arrived or self._tickets)

    def _goes_on(self) -> bool:
        """If not, the thread ends, and the next `submit` starts one."""
        with self._lock:
            if not self.has_work():
                self._thread = None
            return self._thread is not None

    @torch.inference_mode()
    def round(self) -> None:
        """One more token for every row, and one more piece of a prompt."""
        try:
            arrived = self._take_arrived()
            self._evict_closed()
            self._admit(arrived)
            self._step()
            self._prefill()
            self._sample()
            self._evict()
        except BaseException as error:  # a bug; still, nobody may wait for an answer for ever
            self._give_up(error)

    # -- admit ----------------------------------------------------------------------------
    def _take_arrived(self) -> list[Ticket]:
        with self._lock:
            arrived, self._arrived = self._arrived, []
            self._tickets = [*self._tickets, *arrived]
        return arrived

    def _admit(self, arrived: Sequence[Ticket]) -> None:
        """Let in whoever has room, and tell the others their place."""
        for ticket in arrived:
            for row in ticket.rows:
                with self._failing([row]):
                    check_length(row)
            with self._failing(ticket.rows):
                self._admission.ask(ticket)
        try:
            admitted = self._admission.admit(self._rows())
        except Exception as error:
            self._fail(self._waiting(), error)
            return
        for row in [row for ticket in admitted for row in ticket.rows]:
            with self._failing([row]):
                self._begin(row)
        for place, ticket in enumerate(self._admission.queue, start=1):
            with self._failing(ticket.rows):
                ticket.move_to(place)

    def _begin(self, row: Row) -> None:
        """A prompt that is just being read isn't read again."""
        same = (p for p in self._prefills if p.keys == row.prompt.keys)
        prefill = next(same, None) or Prefill(
            self.checkpoint, row.prompt, self.prompt_cache, self._tiles
        )
        prefill.rows.append(row)
        if prefill not in self._prefills:
            self._prefills.append(prefill)
        model, known = self.checkpoint.description, prefill.cached_tokens
        seconds = row.ticket.seconds
        row.emit(Started(row.prompt.rendered, model.name, seconds, known, model.capabilities))

    # -- step -----------------------------------------------------------------------------
    def _step(self) -> None:
        for batch in self._batches:
            self._together(batch, batch.step)

    def _together(self, batch: Batch, act: Callable[[], Any]) -> Any:
        """What `act` gives for the live rows, without those that fail. None: all have failed."""
        while rows := live(batch.rows):
            try:
                batch.keep(rows)
                return act()
            except Exception as error:
                self._fail(batch.blame(error), error)
        return None

    # -- prefill --------------------------------------------------------------------------
    def _prefill(self) -> None:
        """Read one piece of one prompt; prompts take turns."""
        if not self._prefills:
            return
        prefill = self._prefills[0]
        self._prefills.rotate(-1)
        with self._failing(prefill.rows):
            prefill.advance(beside=bool(self._batches))
            if prefill.done:
                self._batch_for(prefill).join(prefill)
                self._prefills.remove(prefill)

    def _batch_for(self, prefill: Prefill) -> Batch:
        """The one batch, or a batch of its own for a model whose caches can't be merged."""
        if not (self._batches and self.checkpoint.splits):
            self._batches.append(Batch(self.checkpoint))
        return self._batches[-1]

    # -- sample and emit ------------------------------------------------------------------
    def _sample(self) -> None:
        for batch in self._batches:
            if chosen := self._together(batch, batch.sample):
                for row, (token_id, logprob) in zip(batch.rows, chosen, strict=True):
                    with self._failing([row]):
                        self._take(row, token_id, logprob)

    def _take(self, row: Row, token_id: int, logprob: float) -> None:
        seconds = row.ticket.seconds
        if not math.isfinite(logprob):
            raise InvalidInput(NOT_FINITE)
        row.emit(row.take(token_id, logprob, seconds))
        if row.stop_reason:
            row.end(row.finished(seconds))

    # -- evict ----------------------------------------------------------------------------
    def _evict_closed(self) -> None:
        """Lanes that nobody waits for end before the next step, also those in the queue."""
        rows = [row for ticket in self._tickets for row in ticket.rows]
        for row in [row for row in rows if row.ticket.is_over(row.lane)]:
            if row.ticket.closed:
                row.ended = True
            else:  # the others of its run go on
                with self._failing([row]):
                    row.end(Finished("stopped", "", row.ticket.seconds))
        self._evict()

    def _evict(self) -> None:
        """Forget rows that ended; batches with others drop theirs in `_together`."""
        for holder in (*self._tickets, *self._prefills):
            holder.rows = live(holder.rows)
        self._tickets = [ticket for ticket in self._tickets if ticket.rows]
        self._prefills = deque(prefill for prefill in self._prefills if prefill.rows)
        self._batches = [batch for batch in self._batches if live(batch.rows)]
        queue = self._admission.queue
        queue.remove([ticket for ticket in queue if not ticket.rows])

    def _rows(self) -> list[Row]:
        """Those that have room, until their answer ends."""
        return [row for holder in (*self._batches, *self._prefills) for row in live(holder.rows)]

    def _waiting(self) -> list[Row]:
        """Those that have none yet."""
        begun = self._rows()
        return [row for ticket in self._tickets for row in ticket.rows if row not in begun]

    # -- failures -------------------------------------------------------------------------
    @contextmanager
    def _failing(self, rows: Sequence[Row]) -> Iterator[None]:
        """These rows fail where the body raises; the others go on."""
        try:
            yield
        except Exception as error:
            self._fail(rows, error)

    def _fail(self, rows: Sequence[Row], error: Exception) -> None:
        if not is_expected(error):
            log.error("A lane failed", exc_info=error)
        self._tell(rows, run_sentence(error))
        self._evict()

    def _give_up(self, error: BaseException, ends: bool = False) -> None:
        """The last resort: all runs fail and everything begins anew. ends: so does the thread."""
        with self._lock:
            tickets = [*self._tickets, *self._arrived]
            self._arrived = []
            self._clear()
            if ends:
                self._thread = None
        for ticket in tickets:
            self._tell(ticket.rows, GAVE_UP.format(type(error).__name__))
        log.critical("All runs failed", exc_info=error)

    def _tell(self, rows: Sequence[Row], sentence: str) -> None:
        for row in live(rows):
            row.ended = True
            try:
                row.end(Failed(sentence, row.ticket.seconds))
            except BaseException as error:
                with suppress(BaseException):
                    row.ticket.close()  # which ends the wait, too
                log.error("A lane can't be told that it failed", exc_info=error)
