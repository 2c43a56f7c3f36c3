"""How much of a decoding step goes into choosing the tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from benchmarks.subject import Subject
from benchmarks.together import seconds, worker_of
from core.sampling import SamplingParams
from engine.batch.worker import Worker
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


@contextmanager
def timed(owner: type, name: str) -> Iterator[list[float]]:
    """The seconds of each call of a method while the context lasts.

    Taken from outside, so that the engine needs no clock of its own.
    """
    method: Callable[..., Any] = getattr(owner, name)
    spent: list[float] = []

    def measured(*arguments: Any) -> Any:
        began = perf_counter()
        try:
            return method(*arguments)
        finally:
            spent.append(perf_counter() - began)

    setattr(owner, name, measured)
    try:
        yield spent
    finally:
        setattr(owner, name, method)
