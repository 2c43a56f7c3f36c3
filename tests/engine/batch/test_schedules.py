"""Rows that join and leave at any time give what `generate()` gives each of them alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from core.conversation import Conversation, Image, message
from core.runs.events import Event, Failed, Finished, Queued, Started, Token
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.batch.limits import Limits
from engine.batch.run_handle import RunHandle
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from tests.amounts import amount, every

EXAMPLES = [("Red", "Rot"), ("A blue house by the sea", "Ein blaues Haus am Meer"), ("One", "Eins")]
QUESTIONS = ["Green", "Two", "Tell me a story about a fox and a goose.", "word " * 90]
SYSTEMS = ["", "Translate to German.", "You are a careful clerk. " * 12]
SETTINGS: list[dict[str, Any]] = [
    {"temperature": 0.0},
    {"temperature": 0.0, "repetition_penalty": 1.2},
    {},
    {"temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05},
    {"temperature": 0.1, "top_k": 50, "top_p": 0.1, "repetition_penalty": 1.05},
    {"temperature": 1.4, "top_k": 40},
    {"temperature": 1.2, "top_p": 0.9},
    {"stop": ("e", "th")},
]


class Stepped(Worker):
    """A worker without a thread: the test takes each round itself."""

    def _start(self) -> Any:
        return None


@dataclass
class Visit:
    """A run of one or more lanes that comes at a round, and may go away before it is answered."""

    requests: list[Request]
    comes: int
    goes: int | None


def conversation(chance: random.Random, pictures: Sequence[Image]) -> Conversation:
    """Conversations often begin alike, so that prefixes are shared."""
    turns = [message("system", system)] if (system := chance.choice(SYSTEMS)) else []
    for question, answer in EXAMPLES[: chance.randrange(4)]:
        turns += [message("user", question), message("assistant", answer)]
    images = [chance.choice(pictures)] if pictures and chance.random() < 0.5 else []
    return Conversation((*turns, message("user", chance.choice(QUESTIONS), images)))


def visits(chance: random.Random, pictures: Sequence[Image]) -> list[Visit]:
    """1 to 8 rows in all."""
    planned: list[Visit] = []
    left = chance.randint(1, 8)
    while left:
        lanes = min(left, chance.choice([1, 1, 2, 3]))
        left -= lanes
        alike = conversation(chance, pictures)
        requests = [
            Request(
                lane,
                alike if chance.random() < 0.7 else conversation(chance, pictures),
                SamplingParams(
                    seed=chance.randrange(2**32),
                    max_new_tokens=chance.randint(1, 14),
                    **chance.choice(SETTINGS),
                ),
                chance.choice([VisionBudget(16, 32, False), VisionBudget(16, 40)]),
            )
            for lane in "ABC"[:lanes]
        ]
        goes = chance.randint(1, 20) if chance.random() < 0.2 else None
        planned.append(Visit(requests, chance.randrange(8), goes))
    return planned


class Recorded(RunHandle):
    """Keeps all events, also those that nobody reads any more."""

    def __init__(self, visitor: str) -> None:
        super().__init__(visitor, began=0.0)
        self.lanes: dict[str, list[Event]] = {}

    def emit(self, lane: str, event: Event) -> None:
        self.lanes.setdefault(lane, []).append(event)
        super().emit(lane, event)


def play(worker: Stepped, planned: Sequence[Visit]) -> list[Recorded]:
    """Everybody comes and goes as planned, until all is answered."""
    handles = [Recorded(str(number)) for number in range(len(planned))]
    streams = [
        Stream([Part(worker, visit.requests, handle)], handle.events)
        for visit, handle in zip(planned, handles, strict=True)
    ]
    for turn in range(1000):
        for visit, stream in zip(planned, streams, strict=True):
            if visit.comes == turn:
                stream.start()
            if visit.goes is not None and turn == visit.comes + visit.goes:
                stream.close()
        if worker.has_work():
            worker.round()
        elif turn > max(visit.comes + (visit.goes or 0) for visit in planned):
            return handles
    pytest.fail("some rows never ended")


def check(visit: Visit, handle: Recorded, oracle: Any) -> int:
    """Compares all lanes with the oracle; returns how many tokens were compared."""
    compared = 0
    for request in visit.requests:
        events = handle.lanes.get(request.lane, [])
        ids = [event.token_id for event in events if isinstance(event, Token)]
        wanted = oracle(request)
        assert not [event for event in events if isinstance(event, Failed)]
        assert ids == wanted[: len(ids)]
        if visit.goes is None:
            assert isinstance(events[-1], Finished)
            assert len(ids) == len(wanted)
        compared += len(ids)
    return compared


@pytest.fixture
def stepped(engine_of) -> Callable[..., Stepped]:
    def make(kind: str, limits: Limits) -> Stepped:
        return Stepped(engine_of(kind).worker.checkpoint, limits)

    return make


CACHES = {"off": 0, "small": 200_000, "large": 10**9}
PAIRS = tuple((kind, cache) for kind in ("lfm2", "moe", "vl", "llama") for cache in CACHES)


@pytest.mark.parametrize(("kind", "cache"), every(4, PAIRS))
def test_every_row_of_a_random_schedule_gets_the_tokens_of_generate(
    kind, cache, stepped, oracle_of, picture
) -> None:
    prompt_cache_bytes = CACHES[cache]
    sizes = [(96, 64, "red"), (200, 120, "blue"), (300, 700, "green")]
    pictures = [picture(*size) for size in sizes] if kind == "vl" else []
    answers: dict[Request, list[int]] = {}

    def oracle(request: Request) -> list[int]:
        if request not in answers:
            answers[request] = oracle_of(kind).ids(request)
        return answers[request]

    tokens = cached = queued = 0
    for rows in (8, 3):
        worker = stepped(kind, Limits(rows=rows, prompt_cache_bytes=prompt_cache_bytes))
        for seed in range(amount(2, 7)):
            planned = visits(random.Random(f"{kind} {rows} {seed}"), pictures)
            handles = play(worker, planned)
            for visit, handle in zip(planned, handles, strict=True):
                tokens += check(visit, handle, oracle)
                events = [event for lane in handle.lanes.values() for event in lane]
                cached += sum(e.cached_tokens for e in events if isinstance(e, Started))
                queued += sum(isinstance(event, Queued) for event in events)
            assert worker.live_bytes == 0
            assert worker.prompt_cache.nbytes <= prompt_cache_bytes
    assert tokens > amount(40, 200)
    assert queued
    assert bool(cached) == bool(prompt_cache_bytes)
