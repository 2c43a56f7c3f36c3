"""Answers are folded into runs; a switch or a closed iterator ends them and frees the engine."""

from collections.abc import Iterator
from time import perf_counter

import pytest

from components.answers.answering import (
    HEARTBEAT_SECONDS,
    REDRAW_SECONDS,
    CancelToken,
    CancelTokens,
)
from components.answers.answering import answer as answer_async
from core.constraint import Constraint
from core.conversation import Conversation, message
from core.lanes import Lane
from core.sampling import SamplingParams
from core.workspace import Request, requests
from engine.pump import Pump
from engine.scripted.scripted_engine import ScriptedEngine
from tests.waiting import steps
from tests.watched import Crowded, Watched

PATIENCE = 5.0


def answer(*arguments, **named) -> Iterator[dict]:
    """The answer, read step by step."""
    return steps(answer_async(*arguments, **named))


def asked(text: str, *labels: str) -> tuple[Request, ...]:
    lanes = tuple(Lane(label, SamplingParams(seed=1)) for label in labels or ("A",))
    return requests(Conversation((message("user", text),)), lanes)


def test_the_last_runs_are_whole_and_all_lanes_are_there():
    engine = ScriptedEngine(tokens_per_second=1000)
    *_, last = answer(engine, asked("Hi", "A", "B"), CancelToken())
    assert {run.text for run in last.values()} == {"Hello! What shall we try?"}
    assert {run.stop_reason for run in last.values()} == {"end_of_sequence"}
    assert set(last) == {"A", "B"}


def test_a_set_switch_ends_the_answer_keeps_the_text_and_frees_the_engine():
    engine, switch = Watched(tokens_per_second=100), CancelToken()
    draws = answer(engine, asked("!long"), switch)
    partial = next(runs["A"].text for runs in draws if runs["A"].text)
    switch.set()
    *_, last = draws
    assert last["A"].stop_reason == "stopped"
    assert last["A"].text.startswith(partial)
    assert engine.freed.wait(PATIENCE)


def test_a_closed_iterator_frees_the_engine():
    engine = Watched(tokens_per_second=100)
    draws = answer(engine, asked("!long"), CancelToken())
    next(runs for runs in draws if runs["A"].text)
    draws.close()
    assert engine.freed.wait(PATIENCE)


def test_the_engine_is_told_who_asks():
    engine = Watched(tokens_per_second=1000)
    list(answer(engine, asked("Hi"), CancelToken(), "Ann"))
    assert engine.visitors == ["Ann"]


def test_a_run_that_waits_comes_again_now_and_then_so_that_a_gone_client_is_noticed():
    engine = Crowded()
    draws = answer(engine, asked("Hi"), CancelToken())
    queued = next(runs for runs in draws if runs["A"].status == "queued")
    began = perf_counter()
    assert next(draws) == queued
    assert HEARTBEAT_SECONDS <= perf_counter() - began < PATIENCE
    draws.close()
    assert engine.left.acquire(timeout=PATIENCE)


def test_a_run_is_stopped_while_it_waits_and_knows_how_long_it_did():
    engine, switch = Crowded(), CancelToken()
    draws = answer(engine, asked("Hi"), switch)
    next(runs for runs in draws if runs["A"].status == "queued")
    assert engine.waiting.acquire(timeout=PATIENCE)
    assert not switch.wait(0.3)
    switch.set()
    *_, last = draws
    assert (last["A"].status, last["A"].stop_reason) == ("done", "stopped")
    assert last["A"].waited_seconds >= 0.3
    assert engine.left.acquire(timeout=PATIENCE)


def test_a_lane_that_fails_keeps_its_text_and_its_sentence():
    *_, last = answer(ScriptedEngine(), asked("!fail"), CancelToken())
    assert last["A"].status == "failed"
    assert last["A"].text
    assert "!fail" in last["A"].error


def test_a_client_that_is_gone_ends_its_run_in_the_queue():
    engine = Crowded()
    *_, last = answer(engine, asked("Hi"), CancelToken(), is_here=lambda: False)
    assert last["A"].stop_reason == "stopped"
    assert engine.left.acquire(timeout=PATIENCE)


def test_a_run_ends_at_its_time_limit_and_says_so():
    engine = Watched(tokens_per_second=50)
    *_, last = answer(engine, asked("!long"), CancelToken(), seconds=0.3)
    assert last["A"].stop_reason == "time_limit"
    assert last["A"].text
    assert engine.freed.wait(PATIENCE)


def test_redraws_are_held_to_the_clock():
    """600 tokens at 1,000 a second come in at least 0.6 s: no more draws than its clock ticks."""
    engine = ScriptedEngine(tokens_per_second=1000)
    draws = list(answer(engine, asked("!long"), CancelToken()))
    seconds = draws[-1]["A"].seconds
    assert len(draws) <= seconds / REDRAW_SECONDS + 3


def test_four_lanes_are_redrawn_half_as_often_so_that_the_browser_takes_keys():
    engine = ScriptedEngine(tokens_per_second=1000)
    draws = list(answer(engine, asked("!long", *"ABCD"), CancelToken()))
    seconds = max(run.seconds for run in draws[-1].values())
    assert len(draws) <= seconds / (2 * REDRAW_SECONDS) + 3


def test_a_pump_hands_an_exception_of_its_items_to_the_reader_after_the_items():
    def items():
        yield 1
        raise RuntimeError("broken")

    pump = Pump(items())
    seen: list[int] = []

    def drain_for_ever():
        while True:
            seen.extend(pump.drain()[0])

    with pytest.raises(RuntimeError, match="broken"):
        drain_for_ever()
    assert seen == [1]


def test_stopping_one_page_leaves_the_others_running():
    switches = CancelTokens()
    mine, other = switches.add("mine"), switches.add("other")
    switches.stop("mine")
    assert mine.is_set()
    assert not other.is_set()
    switches.remove("mine", mine)
    switches.stop("mine")


SLOW = Constraint("json_schema", '{"pattern": "^(a+)+$"}')


def held(said: str, *constraints: Constraint) -> tuple[Request, ...]:
    lanes = [
        Lane(n, SamplingParams(seed=1), constraint=c)
        for n, c in zip("AB", constraints, strict=True)
    ]
    return requests(Conversation((message("user", f"!say {said}"),)), lanes)


def test_an_answer_is_done_once_its_verdict_is_there():
    one = Constraint("json_schema", '{"type": "object"}')
    engine = ScriptedEngine(tokens_per_second=1000)
    draws = list(answer(engine, held("[1]", one, Constraint()), CancelToken()))
    assert {runs["A"].status for runs in draws[-4:]} >= {"checking", "done"}
    assert all(runs["A"].verdict for runs in draws if runs["A"].status == "done")
    assert draws[-1]["A"].verdict.detail == "The answer is a list, the schema wants an object."
    assert (draws[-1]["B"].status, draws[-1]["B"].verdict) == ("done", None)


def test_a_check_that_takes_long_can_be_given_up():
    engine, switch = ScriptedEngine(tokens_per_second=1000), CancelToken()
    draws = answer(engine, held(f'"{"a" * 60}b"', SLOW, SLOW), switch)
    next(runs for runs in draws if {run.status for run in runs.values()} == {"checking"})
    switch.lanes.add("A")
    runs = next(runs for runs in draws if runs["A"].status == "done")
    assert (runs["B"].status, runs["A"].stop_reason) == ("checking", "end_of_sequence")
    switch.set()
    *_, last = draws
    assert (last["B"].status, last["B"].stop_reason, last["B"].verdict) == (
        "done", "end_of_sequence", None,
    )  # fmt: skip
