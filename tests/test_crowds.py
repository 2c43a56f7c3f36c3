"""Many visitors at once: whoever waits stops nobody else, and one too many is told so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic
from typing import Any

import pytest

from core.access import run_gate
from core.access.run_gate import DEMO, LOCAL, VERIFICATIONS
from tests.hostile.driver import Event, PageFacts, Seen, Visitor
from tests.hostile.entrances import row
from tests.serving import served, served_here
from tests.watched import Crowded, Lingering

MANY = 45
PROMPT = 5.0  # seconds in which all else is answered; blocked, it would take until the runs end
PATIENCE = 5.0
BUSY = f"{LOCAL.in_all} answers are under way, the limit. Try again in a minute."


class Crowd:
    """Visitors whose runs go on until the context is left. Addresses are 127.0.0.10 and above."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._held = ExitStack()
        self._addresses = iter(range(10, 255))
        self.page: PageFacts = Visitor(url).page

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *error: object) -> None:
        self._held.close()

    def visitor(self, address: str = "", page: Visitor | None = None) -> Visitor:
        """page: one that comes back for another event."""
        visitor = Visitor(self._url, address or f"127.0.0.{next(self._addresses)}")
        visitor.page = self.page
        if page:
            visitor.session = page.session
        return visitor

    def call(self, text: str, address: str = "") -> Seen:
        """The first value of an answer to the API; a refusal where there is none."""
        visitor = self.visitor(address)
        values = visitor.called("generate", [{"role": "user", "content": text}], {}, 1)
        self._held.callback(values.close)
        return next(values)

    def run(self, text: str, visitor: Visitor) -> Seen:
        """The same of a page's Run button."""
        clicked = self.page.event("run-1", "click")
        values = visitor.updates(clicked, messages=[row(text)])
        self._held.callback(values.close)
        return next(values)

    def verify(self, visitor: Visitor) -> Seen:
        values = visitor.updates(self.page.event("export", "verify"), {"lane": "A"})
        self._held.callback(values.close)
        return next(values)

    def refusal(self, visitor: Visitor, count: int, event: Event, told: Any = None) -> str:
        """What a page reads that asks so many times at once, by the one stream that it has."""
        inputs = {"messages": [row("Hi")]} if event.target == "run-1" else {}
        for _ in range(count):
            assert visitor.join(event, told, **inputs).status == 200
        messages = self._held.enter_context(visitor.stream())
        return next(one["output"]["error"] for one in messages if not one.get("success", True))


def edit(visitor: Visitor) -> float:
    """Seconds until the token meter has followed an edit."""
    seen = visitor.act("messages", "edit", None, messages=[row("Hi there")])
    assert "tokens" in seen.text
    return seen.seconds


def started(crowd: Crowd, text: str) -> None:
    for _ in range(MANY):
        assert crowd.call(text).error is None
        assert crowd.run(text, crowd.visitor()).error is None


@pytest.fixture
def scripted() -> Iterator[Crowd]:
    with served("--engine", "scripted") as url, Crowd(url) as crowd:
        yield crowd


@pytest.mark.thorough
def test_ninety_slow_answers_leave_edits_another_run_and_stop_responsive(scripted: Crowd):
    other = scripted.visitor()
    started(scripted, "!slow !long")
    edits = [edit(other) for _ in range(10)]
    began = monotonic()
    first = other.updates(scripted.page.event("run-1", "click"), messages=[row("!long")])
    next(seen for seen in first if seen.data["lane-a"]["text"])
    begins = monotonic() - began
    stopped = scripted.visitor(page=other).act("stop", "click")
    *_, last = first
    assert last.data["lane-a"]["status"] == "done"
    print(f"edits {max(edits):.2f} s at most, a run {begins:.2f} s, Stop {stopped.seconds:.2f} s")
    assert max(*edits, begins, stopped.seconds) < PROMPT


@pytest.mark.thorough
def test_ninety_that_wait_in_the_queue_leave_edits_responsive_and_stop_reaches_its_own():
    engine = Crowded()
    with served_here(engine) as url, Crowd(url) as crowd:
        other = crowd.visitor()
        started(crowd, "Hi")
        runs = other.updates(crowd.page.event("run-1", "click"), messages=[row("Hi")])
        next(seen for seen in runs if seen.data["lane-a"]["status"] == "queued")
        for _ in range(2 * MANY + 1):
            assert engine.waiting.acquire(timeout=PATIENCE)
        edits = [edit(crowd.visitor()) for _ in range(10)]
        stopped = crowd.visitor(page=other).act("stop", "click")
        *_, last = runs
        assert last.data["lane-a"]["status"] == "done"
        assert engine.left.acquire(timeout=PROMPT)
        assert not engine.left.acquire(blocking=False)
        print(f"edits {max(edits):.2f} s at most, Stop {stopped.seconds:.2f} s")
        assert max(*edits, stopped.seconds) < PROMPT


@pytest.mark.thorough
def test_one_answer_too_many_is_told_the_bound_of_its_page_and_of_all():
    engine = Crowded()
    with served_here(engine) as url, Crowd(url) as crowd:
        clicked = crowd.page.event("run-1", "click")
        refused = crowd.refusal(crowd.visitor(), LOCAL.each_page + 1, clicked)
        assert f"{LOCAL.each_page} of your answers are still under way" in refused
        assert "Wait until one ends or stop one, then try again." in refused
        for _ in range(LOCAL.in_all - LOCAL.each_page):
            assert crowd.call("Hi", "127.0.0.9").error is None
        assert BUSY in crowd.call("Hi").text
        assert BUSY in crowd.run("Hi", crowd.visitor()).text


def test_in_a_demo_an_address_has_a_bound_whether_it_calls_or_runs():
    with served_here(Crowded(), demo=True) as url, Crowd(url) as crowd:
        page, clicked = crowd.visitor("127.0.0.9"), crowd.page.event("run-1", "click")
        refused = crowd.refusal(page, DEMO.each_page + 1, clicked)
        assert f"{DEMO.each_page} of your answers are still under way" in refused
        for _ in range(DEMO.each_address - DEMO.each_page):
            assert crowd.call("Hi", "127.0.0.9").error is None
        sentence = f"{DEMO.each_address} answers for your network address are still under way"
        for refused in (crowd.call("Hi", "127.0.0.9"), crowd.run("Hi", crowd.visitor("127.0.0.9"))):
            assert sentence in refused.text
            assert "Try again when one has ended." in refused.text
        assert crowd.call("Hi", "127.0.0.10").error is None


def answered(crowd: Crowd, address: str = "") -> Visitor:
    """A page with a whole answer."""
    visitor = crowd.visitor(address)
    seen = visitor.act("run-1", "click", None, messages=[row("Hi")])
    assert seen.data["lane-a"]["status"] == "done"
    return visitor


def test_verifications_are_bounded_for_a_page_an_address_and_in_all():
    engine = Lingering()
    with served_here(engine, demo=True) as url, Crowd(url) as crowd:
        first = answered(crowd, "127.0.0.9")
        refused = crowd.refusal(first, 2, crowd.page.event("export", "verify"), {"lane": "A"})
        assert "1 of your verifications is still under way, the limit for one page." in refused
        assert crowd.verify(answered(crowd, "127.0.0.9")).error is None
        for _ in range(VERIFICATIONS.each_address, VERIFICATIONS.in_all):
            assert crowd.verify(answered(crowd)).error is None
        refused = crowd.verify(answered(crowd, "127.0.0.9")).text
        assert "2 verifications for your network address are still under way" in refused
        assert "Try again when one has ended." in refused
        refused = crowd.verify(answered(crowd)).text
        assert "busy: 4 verifications are under way, the limit." in refused
        assert "Try again in a minute." in refused
    for _ in range(VERIFICATIONS.in_all):
        assert engine.left.acquire(timeout=PATIENCE)


@pytest.mark.thorough
def test_on_ones_own_machine_an_address_has_no_bound():
    assert run_gate.LOCAL.each_address == 0
    with served_here(Lingering()) as url, Crowd(url) as crowd:
        for _ in range(VERIFICATIONS.each_address + 1):
            assert crowd.verify(answered(crowd, "127.0.0.9")).error is None
