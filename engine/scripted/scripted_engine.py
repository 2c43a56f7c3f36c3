"""An engine without a model, for browser tests, pictures and work on the page. Imports no torch."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from time import perf_counter

from core.conversation import Image
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities, within
from core.runs.engine import (
    WEIGHTS,
    EventStream,
    Loaded,
    LoadEvent,
    Loading,
    ModelDescription,
    Readable,
    name_of,
)
from core.runs.events import Event, Failed, Finished, Queued, Started, StopReason, Token
from core.runs.verification import VerifyEvent, Verifying, cannot_verify, compared
from core.vision import ImageFacts, VisionBudget
from core.workspace import Request
from engine.failures import no_such_model
from engine.images.image_files import image_facts, preview
from engine.pump import Pumped, PumpedGenerator
from engine.sampling.stopping import HeldBack
from engine.scripted.scripted_candidates import OTHERS, inspected
from engine.scripted.scripted_prompt import (
    CONTEXT_LENGTH,
    PIECE,
    SPECIAL,
    SeenPrompts,
    render,
    token_id,
)
from engine.scripted.scripted_replies import LONG_TOKENS, reply

END = SPECIAL["<|im_end|>"]
SLOW = 2.0  # tokens per second
LOAD_STEPS = 10
QUEUE_SECONDS = 0.6  # at each place
ALL = Capabilities(
    prefill=True, images=True, exact_prompt=True, logprobs=True, candidates=len(OTHERS) + 1,
    tools=True, seeds=True, verification=True,
)  # fmt: skip


class ScriptedEngine:
    """Implements `core.runs.engine.Engine`; answers are those of `scripted_replies`.

    In a user message `!fail` makes the lane fail after three tokens, `!slow` gives two tokens a
    second, `!long` 600 tokens, `!markdown` headings, lists, code and raw HTML; `!think` a thought
    first, `!opened` one whose tag stands in the prompt; `!queue` lets it wait 1.2 seconds, at place
    2 and then 1. With tools it calls the first one, and passes on what a tool turn says.
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
        self._beside: tuple[ModelDescription, ...] = ()
        self._tokens_per_second = tokens_per_second
        self._texts: dict[int, str] = {}  # of the tokens that were given out
        self._seen = SeenPrompts() if tells_cached else None
        self._never = threading.Event()

    @property
    def description(self) -> ModelDescription:
        return self._description

    @property
    def models(self) -> tuple[ModelDescription, ...]:
        return (self._description, *self._beside)

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
        if any("!queue" in _asked(request) for request in requests):
            for place in (2, 1):
                for lane in prompts:
                    yield lane, Queued(place, perf_counter() - began)
                if stream.closed.wait(QUEUE_SECONDS):
                    return
        seen = self._seen
        cached = {lane: seen.cached(prompt) if seen else 0 for lane, prompt in prompts.items()}
        names = {one.lane: name_of(one.model) or self._description.name for one in requests}
        for lane, prompt in prompts.items():
            if seen:
                seen.add(prompt)
            told, seconds = prompt if self._can.exact_prompt else None, perf_counter() - began
            yield lane, Started(told, names[lane], seconds, cached[lane], self._can)
        lanes = [
            (request.lane, self._lane(request, prompts[request.lane], began))
            for request in requests
            if request.lane in prompts
        ]
        slow = any("!slow" in _asked(request) for request in requests)
        pace = 1 / (SLOW if slow else self._tokens_per_second)
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
                yield label, self._told(event)
                if isinstance(event, Finished | Failed):
                    lanes.remove(lane)

    def _lane(self, request: Request, prompt: RenderedPrompt, began: float) -> Iterator[Event]:
        if request.inspection:
            return inspected(request, reply(request), self._texts, began)
        return _answer(request, prompt, began)

    def _sent(self, request: Request) -> Request:
        """What the model is given of it: what it can't do is left out."""
        return within(request, self._can)

    def _told(self, event: Event) -> Event:
        """An event with what an engine of these capabilities would know."""
        if not isinstance(event, Token):
            return event
        if event.token_id is not None:
            self._texts[event.token_id] = event.text
        return replace(
            event,
            token_id=event.token_id if self._can.exact_prompt else None,
            logprob=event.logprob if self._can.logprobs else None,
            candidates=event.candidates if self._can.candidates else (),
        )

    def render(self, request: Request) -> RenderedPrompt:
        if not self._can.exact_prompt:
            raise InvalidInput(
                f"{self._description.name} doesn't tell its prompt, so its tokens can't be counted "
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
        for event in _answer(request, render(request), began):
            if isinstance(event, Failed):
                yield event
                return
            if isinstance(event, Token) and event.token_id is not None:
                ids.append(event.token_id)
                self._never.wait(
                    1 / (SLOW if "!slow" in _asked(request) else 10 * self._tokens_per_second)
                )
                yield Verifying(len(ids), len(token_ids), perf_counter() - began)
        seconds = perf_counter() - began
        yield compared(token_ids, ids, lambda i: self._texts.get(i, ""), seconds)

    def look(self, image: Image) -> ImageFacts:
        return image_facts(image)

    def preview(self, image: Image, longest_side: int) -> bytes:
        return preview(image, longest_side)

    def load(
        self, model: str, weights: str = "auto", beside: bool = False
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
        if beside and model != self._description.model:
            self._beside = (loaded,)
        else:
            self._description, self._beside = loaded, ()
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


def _answer(request: Request, prompt: RenderedPrompt, began: float) -> Iterator[Event]:
    """The lane's tokens and its last event, one at each `next`."""
    params, asked = request.params, _asked(request)
    held = HeldBack(params.stop, prompt.text)
    pieces = PIECE.findall(reply(request))
    if "!long" in asked:
        pieces = pieces[:LONG_TOKENS]
    text = ""
    for count, piece in enumerate(pieces, start=1):
        if "!fail" in asked and count > 3:
            yield Failed("The script was asked to fail. Remove !fail.", perf_counter() - began)
            return
        text += piece
        stopped = any(string in text for string in params.stop)
        shown = held.end(piece, True) if stopped else held.push(piece)
        yield Token(token_id(piece), shown, _logprob(piece), perf_counter() - began)
        if stopped or count == params.max_new_tokens:
            reason: StopReason = "stop_string" if stopped else "max_new_tokens"
            rest = "" if stopped else held.end("", False)
            yield Finished(reason, rest, perf_counter() - began)
            return
    yield Token(END, "", -0.01, perf_counter() - began)
    yield Finished("end_of_sequence", held.end("", False), perf_counter() - began)


def _asked(request: Request) -> str:
    messages = request.conversation.messages
    return next((turn.text for turn in reversed(messages) if turn.role == "user"), "")


def _logprob(piece: str) -> float:
    return -(zlib.crc32(piece.encode()) % 200 + 1) / 100
