"""The engine that runs a checkpoint on this machine."""

from __future__ import annotations

import gc
import logging
import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from time import perf_counter

from core.constraint import Constraint
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
    display_name,
)
from core.runs.events import Failed
from core.runs.scores import Distribution, DistributionEvent, SamplerSteps, ScoreEvent
from core.runs.traces import TOP
from core.runs.verification import VerifyEvent
from core.sampling import SamplingParams
from core.vision import ImageFacts
from core.workspace import Request
from engine.batch.limits import Limits
from engine.batch.reading import distribution, score
from engine.batch.run_handle import RunHandle
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from engine.failures import is_expected, load_sentence
from engine.images.image_files import image_facts, preview
from engine.loading.checkpoint import Checkpoint
from engine.loading.device import free_memory
from engine.loading.folder_loading import load_checkpoint
from engine.loading.progress import Cancelled
from engine.pump import PumpedGenerator, failed
from engine.queued_stream import Events
from engine.sampling.candidates import sampler_steps
from engine.verifying import verification

NO_MODEL = "No model is loaded. Choose one in the model picker, then run."
log = logging.getLogger(__name__)
REPORT_EVERY = 0.1  # seconds


class LocalEngine:
    """Implements `core.runs.engine.Engine`. A run keeps its model, whatever is loaded later.

    device: auto, cpu, cuda, cuda:1, mps. weights: one of `core.runs.engine.WEIGHTS`, used where
    `load` is asked for auto. decode: one of `core.runs.engine.DECODE`.
    huge_pages: as in `load_checkpoint`.
    """

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        weights: str = "auto",
        limits: Limits | None = None,
        decode: str = "auto",
        huge_pages: bool = True,
    ) -> None:
        """model: loaded at once; raises InvalidInput if that fails. None: load one later."""
        self._device = device
        self._weights = weights
        self._decode = decode
        self._huge_pages = huge_pages
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

    @property
    def trouble(self) -> tuple[str, ...]:
        """Loading says what fails."""
        return ()

    @property
    def starting(self) -> None:
        """It has started when it is made."""

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        began = perf_counter()
        events: Events = queue.SimpleQueue()
        by_model: dict[str, list[Request]] = {}
        for request in requests:
            by_model.setdefault(request.model, []).append(request)
        parts = [
            Part(self._worker_of(model), asked, RunHandle(visitor, began, events))
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
            f"{display_name(model)} is not in memory. Load it as a second model, then run; or let "
            "this lane use the one in use."
        )

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        worker = self._worker_of(request.model)
        if isinstance(worker, str):
            raise InvalidInput(worker)
        built = worker.checkpoint.prompting.build(
            request.conversation, request.budget, request.template_options
        )
        return built.rendered

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        worker = self._worker_of(request.model)
        if isinstance(worker, str):
            return failed(worker)
        return PumpedGenerator(verification(worker.checkpoint, request, token_ids))

    def check_constraint(self, constraint: Constraint) -> float | None:
        return self.worker.checkpoint.constraints.check(constraint) if self.worker else None

    def score(
        self, request: Request, continuation: str | Sequence[int], whole: bool = True,
        visitor: str = "",
    ) -> Readable[ScoreEvent]:  # fmt: skip
        return score(self._worker_of(request.model), request, continuation, whole, visitor)

    def distribution(
        self, request: Request, ids: Sequence[int], visitor: str = ""
    ) -> Readable[DistributionEvent]:
        return distribution(self._worker_of(request.model), request, ids, visitor)

    def sampler_steps(
        self, found: Distribution, params: SamplingParams, top: int = TOP,
        about: Sequence[int] = (),
    ) -> SamplerSteps:  # fmt: skip
        worker = self._worker_of(found.model)
        if isinstance(worker, str):
            raise InvalidInput(worker)
        return sampler_steps(found, params, top, about, worker.checkpoint.prompting.text_of)

    def image_info(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    def load(
        self, model: str, weights: str = "auto", alongside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        began = perf_counter()
        weights = self._weights if weights == "auto" else weights
        job = _Job(model, self._device, weights, self._decode, self._huge_pages)
        return self._follow(job, began, alongside)

    def _follow(self, job: _Job, began: float, alongside: bool) -> Generator[LoadEvent, None, None]:
        """Passes on the job's progress about ten times a second; closing cancels the job."""
        threading.Thread(target=job.run, name=f"load {job.model}", daemon=True).start()
        try:
            ended = False
            while not ended:
                step, share = job.progress
                yield Loading(step, share, perf_counter() - began)
                ended = job.ended.wait(REPORT_EVERY)
            if job.checkpoint is not None:
                checkpoint = self._named(job.checkpoint) if alongside else job.checkpoint
                with self._loading:
                    if self._put(Worker(checkpoint, self.limits), alongside):
                        gc.collect()  # a model refers to itself; this looks at all there is: 0.3 s
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

    def _put(self, worker: Worker, alongside: bool) -> bool:
        """In use, alone; or in addition to the one in use, in the place of what else was there.
        Whether a model has left.
        """
        used = self.worker
        new = worker.checkpoint.description.model
        kept = [used] if alongside and used and used.checkpoint.description.model != new else []
        before = len(self._workers)
        self._workers = {w.checkpoint.description.model: w for w in (*kept, worker)}
        return before > len(kept)

    def _share_memory(self) -> None:
        """Give all models in memory equal parts of what is free after their weights."""
        workers = list(self._workers.values())
        free = free_memory(workers[0].checkpoint.model.device)
        free += sum(worker.kept_bytes for worker in workers)
        for worker in workers:
            worker.bound(*self.limits.of(free, len(workers)))


class _Job:
    """Loads in a thread of its own. After `ended` either checkpoint or failure is set."""

    def __init__(
        self, model: str, device: str, weights: str, decode: str, huge_pages: bool
    ) -> None:
        self.model = model
        self._device = device
        self._weights = weights
        self._decode = decode
        self._huge_pages = huge_pages
        self.progress: tuple[str, float | None] = ("Looking for the model", None)
        self.checkpoint: Checkpoint | None = None
        self.failure = f"Loading {model} was stopped. Load it again."
        self.ended = threading.Event()
        self.cancelled = threading.Event()

    def run(self) -> None:
        try:
            self.checkpoint = load_checkpoint(
                self.model,
                self._device,
                self._weights,
                self._decode,
                self._huge_pages,
                self._step,
                self._check,
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
