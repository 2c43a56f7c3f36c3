"""Who joins the batch, who waits at which place, and who is refused with numbers."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs.events import Failed, Finished, Queued, Token
from engine.batch.fair_queue import FairQueue
from engine.batch.limits import Limits
from engine.batch.run_handle import RunHandle
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from engine.local import LocalEngine
from tests.amounts import amount
from tests.engine.batch.test_schedules import Recorded, Stepped
from tests.waiting import until


@given(st.lists(st.integers(0, 3), max_size=30))
def test_visitors_take_turns_and_keep_their_own_order(visitors: list[int]) -> None:
    queue = FairQueue()
    handles = [RunHandle(str(visitor), 0.0) for visitor in visitors]
    for handle in handles:
        queue.add(handle)
    planned = list(queue)
    taken = [queue.take() for _ in handles]
    assert taken == planned
    assert len(queue) == 0
    for visitor in set(visitors):
        mine = [handle for handle in handles if handle.visitor == str(visitor)]
        assert [handle for handle in taken if handle in mine] == mine
    counts = Counter(visitors)
    for turn, handle in enumerate(taken):  # nobody has a second turn before all had their first
        earlier = Counter(t.visitor for t in taken[:turn])
        behind = [v for v in counts if earlier[str(v)] < min(earlier[handle.visitor], counts[v])]
        assert not behind


def test_who_left_the_queue_is_not_counted() -> None:
    queue = FairQueue()
    handles = [RunHandle(visitor, 0.0) for visitor in ("a", "a", "b")]
    for handle in handles:
        queue.add(handle)
    queue.remove(handles[:1])
    assert list(queue) == handles[1:]


def limited(engine: LocalEngine, limits: Limits) -> Worker:
    assert engine.worker
    return Worker(engine.worker.checkpoint, limits)


def stream(worker: Worker, visitor: str, *requests: object) -> Stream:
    handle = RunHandle(visitor, time.perf_counter())
    return Stream([Part(worker, requests, handle)], handle.events)  # type: ignore


def test_a_run_that_does_not_fit_waits_and_is_told_its_place(engine_of, oracle_of, ask) -> None:
    worker = limited(engine_of("lfm2"), Limits(rows=2))
    long = stream(worker, "one", *(ask("Long", lane, max_new_tokens=300) for lane in "AB"))
    next(long)
    waiting = stream(worker, "two", ask("Waits", seed=4))
    first = next(waiting)
    assert isinstance(first[1], Queued)
    assert first[1].place == 1
    behind = stream(worker, "two", ask("Behind", seed=4))
    other = stream(worker, "three", ask("Other", seed=4))
    places = [next(behind)[1], next(other)[1]]
    long.close()
    assert [place.place for place in places if isinstance(place, Queued)] == [2, 2]
    for run, text in ((waiting, "Waits"), (behind, "Behind"), (other, "Other")):
        ids = [event.token_id for _, event in run if hasattr(event, "token_id")]
        assert ids == oracle_of("lfm2").ids(ask(text, seed=4))


def test_the_lanes_of_a_run_go_in_together(engine_of, ask) -> None:
    worker = limited(engine_of("lfm2"), Limits(rows=3))
    first = stream(worker, "one", *(ask("First", lane, max_new_tokens=300) for lane in "AB"))
    next(first)
    both = stream(worker, "two", ask("Both", "A"), ask("Both", "B"))
    events = [next(both), next(both)]
    first.close()
    assert [(lane, type(event)) for lane, event in events] == [("A", Queued), ("B", Queued)]
    assert len([event for event in both if event]) > 4


def test_a_lane_that_is_stopped_in_the_queue_ends_there_and_the_others_keep_their_place(
    engine_of, oracle_of, ask
) -> None:
    """It used to stay in the queue, and was let in with the others before it ended."""
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits(rows=3))
    requests = {lane: ask("Waits", lane, seed=4) for lane in "ABC"}
    first, second, third = Recorded("one"), Recorded("two"), Recorded("three")
    streams = [
        Stream([Part(worker, [requests[lane] for lane in lanes], handle)], handle.events)
        for handle, lanes in ((first, "AB"), (second, "ABC"), (third, "AB"))
    ]
    for each in streams:
        each.start()
    worker.round()
    streams[1].stop("B")
    worker.round()
    assert [type(event) for event in second.lanes["B"]] == [Queued, Finished]
    assert second.lanes["B"][-1].stop_reason == "stopped"
    assert [type(event) for event in second.lanes["A"]] == [Queued]
    assert [handle.place for handle in (second, third)] == [1, 2]
    streams[1].stop("A")
    streams[1].stop("C")
    worker.round()
    assert third.place == 1
    while worker.has_work():
        worker.round()
    assert [type(event) for event in second.lanes["C"]] == [Queued, Finished]
    for handle in (first, third):
        ids = [event.token_id for event in handle.lanes["A"] if isinstance(event, Token)]
        assert ids == oracle_of("lfm2").ids(requests["A"])


def test_a_run_stopped_before_its_first_round_is_never_queued(engine_of, ask) -> None:
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits())
    handle = Recorded("")
    waits = Stream([Part(worker, [ask(lane="A"), ask(lane="B")], handle)], handle.events)
    waits.start()
    waits.stop("A")
    while worker.has_work():
        worker.round()
    assert [type(event) for event in handle.lanes["A"]] == [Finished]
    assert isinstance(handle.lanes["B"][-1], Finished)
    assert len(handle.lanes["B"]) > 2


def test_a_run_gets_its_turn_though_the_limit_went_below_it(engine_of, oracle_of, ask) -> None:
    """Else it would wait for ever, in rounds that do nothing."""
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits(rows=2))
    handles = Recorded("one"), Recorded("two"), Recorded("three")
    request = ask("Waits", seed=4)
    streams = [
        Stream([Part(worker, [request, replace(request, lane="B")], each)], each.events)
        for each in handles
    ]
    for each in streams[:2]:
        each.start()
    worker.round()
    worker.bound(1, 0)
    streams[2].start()
    rounds = 0
    while worker.has_work():
        worker.round()
        rounds += 1
    for handle in handles[:2]:
        ids = [event.token_id for event in handle.lanes["A"] if isinstance(event, Token)]
        assert ids == oracle_of("lfm2").ids(request)
    assert rounds <= 2 * (request.params.max_new_tokens + 2)
    refused = handles[2].lanes["A"][-1]
    assert isinstance(refused, Failed)
    assert "may take 0.0 MB" in refused.message


@given(runs=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=6))
@settings(deadline=None, max_examples=amount(12, 40))
def test_runs_that_wait_are_never_all_that_the_loop_does(runs, engine_of, ask) -> None:
    """It would spin: where no lane is live, the first run of the queue is let in."""
    worker = Stepped(engine_of("lfm2").worker.checkpoint, Limits(rows=4))
    streams: list[Stream] = []
    for number, (lanes, closes) in enumerate(runs):
        requests = [ask(f"Run {number}", lane, max_new_tokens=2) for lane in "ABCD"[:lanes]]
        streams.append(stream(worker, str(number % 2), *requests))
        streams[-1].start()
        if closes:
            streams[-1].close()
    rounds = 0
    while worker.has_work():
        worker.round()
        rounds += 1
    assert rounds <= 6 * len(runs)  # each has 1 to 4 prompts and 2 tokens
    assert not worker.live_bytes


def test_a_run_with_more_lanes_than_the_batch_has_rows_is_refused(engine_of, ask) -> None:
    worker = limited(engine_of("lfm2"), Limits(rows=2))
    events = list(stream(worker, "", *(ask(lane=lane) for lane in "ABC")))
    assert [lane for lane, _ in events] == ["A", "B", "C"]
    assert all("3 lanes, but at most 2" in event.message for _, event in events)  # type: ignore


def test_a_prompt_that_can_never_fit_is_refused_with_numbers(engine_of, ask, run) -> None:
    worker = limited(engine_of("lfm2"), Limits(batch_bytes=100_000))
    per_token = worker.checkpoint.bytes_per_token
    request = ask("word " * 60, max_new_tokens=150)
    tokens = len(engine_of("lfm2").render(request).tokens) + 150
    events = list(stream(worker, "", request))
    assert len(events) == 1
    message = events[0][1].message  # type: ignore
    assert (
        f"1 lanes of up to {tokens:,} tokens need {2 * tokens * per_token / 1e6:,.1f} MB" in message
    )
    assert "may take 0.1 MB" in message
    assert "--batch-memory" in message
    short = [event for _, event in stream(worker, "", ask("Hi", max_new_tokens=3))]
    assert len(short) > 2


def test_the_bytes_of_a_token_are_those_of_the_cache(engine_of, ask) -> None:
    for kind in ("lfm2", "moe", "llama", "vl"):
        worker = engine_of(kind).worker
        prefix = worker.prompt_cache
        before = prefix.nbytes
        events = list(stream(worker, "", ask(f"Bytes of {kind}", max_new_tokens=1)))
        tokens = len(events[0][1].prompt.tokens)  # type: ignore
        states = sum(
            tensor.nbytes
            for node in prefix.nodes
            if len(node.keys) == tokens
            for layer in node.piece
            for tensor in layer
            if len(layer) == 2
        )
        assert prefix.nbytes > before
        assert states >= tokens * worker.checkpoint.bytes_per_token
        assert states % (tokens * worker.checkpoint.bytes_per_token) == 0


def test_many_joins_and_leaves_leave_no_memory_behind(engine_of, ask) -> None:
    worker = limited(engine_of("lfm2"), Limits(rows=8, prompt_cache_bytes=100_000))
    chance = random.Random(7)
    open_streams: list[Stream] = []
    joined = left = 0
    while joined + left < amount(150, 1000):
        if len(open_streams) < 12 and chance.random() < 0.6:
            request = ask(f"Question {chance.randrange(40)}", max_new_tokens=chance.randint(1, 60))
            run = stream(worker, str(chance.randrange(4)), request)
            run.start()
            open_streams.append(run)
            joined += 1
        elif open_streams:
            run = open_streams.pop(chance.randrange(len(open_streams)))
            if chance.random() < 0.3:
                list(run)
            run.close()
            left += 1
    for run in open_streams:
        run.close()
    until(lambda: not worker.has_work())
    assert worker.live_bytes == 0
    assert worker.prompt_cache.nbytes <= 100_000
    assert worker.prompt_cache.nbytes == sum(node.nbytes for node in worker.prompt_cache.nodes)
