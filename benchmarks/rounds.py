"""How measures are taken: one round of each, then the next, so that both sides share the weather.

What else the machine does, or how warm it is, changes slowly: it meets all ratios of a round alike.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

import psutil

from benchmarks.measure import Measure, NotMeasured, Result
from benchmarks.page_window import Browser, browser
from benchmarks.shapes import weight_bytes
from benchmarks.sizes import SMALL, Sizes
from benchmarks.subject import Subject, pocket_subject, random_subject
from benchmarks.together import seconds, worker_of

COPIES = 3.0  # of the weights in memory: for generate(), ours, ours in 8 bits, and while it packs


def take(measures: Sequence[Measure], rounds: int, sizes: Sizes) -> list[Result]:
    """Results in the order of `measures`. A subject is in memory while its own are taken only."""
    results: dict[str, Result] = {}
    by_subject = sorted(measures, key=lambda measure: measure.subject)
    for name, group in groupby(by_subject, key=lambda measure: measure.subject):
        for result in _of_subject(partial(_make, name, sizes), list(group), rounds):
            results[result.measure.name] = result
    return [results[measure.name] for measure in measures]


def _make(name: str, sizes: Sizes) -> Subject | Browser:
    if name == "page":
        return browser(sizes)
    if name == "pocket":
        return pocket_subject(sizes)
    shape = "small" if sizes is SMALL else name
    needed, free = COPIES * weight_bytes(shape), psutil.virtual_memory().available
    if needed > free:
        raise NotMeasured(f"Needs {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free")
    return random_subject(shape, sizes)


def _of_subject(
    make: Callable[[], Subject | Browser], measures: Sequence[Measure], rounds: int
) -> list[Result]:
    try:
        subject = make()
    except NotMeasured as reason:
        return [Result(measure, note=str(reason)) for measure in measures]
    if isinstance(subject, Subject):
        ours = subject.checkpoint.description
        print(f"{ours.name}: our weights are {ours.weights}", file=sys.stderr, flush=True)
        _warm_up(subject)
    results = {measure: Result(measure) for measure in measures}
    for number in range(1, rounds + 1):
        subject.new_round()
        for measure in measures:
            if not results[measure].note:
                print(f"round {number} of {rounds}: {measure.name}", file=sys.stderr, flush=True)
                results[measure] = _once(subject, results[measure])
    return list(results.values())


def _warm_up(subject: Subject) -> None:
    """A first run makes threads and looks for the fastest kernels; that belongs to no ratio."""
    requests = subject.requests(4, subject.sizes.short, new=4)
    subject.alone(requests[0])
    seconds(worker_of(subject.checkpoint), requests)


def _once(subject: Subject | Browser, so_far: Result) -> Result:
    """With one more ratio, or with the reason why there is none."""
    measure = so_far.measure
    try:
        return Result(measure, (*so_far.ratios, measure.once(subject)))
    except NotMeasured as reason:
        return Result(measure, note=str(reason))
    except Exception as error:  # the others are still worth knowing
        traceback.print_exc()
        return Result(measure, note=f"Failed: {error}", broken=True)
