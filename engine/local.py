"""The engine that runs a checkpoint on this machine."""

from __future__ import annotations

import gc
import logging
import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from time import perf_counter

from core.conversation import Image
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import (
    EventStream,
    Loaded,
    LoadEvent,
    Loading,
    ModelDescription,
    Readable,
    name_of,
)
from core.runs.events import Failed
from core.runs.verification import VerifyEvent
from core.vision import ImageFacts
from core.workspace import Request
from engine.batch.limits import Limits
from engine.batch.run_handle import Events, Ticket
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from engine.failures import is_expected, load_sentence
from engine.images.image_files import image_facts, preview
from engine.loading.checkpoint import Checkpoint
from engine.loading.device import free_memory
from engine.loading.folder_loading import load_checkpoint
from engine.loading.progress import Cancelled
from engine.pump import PumpedGenerator
from engine.verifying import Verification

NO_MODEL = "No model is loaded. Choose one in the model picker, then run."
log = logging.getLogger(__name__)
REPORT_EVERY = 0.1  # seconds


class LocalEngine:
    """Implements `core.runs.engine.Engine`. A run keeps its model, whatever is loaded later.

    device: auto, cpu, cuda, cuda:1, mps. weights: one of `core.runs.engine.WEIGHTS`, used where
    `load` is asked for auto.
    """

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        weights: str = "auto",
        limits: Limits | None = None,
    ) -> None:
        """model: loaded at once; raises InvalidInput if that fails. None: load one later."""
        self._device = device
        self._weights = weights
        self.limits = limits or Limits()
        self._workers: dict[str, Worker] = {}  # the one in use first
        self._loading = threading.Lock()
        if model is not None:
            for event in self.load(model):
                if isinstance(event, Failed):
                    raise InvalidInput(event.message)

    @property
    def worker(self) -> Worker | None:
        """What answers with the model in use."""
        return next(iter(self._workers.values()), None)

    @property
    def description(self) -> ModelDescription | None:
        return next(iter(self.models), None)

    @property
    def models(self) -> tuple[ModelDescription, ...]:
        return tuple(worker.checkpoint.description for worker in self._workers.values())

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        began = perf_counter()
        events: Events = queue.SimpleQueue()
        by_model: dict[str, list[Request]] = {}
        for request in requests:
            by_model.setdefault(request.model, []).append(request)
        parts = [
            Part(self._worker_of(model), asked, Ticket(visitor, began, events))
            for model, asked in by_model.items()
        ]
        return Stream(parts, events)

    def _worker_of(self, model: str) -> Worker | str:
        """What answers for that model, empty for the one in use; or a sentence."""
        if not self._workers:
            return NO_MODEL
        known = self._workers.get(model) or next(
            (w for w in self._workers.values() if w.checkpoint.description.name == model), None
        )
        worker = known if model else self.worker
        return worker or (
            f"{name_of(model)} is not in memory. Load it beside the model in use, then run; or let "
            "this lane use the one in use."
        )

    def render(self, request: Request) -> RenderedPrompt:
        worker = self._worker_of(request.model)
        if isinstance(worker, str):
            raise InvalidInput(worker)
        return worker.checkpoint.prompting.build(request.conversation, request.budget).rendered

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        worker = self._worker_of(request.model)
        if isinstance(worker, str):
            return PumpedGenerator(event for event in (Failed(worker, 0.0),))
        return Verification(worker.checkpoint, request, token_ids)

    def look(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    def load(
        self, model: str, weights: str = "auto", beside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        began = perf_counter()
        job = _Job(model, self._device, self._weights if weights == "auto" else weights)
        return self._follow(job, began, beside)

    def _follow(self, job: _Job, began: float, beside: bool) -> Generator[LoadEvent, None, None]:
        """Passes on the job's progress about ten times a second; closing cancels the job."""
        threading.Thread(target=job.run, name=f"load {job.model}", daemon=True).start()
        try:
            ended = False
            while not ended:
                step, share = job.progress
                yield Loading(step, share, perf_counter() - began)
                ended = job.ended.wait(REPORT_EVERY)
            if job.checkpoint is not None:
                checkpoint = self._named(job.checkpoint) if beside else job.checkpoint
                with self._loading:
                    self._put(Worker(checkpoint, self.limits), beside)
                    self._share_memory()
                yield Loaded(checkpoint.description, perf_counter() - began)
            else:
                yield Failed(job.failure, perf_counter() - began)
        finally:
            job.cancelled.set()

    def _named(self, checkpoint: Checkpoint) -> Checkpoint:
        """Under a name of its own, where its folder is called as that of the one in use."""
        used, new = self.description, checkpoint.description
        if used is None or used.name != new.name or used.model == new.model:
            return checkpoint
        return replace(checkpoint, description=replace(new, alias=f"{new.name} (2)"))

    def _put(self, worker: Worker, beside: bool) -> None:
        """In use, alone; or beside the one in use, in the place of what else was there."""
        used = self.worker
        new = worker.checkpoint.description.model
        kept = [used] if beside and used and used.checkpoint.description.model != new else []
        self._workers = {w.checkpoint.description.model: w for w in (*kept, worker)}

    def _share_memory(self) -> None:
        """Give all models in memory equal parts of what is free beside their weights."""
        gc.collect()  # models that are in memory no more
        workers = list(self._workers.values())
        free = free_memory(workers[0].checkpoint.model.device)
        free += sum(worker.kept_bytes for worker in workers)
        for worker in workers:
            worker.bound(*self.limits.of(free, len(workers)))


class _Job:
    """Loads in a thread of its own. After `ended` either checkpoint or failure is set."""

    def __init__(self, model: str, device: str, weights: str) -> None:
        self.model = model
        self._device = device
        self._weights = weights
        self.progress: tuple[str, float | None] = ("Looking for the model", None)
        self.checkpoint: Checkpoint | None = None
        self.failure = f"Loading {model} was stopped. Load it again."
        self.ended = threading.Event()
        self.cancelled = threading.Event()

    def run(self) -> None:
        try:
            self.checkpoint = load_checkpoint(
                self.model, self._device, self._weights, self._step, self._check
            )
        except Cancelled:
            log.info("Loading %s was cancelled", self.model)
        except Exception as error:
            self.failure = load_sentence(error, self.model)
            log.warning(self.failure, exc_info=None if is_expected(error) else error)
        finally:
            self.ended.set()

    def _step(self, step: str, share: float | None) -> None:
        self.progress = (step, share)

    def _check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled
