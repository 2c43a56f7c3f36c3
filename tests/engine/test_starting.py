"""An engine that starts while the page is open: what is asked for meanwhile is answered later."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lanes import Lane
from core.runs.engine import Engine, Loaded, LoadEvent, Loading
from core.runs.events import Failed, Finished
from core.sampling import SamplingParams
from core.workspace import Request, requests
from engine.scripted.scripted_engine import ScriptedEngine
from engine.start_report import StartReport
from engine.starting import StartingEngine

PATIENCE = 10.0


class Start:
    """Makes a scripted engine once `go` is set, or fails with a sentence."""

    def __init__(self, failure: str = "") -> None:
        self.go = threading.Event()
        self.failure = failure
        self.reported: list[LoadEvent] = []
        self.ended = threading.Event()
        self.engine = StartingEngine(self.make, "LiquidAI/LFM2-700M", self.report)

    def make(self) -> Engine:
        assert self.go.wait(PATIENCE)
        if self.failure:
            raise InvalidInput(self.failure)
        return ScriptedEngine(tokens_per_second=10_000)

    def report(self, event: LoadEvent) -> None:
        self.reported.append(event)
        if isinstance(event, Loaded | Failed):
            self.ended.set()


def asked(lanes: str = "AB") -> tuple[Request, ...]:
    talk = Conversation((message("user", "Hi"),))
    return requests(talk, [Lane(label, SamplingParams(seed=1)) for label in lanes])


@pytest.fixture
def start() -> Iterator[Start]:
    start = Start()
    start.engine.start()
    yield start
    start.go.set()


def test_a_run_that_was_asked_for_before_is_the_same_as_one_after(start: Start):
    before = start.engine.stream(asked())
    before.start()
    assert before.drain() == ([], False)
    assert start.engine.starting is not None
    assert start.engine.description is None
    start.go.set()
    early = [(lane, type(event)) for lane, event in _drained(before)]
    assert start.engine.starting is None
    assert start.engine.description is not None
    assert [model.model for model in start.engine.models] == ["LiquidAI/LFM2-700M"]
    later = [(lane, type(event)) for lane, event in start.engine.stream(asked())]
    assert sorted(map(repr, early)) == sorted(map(repr, later))


def test_a_run_that_is_closed_before_ends_without_an_event(start: Start):
    run = start.engine.stream(asked())
    run.start()
    run.close()
    assert list(_drained(run)) == []


def test_a_lane_that_is_stopped_before_stays_stopped(start: Start):
    run = start.engine.stream(asked())
    run.start()
    run.stop("A")
    start.go.set()
    ends = {lane: event for lane, event in _drained(run)}
    assert isinstance(ends["B"], Finished)
    assert ends["B"].stop_reason != "stopped"
    assert "A" not in ends or getattr(ends["A"], "stop_reason", "") == "stopped"


def test_a_prompt_and_a_second_model_wait_with_a_sentence(start: Start):
    with pytest.raises(InvalidInput, match="still loading"):
        start.engine.render(asked()[0])
    assert isinstance(next(iter(start.engine.verify(asked()[0], [1]))), Failed)
    loading = start.engine.load("LiquidAI/LFM2-1.2B", alongside=True)
    next(loading)
    start.go.set()
    assert isinstance([*loading][-1], Loaded)
    assert len(start.engine.models) == 2


def test_what_went_wrong_at_the_start_is_said_for_each_run():
    start = Start("torch can't be imported.")
    start.go.set()
    start.engine.start()
    assert start.ended.wait(PATIENCE)
    assert [event.message for event in start.reported if isinstance(event, Failed)] == [
        "torch can't be imported."
    ]
    events = list(start.engine.stream(asked()))
    assert [(lane, event.message) for lane, event in events if isinstance(event, Failed)] == [
        ("A", "torch can't be imported."),
        ("B", "torch can't be imported."),
    ]
    assert isinstance(start.engine.starting, Failed)
    assert isinstance([*start.engine.load("other")][-1], Failed)


def test_a_bug_at_the_start_is_said_too_and_nobody_waits_for_ever():
    start = Start()
    start.make = lambda: 1 / 0  # type: ignore[assignment]
    start.engine = StartingEngine(start.make, "x", start.report)
    start.engine.start()
    assert start.ended.wait(PATIENCE)
    [(_, event)] = list(start.engine.stream(asked("A")))
    assert isinstance(event, Failed)
    assert "ZeroDivisionError" in event.message


def _drained(run) -> Iterator:
    ended, waited = False, threading.Event()
    for _ in range(1000):
        events, ended = run.drain()
        yield from events
        if ended:
            return
        waited.wait(0.01)
    raise AssertionError("The run did not end.")


def test_the_start_is_printed_once_for_each_tenth(capsys: pytest.CaptureFixture[str]):
    report = StartReport()
    for fraction in (None, 0.0, 0.04, 0.1, 0.19, 1.0):
        report(Loading("Reading the weights", fraction, 0.0))
    lines = ["Reading the weights…" + share for share in ("", " 0%", " 10%", " 100%")]
    assert capsys.readouterr().out.splitlines() == lines
