"""An engine without a model, for browser tests, pictures and work on the page. Imports no torch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

from core.constraint import Constraint
from core.conversation import Image
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities, cannot, within
from core.runs.engine import (
    WEIGHTS,
    EventStream,
    Loaded,
    LoadEvent,
    Loading,
    ModelDescription,
    Readable,
    display_name,
)
from core.runs.events import Event, Failed, Finished, Queued, Started, Token
from core.runs.scores import Distribution, DistributionEvent, SamplerSteps, ScoreEvent
from core.runs.traces import TOP
from core.runs.verification import VerifyEvent, Verifying, cannot_verify, compared
from core.sampling import SamplingParams
from core.template_options import TemplateOption
from core.vision import ImageFacts, VisionBudget
from core.workspace import Request
from engine.failures import no_such_model
from engine.images.image_files import image_facts, preview
from engine.pump import Pumped, PumpedGenerator, failed
from engine.scripted.scripted_answers import END, answer, asked_by
from engine.scripted.scripted_candidates import OTHERS, sampler_steps
from engine.scripted.scripted_prompt import (
    CONTEXT_LENGTH,
    SeenPrompts,
    render,
)
from engine.scripted.scripted_scores import distribution, scoring

SLOW = 2.0  # tokens per second
LOAD_STEPS = 10
QUEUE_SECONDS = 0.6  # at each place
ALL = Capabilities(
    prefill=True, images=True, exact_prompt=True, logprobs=True, candidates=len(OTHERS) + 1,
    tools=True, seeds=True, verification=True, scores=True, distributions=True, beginnings=True,
    ends=frozenset({END}), template_options=(TemplateOption("enable_thinking", "boolean", True),),
)  # fmt: skip


class ScriptedEngine:
    """Implements `core.runs.engine.Engine`; answers are those of `scripted_replies`.

    In a user message `!fail` makes the lane fail after three tokens, `!slow` gives two tokens a
    second, `!long` 600 tokens, `!markdown` headings, lists, code and raw HTML; a message that
    begins with `!say` what it says; `!think` a thought
    first, `!opened` one whose tag stands in the prompt; `!queue` lets it wait 1.2 seconds, at place
    2 and then 1. With tools it calls the first one, and passes on what a tool turn says. Without
    `enable_thinking` the prompt closes an empty thought, as Qwen's does, and the answer has none.
    capabilities: it plays an engine that can no more than these, and keeps to them; by default one
    that can do all but constraints.
    tokens_per_second: of each lane. tells_cached: nothing is cached, but it tells what would be. An
    id with "missing" in it can't be loaded.
    """

    def __init__(
        self,
        model: str = "scripted",
        tokens_per_second: float = 40.0,
        tells_cached: bool = True,
        capabilities: Capabilities = ALL,
    ) -> None:
        self._can = capabilities
        self._description = self._describe(model)
        self._alongside: tuple[ModelDescription, ...] = ()
        self.tokens_per_second = tokens_per_second
        self._texts: dict[int, str] = {}  # of the tokens that were given out
        self._seen = SeenPrompts() if tells_cached else None
        self._never = threading.Event()

    @property
    def description(self) -> ModelDescription:
        return self._description

    @property
    def models(self) -> tuple[ModelDescription, ...]:
        return (self._description, *self._alongside)

    @property
    def trouble(self) -> tuple[str, ...]:
        """Nothing can be missing."""
        return ()

    @property
    def starting(self) -> None:
        """It has started when it is made."""

    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream:
        began = perf_counter()
        return ScriptedStream(lambda stream: self._events(requests, began, stream))

    def _events(
        self, requests: Sequence[Request], began: float, stream: ScriptedStream
    ) -> Generator[tuple[str, Event], None, None]:
        requests = [self._sent(request) for request in requests]
        prompts: dict[str, RenderedPrompt] = {}
        for request in requests:
            try:
                prompts[request.lane] = render(request)
            except InvalidInput as error:
                yield request.lane, Failed(str(error), perf_counter() - began)
        if any("!queue" in asked_by(request) for request in requests):
            for place in (2, 1):
                for lane in prompts:
                    yield lane, Queued(place, perf_counter() - began)
                if stream.closed.wait(QUEUE_SECONDS):
                    return
        seen = self._seen
        cached = {lane: seen.cached(prompt) if seen else 0 for lane, prompt in prompts.items()}
        names = {one.lane: display_name(one.model) or self._description.name for one in requests}
        for lane, prompt in prompts.items():
            if seen:
                seen.add(prompt)
            shown, seconds = prompt if self._can.exact_prompt else None, perf_counter() - began
            yield lane, Started(shown, names[lane], seconds, cached[lane], self._can)
        lanes = [
            (request.lane, answer(request, prompts[request.lane], self._texts, began))
            for request in requests
            if request.lane in prompts
        ]
        slow = any("!slow" in asked_by(request) for request in requests)
        pace = 1 / (SLOW if slow else self.tokens_per_second)
        while lanes:
            if stream.closed.wait(pace):
                return
            for lane in list(lanes):
                label, events = lane
                if label in stream.stopped:
                    lanes.remove(lane)
                    yield label, Finished("stopped", "", perf_counter() - began)
                    continue
                event = next(events)
                yield label, self._known(event)
                if isinstance(event, Finished | Failed):
                    lanes.remove(lane)

    def _sent(self, request: Request) -> Request:
        """What the model is given of it: what it can't do is left out."""
        return within(request, self._can)

    def _known(self, event: Event) -> Event:
        """An event with what an engine of these capabilities would know."""
        if not isinstance(event, Token):
            return event
        if event.token_id is not None and event.text:
            self._texts[event.token_id] = event.text
        return replace(
            event,
            token_id=event.token_id if self._can.exact_prompt else None,
            logprob=event.logprob if self._can.logprobs else None,
            trace=event.trace if self._can.candidates else None,
        )

    def render(self, request: Request, wait: bool = True) -> RenderedPrompt:
        if not self._can.exact_prompt:
            raise InvalidInput(
                f"{self._description.name} doesn't report its prompt, so its tokens can't be "
                "counted "
                "before a run."
            )
        return render(self._sent(request))

    def verify(self, request: Request, token_ids: Sequence[int]) -> Readable[VerifyEvent]:
        """Derives the answer anew from its script, at the engine's pace."""
        return PumpedGenerator(self._verifying(request, token_ids))

    def _verifying(
        self, request: Request, token_ids: Sequence[int]
    ) -> Generator[VerifyEvent, None, None]:
        began = perf_counter()
        if not self._can.verification:
            yield Failed(cannot_verify(self._description.name), 0.0)
            return
        request = self._sent(request)
        ids: list[int] = []
        for event in answer(request, render(request), self._texts, began):
            if isinstance(event, Failed):
                yield event
                return
            if isinstance(event, Token) and event.token_id is not None:
                ids.append(event.token_id)
                if event.given:
                    continue
                self._never.wait(
                    1 / (SLOW if "!slow" in asked_by(request) else 10 * self.tokens_per_second)
                )
                yield Verifying(len(ids), len(token_ids), perf_counter() - began)
        seconds = perf_counter() - began
        yield compared(token_ids, ids, lambda i: self._texts.get(i, ""), seconds)

    def check_constraint(self, constraint: Constraint) -> float | None:
        """It compiles nothing, so all is well with any."""
        return 0.0 if self._can.constraints else None

    def score(
        self, request: Request, continuation: str | Sequence[int], whole: bool = True,
        visitor: str = "",
    ) -> Readable[ScoreEvent]:  # fmt: skip
        request, name = self._sent(request), self._description.name
        if not self._can.scores:
            return failed(cannot(name, "score text"))
        pace = 1 / self.tokens_per_second
        return PumpedGenerator(scoring(request, continuation, whole, name, self._texts, pace))

    def distribution(
        self, request: Request, ids: Sequence[int], visitor: str = ""
    ) -> Readable[DistributionEvent]:
        name = self._description.name
        if not self._can.distributions:
            return failed(cannot(name, "report a distribution"))
        return PumpedGenerator(distribution(self._sent(request), tuple(ids), name, self._texts))

    def sampler_steps(
        self, found: Distribution, params: SamplingParams, top: int = TOP,
        about: Sequence[int] = (),
    ) -> SamplerSteps:  # fmt: skip
        return sampler_steps(found, params, top, about, self._texts)

    def image_info(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    def load(
        self, model: str, weights: str = "auto", alongside: bool = False
    ) -> Generator[LoadEvent, None, None]:
        """Takes about a second. There are no weights, whatever they are to be kept as."""
        began = perf_counter()
        if weights not in WEIGHTS:
            yield Failed(
                f"weights is {weights!r}; use one of {', '.join(WEIGHTS)}.", perf_counter() - began
            )
            return
        for done in range(LOAD_STEPS):
            self._never.wait(0.1)
            step = "Downloading" if done < LOAD_STEPS // 2 else "Reading the weights"
            yield Loading(step, done / LOAD_STEPS, perf_counter() - began)
            if "missing" in model:
                yield Failed(no_such_model(model), perf_counter() - began)
                return
        loaded = self._describe(model)
        if alongside and model != self._description.model:
            self._alongside = (loaded,)
        else:
            self._description, self._alongside = loaded, ()
        yield Loaded(loaded, perf_counter() - began)

    def _describe(self, model: str) -> ModelDescription:
        return ModelDescription(
            model=model, context_length=CONTEXT_LENGTH, capabilities=self._can,
            architecture="Scripted", device="cpu", load_seconds=0.0,
            budget=VisionBudget() if self._can.images else None,
        )  # fmt: skip


class ScriptedStream(Pumped[tuple[str, Event]]):
    """Events as `make` gives them, which looks at `closed` and `stopped` while it waits."""

    def __init__(self, make: Callable[[ScriptedStream], Iterator[tuple[str, Event]]]) -> None:
        self.closed = threading.Event()
        self.stopped: set[str] = set()
        self._events = make(self)

    def __next__(self) -> tuple[str, Event]:
        if self.closed.is_set():
            raise StopIteration
        return next(self._events)

    def stop(self, lane: str) -> None:
        self.stopped.add(lane)

    def close(self) -> None:
        self.closed.set()
