"""Each part of the loop raises once: its own lanes fail, no other notices, and the loop goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

import engine.batch.worker
from core.runs.events import Event, Failed, Finished, Token
from core.workspace import Request
from engine.batch.admission import Admission
from engine.batch.batch import Batch
from engine.batch.limits import Limits
from engine.batch.native_cache import OwnCache
from engine.batch.prefill import Prefill
from engine.batch.prompt_cache import PromptCache
from engine.batch.row import Row
from engine.batch.row_cache import RowCache
from engine.batch.run_handle import RunHandle
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from engine.sampling.sampler import Sampler
from tests.amounts import every
from tests.engine.batch.test_schedules import Recorded, Stepped, Visit, play
from tests.waiting import until

COMES = 3  # the round in which C and D come; A and B, another visitor's, come in the first
LENGTHS = {"A": 14, "B": 12, "C": 4, "D": 8}
ALL = {"A", "B", "C", "D"}


class Bug(Exception):
    """What no part of the engine knows."""


class Once:
    """Makes a part raise at its first call for which `when` holds."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: Any, name: str, error: Any = Bug) -> None:
        self.raised = 0
        self.when: Callable[..., bool] = lambda *args: True
        self.times = 1
        part = getattr(owner, name)

        def raising(*args: Any, **options: Any) -> Any:
            if self.raised < self.times and self.when(*args):
                self.raised += 1
                raise error(f"{name} raises")
            return part(*args, **options)

        patch.setattr(owner, name, raising)


def asked(worker: Worker, lane: str) -> bool:
    return any(row.lane == lane for handle in worker._handles for row in handle.rows)


def decodes(worker: Worker, lane: str) -> bool:
    return any(row.lane == lane for batch in worker._batches for row in batch.rows)


def emits(lane: str, kind: type) -> Callable[..., bool]:
    return lambda worker, row, event: row.lane == lane and isinstance(event, kind)


def comes(worker: Worker, *args: Any) -> bool:
    return asked(worker, "C")


def is_in(worker: Worker, *args: Any) -> bool:
    return decodes(worker, "D")


def leaves_others_with_d(worker: Worker, batch: Batch, rows: Sequence[int]) -> bool:
    """A row leaves while D, the newest, is in the batch."""
    return is_in(worker) and len(rows) < len(batch.rows)


Fault = tuple[
    Any, str, Callable[..., bool], set[str]
]  # which raises, when, and the lanes that fail
READING: list[Fault] = [
    (Prefill, "__init__", comes, {"C"}),
    (Prefill, "advance", comes, {"C"}),
    (PromptCache, "find", comes, {"C"}),
    (PromptCache, "add", comes, {"C"}),
    (Batch, "join", comes, {"C"}),
    (RowCache, "join", comes, {"C"}),
    (Sampler, "join", comes, {"C"}),
    (Admission, "ask", comes, {"C", "D"}),
    (Admission, "admit", comes, {"C", "D"}),
]
TOGETHER: list[Fault] = [  # no lane fails alone, so it is the newest
    (Batch, "step", is_in, {"D"}),
    (RowCache, "make_room", is_in, {"D"}),
    (RowCache, "save", is_in, {"D"}),
    (RowCache, "advance", is_in, {"D"}),
    (Batch, "keep", leaves_others_with_d, {"D"}),
    (RowCache, "keep", is_in, {"D"}),
    (Sampler, "keep", is_in, {"D"}),
    (Batch, "sample", is_in, {"D"}),
    (Sampler, "choose", is_in, {"D"}),
]
TELLING: list[Fault] = [
    (Row, "emit", emits("C", Event), {"C"}),
    (Row, "emit", emits("C", Token), {"C"}),
    (Row, "emit", emits("C", Finished), {"C"}),
    (Row, "advance", lambda worker, row, *told: row.lane == "D", {"D"}),
    (RunHandle, "emit", lambda worker, handle, lane, event: lane == "D", {"D"}),
]
LAST_RESORT: list[Fault] = [
    (Worker, "_evict_closed", comes, ALL),
    (Worker, "_evict", is_in, ALL),
    (Worker, "_sample", is_in, ALL),
]


def name(part: Fault) -> str:
    return f"{part[0].__name__}.{part[1]}"


@pytest.fixture(scope="module")
def alone(oracle_of) -> Callable[[str, Request], list[int]]:
    """What a model gives a lane alone."""
    return cache(lambda kind, request: oracle_of(kind).ids(request))


@pytest.fixture(scope="module")
def requests(ask, alone) -> Callable[..., dict[str, Request]]:
    """A request for each lane, with seeds that let it have its full length."""

    def make(kind: str, prompts: str = "ABCD") -> dict[str, Request]:
        for seed in range(0, 4000, 4):
            made = {
                lane: ask(f"Lane {prompt}", lane, seed=seed + place, max_new_tokens=tokens)
                for place, ((lane, tokens), prompt) in enumerate(
                    zip(LENGTHS.items(), prompts, strict=True)
                )
            }
            if all(len(alone(kind, made[lane])) == LENGTHS[lane] for lane in made):
                return made
        pytest.fail("every answer ends early")

    return make


def visits(asked_for: dict[str, Request], others: bool) -> list[Visit]:
    mine = Visit([asked_for["C"], asked_for["D"]], COMES, None)
    return [Visit([asked_for["A"], asked_for["B"]], 0, None), mine] if others else [mine]


def failed(handles: list[Recorded]) -> set[str]:
    ends = {lane: events[-1] for handle in handles for lane, events in handle.lanes.items()}
    assert all(isinstance(end, Failed | Finished) for end in ends.values())
    return {lane for lane, end in ends.items() if isinstance(end, Failed)}


def ids(events: list[Event]) -> list[int]:
    return [event.token_id for event in events if isinstance(event, Token)]


def check(
    kind: str, part: Fault, others: bool, asked_for: dict[str, Request], engines: Any
) -> None:
    """The lanes that fail are those of the part; all else is as `generate()` gives it."""
    engine_of, alone, patch = engines
    worker = Stepped(engine_of(kind).worker.checkpoint, Limits())
    wanted = {lane: alone(kind, request) for lane, request in asked_for.items()}
    owner, method, when, failing = part
    once = Once(patch, owner, method)
    once.when = lambda *args: when(worker, *args)
    handles = play(worker, visits(asked_for, others))
    assert once.raised == 1
    lanes = {lane: events for handle in handles for lane, events in handle.lanes.items()}
    assert failed(handles) == failing & set(lanes)
    for lane in set(lanes) - failing:
        assert ids(lanes[lane]) == wanted[lane]
    for lane in failing & set(lanes):
        assert ids(lanes[lane]) == wanted[lane][: len(ids(lanes[lane]))]
    assert worker.live_bytes == 0
    again = play(worker, visits(asked_for, True))
    assert not failed(again)
    for handle in again:
        for lane, events in handle.lanes.items():
            assert ids(events) == wanted[lane]
    assert worker.live_bytes == 0


@pytest.mark.parametrize("others", every(2, (True, False)), ids="beside others: {}".format)
@pytest.mark.parametrize("part", READING + TOGETHER + TELLING + LAST_RESORT, ids=name)
def test_what_raises_fails_the_lanes_it_belongs_to(
    part, others, requests, engine_of, alone, monkeypatch
) -> None:
    check("lfm2", part, others, requests("lfm2"), (engine_of, alone, monkeypatch))


def first_is(lane: str) -> Callable[..., bool]:
    return lambda worker, batch, *args: batch.rows[0].lane == lane


OWN: list[Fault] = [
    (Prefill, "__init__", comes, {"C"}),
    (Prefill, "advance", comes, {"C"}),
    (Batch, "join", comes, {"C"}),
    (OwnCache, "join", comes, {"C"}),
    (Batch, "step", first_is("C"), {"C"}),
    (Batch, "sample", first_is("D"), {"D"}),
]


@pytest.mark.parametrize("part", OWN, ids=name)
def test_the_same_holds_for_prompts_with_batches_of_their_own(
    part, requests, engine_of, alone, monkeypatch
) -> None:
    check("mistral", part, True, requests("mistral"), (engine_of, alone, monkeypatch))


SHARED: list[Fault] = [
    (Batch, "keep", leaves_others_with_d, {"D"}),
    (OwnCache, "keep", is_in, {"D"}),
    (OwnCache, "advance", is_in, {"C", "D"}),  # a step that can't be undone
    (Sampler, "choose", is_in, {"D"}),
]


@pytest.mark.parametrize("part", SHARED, ids=name)
def test_lanes_of_one_prompt_with_a_batch_of_their_own_fail_together_only_where_they_must(
    part, requests, engine_of, alone, monkeypatch
) -> None:
    asked_for = requests("mistral", "ABCC")
    check("mistral", part, False, asked_for, (engine_of, alone, monkeypatch))


@pytest.mark.parametrize("lane", ["A", "C", "D"])
def test_a_row_whose_sampling_raises_fails_alone(
    lane, requests, engine_of, alone, monkeypatch
) -> None:
    """Whichever row it is, and however often: the others' dice are as if nothing had happened."""
    choose = Sampler.choose
    asked_for = requests("lfm2")
    seed = asked_for[lane].params.seed

    def raising(sampler: Sampler, logits: Any, *allowed: Any) -> Any:
        chosen = choose(sampler, logits, *allowed)  # the dice are thrown before it raises
        if any(params.seed == seed for params in sampler._params):
            raise Bug
        return chosen

    monkeypatch.setattr(Sampler, "choose", raising)
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits())
    handles = play(worker, visits(asked_for, True))
    assert failed(handles) == {lane}
    for handle in handles:
        for each in set(handle.lanes) - {lane}:
            assert ids(handle.lanes[each]) == alone("lfm2", asked_for[each])


# -- the last resort ----------------------------------------------------------------------
def in_a_thread(
    worker: Worker, *requests: Request
) -> tuple[threading.Thread, dict[str, list[Any]]]:
    """Reads a run to its end."""
    lanes: dict[str, list[Any]] = {}

    def read() -> None:
        handle = RunHandle("", time.perf_counter())
        for lane, event in Stream([Part(worker, requests, handle)], handle.events):
            lanes.setdefault(lane, []).append(event)

    thread = threading.Thread(target=read)
    thread.start()
    return thread, lanes


ERROR_HANDLING: list[Fault] = [
    (engine.batch.worker, "run_sentence", lambda worker, error: True, ALL),
    (Worker, "_fail", lambda worker, *args: True, ALL),
    (Worker, "_give_up", lambda worker, *args: True, ALL),
]
THREAD: list[Fault] = [(Worker, "has_work", comes, ALL)]
EVERYWHERE = READING + TOGETHER + TELLING + LAST_RESORT + ERROR_HANDLING + THREAD


@pytest.mark.parametrize("error", [Bug, SystemExit])
@pytest.mark.parametrize("part", EVERYWHERE, ids=name)
def test_nobody_waits_for_ever_and_the_thread_ends_with_the_work(
    part, error, requests, engine_of, alone, monkeypatch
) -> None:
    """The loop in its own thread: SystemExit is no Exception, so that all of its runs end."""
    worker = Worker(engine_of("lfm2").worker.checkpoint, Limits())
    asked_for = requests("lfm2")
    owner, method, when, failing = part
    once = Once(monkeypatch, owner, method, error)
    once.when = lambda *args: when(worker, *args)
    if part in ERROR_HANDLING:
        broken = Once(monkeypatch, Worker, "_sample" if method == "_give_up" else "_begin", Bug)
        broken.when = lambda *args: comes(worker)
    first, others = in_a_thread(worker, asked_for["A"], asked_for["B"])
    until(lambda: sum(len(ids(events)) > 0 for events in list(others.values())) == 2)
    second, mine = in_a_thread(worker, asked_for["C"], asked_for["D"])
    for thread in (first, second):
        thread.join(60)
        assert not thread.is_alive()
    assert once.raised == 1
    for lane, events in {**others, **mine}.items():
        wanted = alone("lfm2", asked_for[lane])
        if isinstance(events[-1], Finished):
            assert ids(events) == wanted
        else:
            assert lane in failing or error is SystemExit
            assert ids(events) == wanted[: len(ids(events))]
    until(lambda: worker._thread is None)
    assert worker.live_bytes == 0
    again, lanes = in_a_thread(worker, *asked_for.values())
    again.join(60)
    assert not again.is_alive()
    assert {lane: ids(events) for lane, events in lanes.items()} == {
        lane: alone("lfm2", request) for lane, request in asked_for.items()
    }


def test_a_reader_that_can_not_be_told_holds_nobody_up(
    requests, engine_of, alone, monkeypatch
) -> None:
    asked_for = requests("lfm2")
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits())
    once = Once(monkeypatch, Row, "emit")
    once.when, once.times = lambda row, event: row.lane == "C", 10**6
    others, mine = play(worker, visits(asked_for, True))
    assert mine.closed
    assert once.raised == 2
    for lane in "AB":
        assert ids(others.lanes[lane]) == alone("lfm2", asked_for[lane])
    assert worker.live_bytes == 0


def test_the_last_resort_says_what_happened_and_forgets_what_was_kept(
    requests, engine_of, monkeypatch
) -> None:
    """A tree that is broken would break each run to come."""
    asked_for = requests("lfm2")
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits())
    play(worker, visits(asked_for, True))
    assert worker.kept_bytes
    Once(monkeypatch, Worker, "_sample")
    (handle,) = play(worker, visits(asked_for, False))
    end = handle.lanes["C"][-1]
    assert isinstance(end, Failed)
    assert "internal error stopped all runs (Bug)" in end.message
    assert worker.kept_bytes == 0
