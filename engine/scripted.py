"""An engine without a model, for browser tests, pictures and work on the page. Imports no torch."""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Generator, Iterator, Sequence
from time import perf_counter

from core.conversation import Image, Text
from core.engine import Loaded, LoadEvent, Loading, ModelDescription
from core.errors import InvalidInput
from core.events import Event, Failed, Finished, Started, StopReason, Token
from core.prompt import PromptToken, RenderedPrompt
from core.workspace import Request
from engine.failures import no_such_model
from engine.scripted_replies import LONG_TOKENS, reply
from engine.stopping import HeldBack

SPECIAL = {
    "<|startoftext|>": 1, "<|im_start|>": 6, "<|im_end|>": 7,
    "<image>": 396, "<|image_start|>": 498, "<|image_end|>": 499,
}  # fmt: skip
CONTROL = re.compile("|".join(map(re.escape, SPECIAL)))
PIECE = re.compile(r" ?\w+|\s+|[^\w\s]")
END = SPECIAL["<|im_end|>"]
CONTEXT_LENGTH = 32_768
SLOW = 2.0  # tokens per second
LOAD_STEPS = 10


class ScriptedEngine:
    """Implements `core.engine.Engine`; answers are those of `scripted_replies`.

    In a user message `!fail` makes the lane fail after three tokens, `!slow` gives two tokens a
    second, `!long` 600 tokens, `!markdown` headings, lists, code and raw HTML. tokens_per_second:
    of each lane. An id with "missing" in it can't be loaded.
    """

    def __init__(self, model: str = "scripted", tokens_per_second: float = 40.0) -> None:
        self._description = _describe(model)
        self._tokens_per_second = tokens_per_second
        self._never = threading.Event()

    @property
    def description(self) -> ModelDescription:
        return self._description

    def stream(self, requests: Sequence[Request]) -> Generator[tuple[str, Event], None, None]:
        return self._events(requests, perf_counter())

    def _events(
        self, requests: Sequence[Request], began: float
    ) -> Generator[tuple[str, Event], None, None]:
        lanes: list[tuple[str, Iterator[Event]]] = []
        for request in requests:
            try:
                prompt = self.render(request)
            except InvalidInput as error:
                yield request.lane, Failed(str(error), perf_counter() - began)
                continue
            yield request.lane, Started(prompt, self._description.name, perf_counter() - began)
            lanes.append((request.lane, _answer(request, prompt, began)))
        slow = any("!slow" in _asked(request) for request in requests)
        pace = 1 / (SLOW if slow else self._tokens_per_second)
        while lanes:
            self._never.wait(pace)
            for lane in list(lanes):
                label, events = lane
                event = next(events)
                yield label, event
                if isinstance(event, Finished | Failed):
                    lanes.remove(lane)

    def render(self, request: Request) -> RenderedPrompt:
        """ChatML like LFM2's; words are tokens, an image is as many as its smallest budget."""
        if not request.conversation.messages:
            raise InvalidInput("There is no message to send. Write a user message.")
        tokens = [*_template("<|startoftext|>")]
        neutralised: dict[str, None] = {}
        last = len(request.conversation.messages) - 1
        for place, turn in enumerate(request.conversation.messages):
            tokens += _template(f"<|im_start|>{turn.role}\n")
            for part in turn.parts:
                if isinstance(part, Image):
                    tokens += _image(request.budget.min_image_tokens, place)
                elif isinstance(part, Text):
                    neutralised.update(dict.fromkeys(CONTROL.findall(part.text)))
                    tokens += [_ordinary(piece, place) for piece in PIECE.findall(part.text)]
            if place != last or turn.role != "assistant":
                tokens += _template("<|im_end|>\n")
        if request.conversation.prefill is None:
            tokens += _template("<|im_start|>assistant\n")
        text = "".join(token.text for token in tokens)
        return RenderedPrompt(text, tuple(tokens), CONTEXT_LENGTH, tuple(neutralised))

    def load(self, model: str) -> Generator[LoadEvent, None, None]:
        """Takes about a second."""
        began = perf_counter()
        for done in range(LOAD_STEPS):
            self._never.wait(0.1)
            step = "Downloading" if done < LOAD_STEPS // 2 else "Reading the weights"
            yield Loading(step, done / LOAD_STEPS, perf_counter() - began)
            if "missing" in model:
                yield Failed(no_such_model(model), perf_counter() - began)
                return
        self._description = _describe(model)
        yield Loaded(self._description, perf_counter() - began)


def _describe(model: str) -> ModelDescription:
    return ModelDescription(
        model=model, architecture="Scripted", parameters=0, dtype="none", device="cpu",
        memory_bytes=0, context_length=CONTEXT_LENGTH, reads_images=True, load_seconds=0.0,
    )  # fmt: skip


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
        yield Token(_id(piece), shown, _logprob(piece), perf_counter() - began)
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


def _template(text: str) -> list[PromptToken]:
    pieces = re.findall(f"{CONTROL.pattern}|{PIECE.pattern}", text)
    return [
        PromptToken(SPECIAL[piece], piece, special=True)
        if piece in SPECIAL
        else PromptToken(_id(piece), piece)
        for piece in pieces
    ]


def _ordinary(piece: str, place: int) -> PromptToken:
    return PromptToken(_id(piece), piece, message=place)


def _image(count: int, place: int) -> list[PromptToken]:
    names = ("<|image_start|>", *("<image>",) * count, "<|image_end|>")
    return [
        PromptToken(SPECIAL[name], name, place, special=True, image=name == "<image>")
        for name in names
    ]


def _id(piece: str) -> int:
    """Stable, from 1,000 to 65,535, so that it is never a control token's."""
    return 1000 + zlib.crc32(piece.encode()) % 64_536


def _logprob(piece: str) -> float:
    return -(zlib.crc32(piece.encode()) % 200 + 1) / 100
