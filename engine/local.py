"""The engine that runs a checkpoint on this machine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Sequence
from time import perf_counter

from core.engine import EventStream, Loaded, LoadEvent, Loading, ModelDescription
from core.errors import InvalidInput
from core.events import Event, Failed
from core.prompt import RenderedPrompt
from core.workspace import Request
from engine.checkpoint import Checkpoint
from engine.failures import is_expected, load_sentence
from engine.limits import Limits
from engine.loading import load_checkpoint
from engine.progress import Cancelled
from engine.streaming import Stream
from engine.ticket import Ticket
from engine.worker import Worker

NO_MODEL = "No model is loaded. Choose one in the model picker, then run."
log = logging.getLogger(__name__)
REPORT_EVERY = 0.1  # seconds


class LocalEngine:
    """Implements `core.engine.Engine`. A run keeps the model it began with, whatever is loaded.

    device: auto, cpu, cuda, cuda:1, mps. weights: one of `core.engine.WEIGHTS`, used where
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
        self._worker: Worker | None = None
        if model is not None:
            for event in self.load(model):
                if isinstance(event, Failed):
                    raise InvalidInput(event.message)

    @property
    def worker(self) -> Worker | None:
        """What answers with the model in use."""
        return self._worker

    @property
    def description(self) -> ModelDescription | None:
        return self._worker.checkpoint.description if self._worker else None

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        began = perf_counter()
        worker = self._worker
        if worker is None:
            return _no_model(requests, began)
        return Stream(worker, requests, Ticket(visitor, began))

    def render(self, request: Request) -> RenderedPrompt:
        if self._worker is None:
            raise InvalidInput(NO_MODEL)
        prompting = self._worker.checkpoint.prompting
        return prompting.build(request.conversation, request.budget).rendered

    def load(self, model: str, weights: str = "auto") -> Generator[LoadEvent, None, None]:
        began = perf_counter()
        job = _Job(model, self._device, self._weights if weights == "auto" else weights)
        return self._follow(job, began)

    def _follow(self, job: _Job, began: float) -> Generator[LoadEvent, None, None]:
        """Passes on the job's progress about ten times a second; closing cancels the job."""
        threading.Thread(target=job.run, name=f"load {job.model}", daemon=True).start()
        try:
            ended = False
            while not ended:
                step, share = job.progress
                yield Loading(step, share, perf_counter() - began)
                ended = job.ended.wait(REPORT_EVERY)
            if job.checkpoint is not None:
                self._worker = Worker(job.checkpoint, self.limits)
                yield Loaded(job.checkpoint.description, perf_counter() - began)
            else:
                yield Failed(job.failure, perf_counter() - began)
        finally:
            job.cancelled.set()


def _no_model(
    requests: Sequence[Request], began: float
) -> Generator[tuple[str, Event], None, None]:
    for request in requests:
        yield request.lane, Failed(NO_MODEL, perf_counter() - began)


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
