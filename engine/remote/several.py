"""An engine over others: the models of this machine's memory and those of any number of servers.

Each request of a run goes to the engine that has its model, so one comparison can hold them all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from time import perf_counter, sleep

from core.constraint import Constraint
from core.conversation import Image
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import (
    Engine,
    EventStream,
    Loaded,
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
from engine.pump import failed
from engine.remote.answer import Answer
from engine.remote.kind import Reader
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_stream import RemoteStream

LaneEvent = tuple[str, Event]
REPORT_EVERY = 0.1  # seconds
READ_EVERY = 0.005
MOST_SECONDS = 8.0
NOT_YET = "The servers have not answered yet. Try again in a few seconds."
NO_SERVER = "No model is known yet. Add a server, or start with --server."
NO_LOCAL = "This page was started without models of its own. Start it without --model none."


class SeveralEngines:
    """Implements `core.runs.engine.Engine`. local: None for servers only. servers: may become
    others. failed: why there is no local engine. most_seconds: that the first load waits for
    servers.
    """

    def __init__(
        self,
        local: Engine | None,
        servers: Iterable[RemoteEngine],
        failed: str = "",
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self._local = local
        self._servers = servers
        self._used = ""  # the name of a server's model in use; empty for the local one
        self._failed = failed  # why there is no local model
        self._asked = False
        self._most_seconds = most_seconds

    @property
    def models(self) -> Sequence[ModelDescription]:
        """Whoever looks has servers asked again whose last answer is old."""
        found = list(self._local.models) if self._local else []
        for server in self._servers:
            server.look()
            found += server.models
        return sorted(found, key=lambda model: model.name != self._used)

    @property
    def description(self) -> ModelDescription | None:
        return next(iter(self.models), None)

    @property
    def starting(self) -> None:
        """It has started when it is made."""

    @property
    def trouble(self) -> Sequence[str]:
        local = "" if self._local and self._local.models else self._failed
        told = [sentence for server in self._servers for sentence in server.trouble]
        return [local, *told] if local else told

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        asked: dict[int, tuple[Engine, list[Request]]] = {}
        refused: list[Request] = []
        for request in requests:
            try:
                engine, there = self._sent(request)
            except InvalidInput:
                refused.append(request)
            else:
                asked.setdefault(id(engine), (engine, []))[1].append(there)
        parts = [(engine.stream(those, visitor), those) for engine, those in asked.values()]
        if refused:
            nowhere = RemoteStream(refused, self._refuse, self._description_of, "")
            parts.append((nowhere, refused))
        # Servers begin at once; the local engine builds its prompts first.
        parts.sort(key=lambda part: not isinstance(part[0], RemoteStream))
        return parts[0][0] if len(parts) == 1 else SeveralStreams(parts)

    def _sent(self, request: Request) -> tuple[Engine, Request]:
        """Which engine answers, and what it is asked for. Raises InvalidInput."""
        used = self.description
        name = request.model or (used.name if used else "")
        for server in self._servers:
            if any(name == model.name for model in server.models):
                return server, replace(request, model=name)
        if self._local and (not name or self._is_local(name)):
            return self._local, request
        told = " ".join(self.trouble)
        raise InvalidInput(
            f"{f'The model {name}' if name else 'A model'} is neither in memory nor on a server. "
            f"{told}{' ' if told else ''}Choose another model, or run again when it is available."
        )

    def _is_local(self, name: str) -> bool:
        return bool(self._local) and any(name in (m.name, m.model) for m in self._local.models)

    def _refuse(self, request: Request) -> tuple[Answer, Reader]:
        self._sent(request)
        raise InvalidInput("The model is available again. Run again.")

    def _description_of(self, name: str) -> ModelDescription:
        return next(model for model in self.models if model.name == name)

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        engine, there = self._sent(request)
        return engine.render(there, wait)

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        try:
            engine, there = self._sent(request)
        except InvalidInput as error:
            return failed(str(error))
        return engine.verify(there, token_ids)

    def check_constraint(self, constraint: Constraint) -> float | None:
        return self._local.check_constraint(constraint) if self._local else None

    def score(
        self, request: Request, continuation: str | Sequence[int], whole: bool = True,
        visitor: str = "",
    ) -> Readable[ScoreEvent]:  # fmt: skip
        try:
            engine, there = self._sent(request)
        except InvalidInput as error:
            return failed(str(error))
        return engine.score(there, continuation, whole, visitor)

    def distribution(
        self, request: Request, ids: Sequence[int], visitor: str = ""
    ) -> Readable[DistributionEvent]:
        try:
            engine, there = self._sent(request)
        except InvalidInput as error:
            return failed(str(error))
        return engine.distribution(there, ids, visitor)

    def sampler_steps(
        self, found: Distribution, params: SamplingParams, top: int = TOP,
        about: Sequence[int] = (),
    ) -> SamplerSteps:  # fmt: skip
        if self._local is None:
            raise InvalidInput(NO_LOCAL)
        return self._local.sampler_steps(found, params, top, about)

    def image_info(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    # -- loading ---------------------------------------------------------------------------------
    def load(
        self, model: str, weights: str = "auto", alongside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        """A server's model is in memory there already; loading it means using it."""
        began = perf_counter()
        if not self._asked:
            yield from self._ask(began)
        far = next((m for m in self.models if m.server and model == m.name), None)
        if far is None and self._local is not None:
            yield from self._load_here(self._local, model, weights, alongside)
            return
        far = far or (self.description if not model else None)
        if far is None:
            told = " ".join(self.trouble)
            nothing = told or (NOT_YET if any(True for _ in self._servers) else NO_SERVER)
            why = (self._failed or NO_LOCAL) if model else nothing
            yield Failed(why, perf_counter() - began)
            return
        if not alongside:
            self._used = far.name
        yield Loaded(far, perf_counter() - began)

    def _load_here(
        self, local: Engine, model: str, weights: str, alongside: bool
    ) -> Generator[LoadEvent, None, None]:
        with closing(local.load(model, weights, alongside)) as events:
            for event in events:
                if isinstance(event, Failed):
                    self._failed = event.message
                if isinstance(event, Loaded) and not alongside:
                    self._used = ""
                yield event

    def _ask(self, began: float) -> Iterator[LoadEvent]:
        """All servers at once. Those that take longer come later."""
        threads = [threading.Thread(target=one.ask, daemon=True) for one in self._servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and perf_counter() - began < self._most_seconds:
                yield Loading("Asking the servers", None, perf_counter() - began)
                thread.join(REPORT_EVERY)
        self._asked = True


class SeveralStreams(Iterator[LaneEvent]):
    """Several streams as one; implements `core.runs.engine.EventStream`."""

    def __init__(self, parts: Sequence[tuple[EventStream, Sequence[Request]]]) -> None:
        self._open = [stream for stream, _ in parts]
        self._parts = tuple(self._open)
        self._of_lane = {one.lane: stream for stream, those in parts for one in those}
        self._ready: deque[LaneEvent] = deque()
        self._closed = False

    def start(self) -> None:
        for stream in self._parts:
            stream.start()

    def drain(self) -> tuple[list[LaneEvent], bool]:
        items: list[LaneEvent] = []
        for stream in () if self._closed else tuple(self._open):
            new, ended = stream.drain()
            items += new
            if ended:
                self._open.remove(stream)
        return items, self._closed or not self._open

    def __next__(self) -> LaneEvent:
        self.start()
        while not self._closed:
            if self._ready:
                return self._ready.popleft()
            items, ended = self.drain()
            self._ready.extend(items)
            if ended and not items:
                break
            if not items:
                sleep(READ_EVERY)
        raise StopIteration

    def stop(self, lane: str) -> None:
        if stream := self._of_lane.get(lane):
            stream.stop(lane)

    def close(self) -> None:
        self._closed = True
        for stream in self._parts:
            stream.close()
