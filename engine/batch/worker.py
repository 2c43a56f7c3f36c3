"""The loop: one thread that owns the model, and one batch that all runs share.

Each round: evict -> admit -> step -> prefill -> sample -> emit.

What raises fails the rows it belongs to; what belongs to all rows of a batch, its newest row. A row
that ended is passed over everywhere until it is evicted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch

from core.runs.events import Failed, Finished, Started
from engine.batch.admission import Admission, check_length
from engine.batch.batch import Batch
from engine.batch.limits import TILE_SHARE, Limits
from engine.batch.member import Member, live
from engine.batch.prefill import Prefill
from engine.batch.prompt_cache import PromptCache
from engine.batch.run_handle import RunHandle
from engine.failures import is_expected, run_sentence
from engine.images.image_embeddings import TileStore
from engine.loading.checkpoint import Checkpoint
from engine.loading.device import free_memory

log = logging.getLogger(__name__)
GAVE_UP = (
    "An internal error stopped all runs ({}). The terminal shows where; run again, or load the "
    "model anew."
)


class Worker:
    """Answers handles with one checkpoint. `submit` may be called from any thread.

    The thread lives while there is work; between runs only the prompt cache is kept.
    """

    def __init__(self, checkpoint: Checkpoint, limits: Limits) -> None:
        self.checkpoint = checkpoint
        self._row_limit = limits.rows
        self._lock = threading.Lock()
        self._arrived: list[RunHandle] = []
        self._thread: threading.Thread | None = None
        self._bounds = limits.of(free_memory(checkpoint.model.device))
        self._clear()

    def _clear(self) -> None:
        """Nobody is answered and nothing is kept."""
        self._handles: list[RunHandle] = []
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
        """Bytes of the caches of all rows that are being answered."""
        holders = (*self._batches, *self._prefills)
        return sum(holder.nbytes for holder in holders)

    @property
    def kept_bytes(self) -> int:
        """Bytes of prompts and tiles that are kept after their answers."""
        return self.prompt_cache.nbytes + self._tiles.nbytes

    def submit(self, handle: RunHandle) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = self._start()
            self._arrived.append(handle)

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
        return bool(self._arrived or self._handles)

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
    def _take_arrived(self) -> list[RunHandle]:
        with self._lock:
            arrived, self._arrived = self._arrived, []
            self._handles = [*self._handles, *arrived]
        return arrived

    def _admit(self, arrived: Sequence[RunHandle]) -> None:
        """Let in whoever has room, and tell the others their place."""
        for handle in arrived:
            for row in handle.rows:
                with self._failing([row]):
                    check_length(row)
            with self._failing(handle.rows):
                self._admission.ask(handle)
        try:
            admitted = self._admission.admit(self._rows())
        except Exception as error:
            self._fail(self._waiting(), error)
            return
        for row in [row for handle in admitted for row in handle.rows]:
            with self._failing([row]):
                self._begin(row)
        for place, handle in enumerate(self._admission.queue, start=1):
            with self._failing(handle.rows):
                handle.move_to(place)

    def _begin(self, row: Member) -> None:
        """A prompt that is just being read isn't read again."""
        alike = (p for p in self._prefills if p.keys == row.prompt.keys and p.scores is None)
        same = next(alike, None) if row.scored_from is None else None
        prefill = same or Prefill(
            self.checkpoint, row.prompt, self.prompt_cache, self._tiles, row.scored_from
        )
        prefill.rows.append(row)
        if prefill not in self._prefills:
            self._prefills.append(prefill)
        model, known = self.checkpoint.description, prefill.cached_tokens
        seconds = row.handle.seconds
        row.begin(Started(row.prompt.rendered, model.name, seconds, known, model.capabilities))

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
            prefill.advance(others_decode=bool(self._batches))
        for member in live(prefill.rows):
            with self._failing([member]):
                member.advanced(prefill)
        with self._failing(prefill.rows):
            if prefill.done and prefill in self._prefills:
                self._join(prefill)
                self._prefills.remove(prefill)

    def _join(self, prefill: Prefill) -> None:
        """Its rows start to answer; who only asked about the prompt has gone."""
        prefill.rows = live(prefill.rows)
        if prefill.rows:
            self._batch_for(prefill).join(prefill)

    def _batch_for(self, prefill: Prefill) -> Batch:
        """The one batch, or a batch of its own for a model whose caches can't be merged."""
        if not (self._batches and self.checkpoint.splits):
            self._batches.append(Batch(self.checkpoint))
        return self._batches[-1]

    # -- sample and emit ------------------------------------------------------------------
    def _sample(self) -> None:
        for batch in self._batches:
            if chosen := self._together(batch, batch.sample):
                for row, told in zip(batch.rows, chosen, strict=True):
                    with self._failing([row]):
                        row.advance(told)

    # -- evict ----------------------------------------------------------------------------
    def _evict_closed(self) -> None:
        """Lanes that nobody waits for end before the next step, also those in the queue."""
        rows = [row for handle in self._handles for row in handle.rows]
        for row in [row for row in rows if row.handle.is_over(row.lane)]:
            if row.handle.closed:
                row.ended = True
            else:  # the others of its run go on
                with self._failing([row]):
                    row.end(Finished("stopped", "", row.handle.seconds, row.incomplete))
        self._evict()

    def _evict(self) -> None:
        """Forget rows that ended; batches with others drop theirs in `_together`."""
        for holder in (*self._handles, *self._prefills):
            holder.rows = live(holder.rows)
        self._handles = [handle for handle in self._handles if handle.rows]
        self._prefills = deque(prefill for prefill in self._prefills if prefill.rows)
        self._batches = [batch for batch in self._batches if live(batch.rows)]
        queue = self._admission.queue
        queue.remove([handle for handle in queue if not handle.rows])

    def _rows(self) -> list[Member]:
        """Those that have room, until their answer ends."""
        return [row for holder in (*self._batches, *self._prefills) for row in live(holder.rows)]

    def _waiting(self) -> list[Member]:
        """Those that have none yet."""
        begun = self._rows()
        return [row for handle in self._handles for row in handle.rows if row not in begun]

    # -- failures -------------------------------------------------------------------------
    @contextmanager
    def _failing(self, rows: Sequence[Member]) -> Iterator[None]:
        """These rows fail where the body raises; the others go on."""
        try:
            yield
        except Exception as error:
            self._fail(rows, error)

    def _fail(self, rows: Sequence[Member], error: Exception) -> None:
        if not is_expected(error):
            log.error("A lane failed", exc_info=error)
        self._tell(rows, run_sentence(error))
        self._evict()

    def _give_up(self, error: BaseException, ends: bool = False) -> None:
        """The last resort: all runs fail and everything begins anew. ends: so does the thread."""
        with self._lock:
            handles = [*self._handles, *self._arrived]
            self._arrived = []
            self._clear()
            if ends:
                self._thread = None
        for handle in handles:
            self._tell(handle.rows, GAVE_UP.format(type(error).__name__))
        log.critical("All runs failed", exc_info=error)

    def _tell(self, rows: Sequence[Member], sentence: str) -> None:
        for row in live(rows):
            row.ended = True
            try:
                row.end(Failed(sentence, row.handle.seconds))
            except BaseException as error:
                with suppress(BaseException):
                    row.handle.close()  # which ends the wait, too
                log.error("A lane can't be told that it failed", exc_info=error)
