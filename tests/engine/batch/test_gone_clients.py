"""A client that is gone frees its place within two seconds, whatever the model is at just then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from engine.batch.limits import Limits
from engine.local import LocalEngine
from tests.amounts import every
from tests.hostile.driver import Seen, Visitor
from tests.hostile.entrances import row
from tests.serving import served_here

ONE_ROW = Limits(1, None, 0)
GONE = 2.0  # seconds
LONG = "\n".join(f"Line {number} of a long message." for number in range(4))
MESSAGES = [(role, f"{n} {LONG}") for n in range(8) for role in ("user", "assistant")]
MESSAGES.append(("user", "Hi"))  # each is read as a piece of its own
PARAMETERS = {"max_new_tokens": 200, "temperature": 1.0}


@dataclass
class Slow:
    """A tiny model on a machine that can be slowed down. pace: seconds of each step."""

    engine: LocalEngine
    pace: float = 0.0
    steps: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def step(self, *_: Any) -> None:
        self.steps.release()
        threading.Event().wait(self.pace)

    def idle(self) -> bool:
        """Whether no run is in the queue, in prefill, in the batch or being verified."""
        assert self.engine.worker
        verifying = any(thread.name == "verify" for thread in threading.enumerate())
        return not (self.engine.worker.has_work() or verifying)


@pytest.fixture
def slow(folder: Callable[[str], Path]) -> Iterator[Slow]:
    slow = Slow(LocalEngine(str(folder("vl")), device="cpu", weights="float32", limits=ONE_ROW))
    assert slow.engine.worker
    hook = slow.engine.worker.checkpoint.model.register_forward_pre_hook(slow.step)
    yield slow
    hook.remove()


@contextmanager
def frees_its_place(slow: Slow) -> Iterator[None]:
    """The context leaves while something is under way."""
    yield
    left = monotonic()
    while not slow.idle():
        assert monotonic() - left < GONE
        threading.Event().wait(0.05)


def call(url: str) -> Generator[Seen, None, None]:
    messages = [{"role": role, "content": text} for role, text in MESSAGES]
    return Visitor(url).called("generate", messages, PARAMETERS, 1)


def click(url: str) -> Generator[Seen, None, None]:
    visitor = Visitor(url)
    inputs = {f"parameter_{name}": value for name, value in PARAMETERS.items()}
    messages = [{**row(text, role), "id": str(n)} for n, (role, text) in enumerate(MESSAGES)]
    run = visitor.page.event("run-1", "click")
    return visitor.updates(run, None, messages=messages, parameter_seed=1, **inputs)


def text(seen: Seen) -> str:
    assert seen.error is None, seen.error
    return (seen.data.get("value") or seen.data["lane-a"])["text"]


ASKS = pytest.mark.parametrize("ask", every(2, [click, call]))


@ASKS
def test_in_prefill(slow: Slow, ask: Callable[[str], Generator[Seen, None, None]]):
    slow.pace = 0.3
    with served_here(slow.engine) as url, frees_its_place(slow), closing(ask(url)) as seen:
        next(seen)
        for _ in range(3):
            assert slow.steps.acquire(timeout=10)
        assert slow.engine.worker
        assert slow.engine.worker._prefills
        assert not slow.engine.worker._batches


@ASKS
def test_while_it_is_answered(slow: Slow, ask: Callable[[str], Generator[Seen, None, None]]):
    with served_here(slow.engine) as url, frees_its_place(slow), closing(ask(url)) as seen:
        slow.pace = 0.05
        next(one for one in seen if text(one))
        slow.pace = 0.3
        assert not slow.idle()


@ASKS
def test_in_the_queue(slow: Slow, ask: Callable[[str], Generator[Seen, None, None]]):
    """Behind a run that takes all places."""
    slow.pace = 0.1
    with served_here(slow.engine) as url, frees_its_place(slow), closing(call(url)) as first:
        next(first)
        assert slow.steps.acquire(timeout=10)
        with closing(ask(url)) as second:
            next(second)
            assert slow.engine.worker
            waits = slow.engine.worker._admission.queue
            while not len(waits):
                next(second)
        left = monotonic()
        while len(waits):
            assert monotonic() - left < GONE
            threading.Event().wait(0.05)
        assert not slow.idle()


@pytest.mark.thorough
def test_while_it_is_verified(slow: Slow):
    with served_here(slow.engine) as url:
        visitor = Visitor(url)
        run = visitor.act("run-1", "click", None, messages=[row("Hi")], parameter_seed=1)
        assert run.data["lane-a"]["status"] == "done"
        slow.pace = 0.3
        verify = visitor.page.event("export", "verify")
        with frees_its_place(slow), closing(visitor.updates(verify, {"lane": "A"})) as seen:
            assert next(seen).error is None
            assert not slow.idle()
        again = next(visitor.updates(verify, {"lane": "A"}))
        assert again.error is None, again.error
