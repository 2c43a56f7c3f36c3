"""An engine that is made and loads its first model while the page is open already.

Importing torch and reading weights take seconds, in which a page can be looked at and written in.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from time import perf_counter, sleep

from core.constraint import Constraint
from core.conversation import Image
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import (
    Engine,
    EventStream,
    LoadEvent,
    Loading,
    ModelDescription,
    Readable,
)
from core.runs.events import Event, Failed
from core.runs.scores import Distribution, DistributionEvent, SamplerSteps, ScoreEvent
from core.runs.traces import TOP
from core.runs.verification import VerifyEvent
from core.sampling import SamplingParams
from core.vision import ImageFacts
from core.workspace import Request
from engine.images.image_files import image_facts, preview
from engine.pump import Pumped, failed

log = logging.getLogger(__name__)
REPORT_EVERY = 0.1  # seconds
# Python's 5 ms are what each answer of the page waits for again and again while torch is imported.
SWITCH_SECONDS = 0.0005


class StartingEngine:
    """Runs that are asked for meanwhile begin when the model is there.

    make: returns the engine; raises InvalidInput where it can't be made, and then there is none.
    report: is given each event of the loading.
    """

    def __init__(
        self, make: Callable[[], Engine], model: str, report: Callable[[LoadEvent], None]
    ) -> None:
        self._make = make
        self._model = model
        self._report = report
        self._engine: Engine | None = None
        self._began = perf_counter()
        self._last: LoadEvent = Loading("Starting", None, 0.0)
        self._started = threading.Event()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, name="starting", daemon=True).start()

    def _run(self) -> None:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            engine = self._make()
            for event in engine.load(self._model):
                if not isinstance(event, Loading):
                    self._engine = engine
                self._tell(event)
        except InvalidInput as error:
            self._tell(Failed(str(error), perf_counter() - self._began))
        except Exception as error:  # a bug; the page must not wait for ever
            log.exception("The engine failed to start")
            sentence = f"The engine failed to start: {type(error).__name__}. See the log."
            self._tell(Failed(sentence, perf_counter() - self._began))
        finally:
            sys.setswitchinterval(usual)
            self._started.set()

    def _tell(self, event: LoadEvent) -> None:
        self._last = event
        self._report(event)

    # -- the engine ------------------------------------------------------------------------------
    @property
    def starting(self) -> LoadEvent | None:
        """How far it is, or why it failed; None once the first model is there."""
        return None if self.models else self._last

    @property
    def description(self) -> ModelDescription | None:
        return self._engine.description if self._engine else None

    @property
    def models(self) -> Sequence[ModelDescription]:
        return self._engine.models if self._engine else ()

    @property
    def trouble(self) -> Sequence[str]:
        return self._engine.trouble if self._engine else ()

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        return (
            self._engine.stream(requests, visitor)
            if self._engine
            else _Waiting(self._wait, requests, visitor)
        )

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        if self._engine:
            return self._engine.render(request, wait)
        raise InvalidInput(self._sentence)

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        if self._engine:
            return self._engine.verify(request, token_ids)
        return failed(self._sentence)

    def check_constraint(self, constraint: Constraint) -> float | None:
        return self._engine.check_constraint(constraint) if self._engine else None

    def score(
        self, request: Request, continuation: str | Sequence[int], whole: bool = True,
        visitor: str = "",
    ) -> Readable[ScoreEvent]:  # fmt: skip
        if self._engine:
            return self._engine.score(request, continuation, whole, visitor)
        return failed(self._sentence)

    def distribution(
        self, request: Request, ids: Sequence[int], visitor: str = ""
    ) -> Readable[DistributionEvent]:
        if self._engine:
            return self._engine.distribution(request, ids, visitor)
        return failed(self._sentence)

    def sampler_steps(
        self, found: Distribution, params: SamplingParams, top: int = TOP,
        about: Sequence[int] = (),
    ) -> SamplerSteps:  # fmt: skip
        if self._engine:
            return self._engine.sampler_steps(found, params, top, about)
        raise InvalidInput(self._sentence)

    def image_info(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    def load(
        self, model: str, weights: str = "auto", alongside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        while not self._started.wait(REPORT_EVERY):
            yield self._last
        if self._engine is None:
            yield self._last
            return
        yield from self._engine.load(model, weights, alongside)

    @property
    def _sentence(self) -> str:
        if isinstance(self._last, Failed):
            return self._last.message
        return "The model is still loading. Wait until it is in memory."

    def _wait(self, closed: threading.Event) -> Engine | str | None:
        """The engine, or why there is none; None where it was closed before."""
        while not self._started.wait(REPORT_EVERY):
            if closed.is_set():
                return None
        return self._engine or self._sentence


class _Waiting(Pumped[tuple[str, Event]]):
    """The events of a run that begins when the engine is there."""

    def __init__(
        self,
        wait: Callable[[threading.Event], Engine | str | None],
        requests: Sequence[Request],
        visitor: str,
    ) -> None:
        self._wait = wait
        self._requests = requests
        self._visitor = visitor
        self._closed = threading.Event()
        self._stopped: set[str] = set()
        self._stream: EventStream | None = None
        self._events = self._run()

    def __next__(self) -> tuple[str, Event]:
        return next(self._events)

    def _run(self) -> Iterator[tuple[str, Event]]:
        engine = self._wait(self._closed)
        if isinstance(engine, str):
            for request in self._requests:
                yield request.lane, Failed(engine, 0.0)
        elif engine:
            self._stream = engine.stream(self._requests, self._visitor)
            for lane in tuple(self._stopped):  # another thread may add one
                self._stream.stop(lane)
            if self._closed.is_set():
                self._stream.close()
            yield from self._stream

    def stop(self, lane: str) -> None:
        self._stopped.add(lane)
        if self._stream:
            self._stream.stop(lane)

    def close(self) -> None:
        self._closed.set()
        if self._stream:
            self._stream.close()


def started(engine: Engine) -> Engine:
    """Waits until it has its first model. Raises InvalidInput where there is none."""
    if isinstance(engine, StartingEngine):
        engine.start()
    while isinstance(last := engine.starting, Loading):
        sleep(REPORT_EVERY)
    if isinstance(last, Failed):
        raise InvalidInput(last.message)
    return engine
