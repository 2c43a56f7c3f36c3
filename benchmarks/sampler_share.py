"""How much of a decoding step goes into choosing the tokens, and into telling of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any

from benchmarks.subject import Subject
from benchmarks.together import seconds, worker_of
from core.sampling import SamplingParams
from engine.batch import batch
from engine.batch.worker import Worker
from engine.sampling import sampler
from engine.sampling.sampler import Sampler

LANES = 4
LFM2_5 = SamplingParams(temperature=0.1, top_k=50, repetition_penalty=1.05)  # Liquid's values
FIRST = 2  # rounds that are not counted: one reads the prompt, one has caches to make


def sampler_share(subject: Subject) -> float:
    """Seconds inside `Sampler.choose` / those of whole rounds of the loop, with four rows.

    A round is a step of the network, the choosing, and the making and sending of the events.
    """
    requests = subject.requests(LANES, subject.sizes.short, LFM2_5)
    with timed(Sampler, "choose") as choosing, timed(Worker, "round") as rounds:
        seconds(worker_of(subject.checkpoint), requests)
    full = range(FIRST, subject.sizes.new - 1)  # the last round ends after its events
    return sum(choosing[place] for place in full) / sum(rounds[place] for place in full)


def trace_share(subject: Subject) -> float:
    """Seconds that the tokens' traces take / those of whole rounds, with four rows.

    The log probabilities of all tokens, which were told before there were traces, are among them.
    """
    requests = subject.requests(LANES, subject.sizes.short, LFM2_5)
    with ExitStack() as stack:
        rounds = stack.enter_context(timed(Worker, "round"))
        calls = [(sampler, "largest"), (sampler, "removers"), (sampler, "packed")]
        calls.append((batch, "unpacked"))
        parts = [stack.enter_context(timed(*call)) for call in calls]
        seconds(worker_of(subject.checkpoint), requests)
    full = range(FIRST, subject.sizes.new - 1)
    return sum(part[n] for part in parts for n in full) / sum(rounds[n] for n in full)


@contextmanager
def timed(owner: Any, name: str) -> Iterator[list[float]]:
    """The seconds of each call of a method, or of a module's function, while the context lasts.

    Taken from outside, so that the engine needs no clock of its own.
    """
    method: Callable[..., Any] = getattr(owner, name)
    spent: list[float] = []

    def measured(*arguments: Any, **named: Any) -> Any:
        began = perf_counter()
        try:
            return method(*arguments, **named)
        finally:
            spent.append(perf_counter() - began)

    setattr(owner, name, measured)
    try:
        yield spent
    finally:
        setattr(owner, name, method)
