"""Throughput: answers through one batch against one `generate()` after another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.measure import Figure, NotMeasured
from benchmarks.subject import Subject
from benchmarks.together import asked, moments_of, seconds, worker_of
from core.library.library import read_library
from core.sampling import SamplingParams
from engine.batch.limits import Limits

ROOT = Path(__file__).parents[1]
PRESETS = ROOT / "presets"


def lanes(
    count: int,
    long: bool = False,
    params: Callable[[], SamplingParams] = SamplingParams,
    weights: str = "auto",
) -> Callable[[Subject], float]:
    """Seconds of `count` calls of `generate()` / those of one run with as many lanes.

    Both give the same number of tokens, so at one lane this is also ours / theirs in tokens/s.
    Prefill is included on both sides, the building of the prompt on ours alone. weights: what
    ours are kept as; those of `generate()` are plain.
    """

    def once(subject: Subject) -> float:
        tokens = subject.sizes.long if long else subject.sizes.short
        requests = subject.requests(count, tokens, params())
        one_by_one = sum(map(subject.alone, requests))
        checkpoint = subject.kept_as(weights)
        ratio = one_by_one / seconds(worker_of(checkpoint), requests)
        return Figure(ratio, f"Decoding step: {checkpoint.description.decoding}")

    return once


def users(count: int) -> Callable[[Subject], float]:
    """Tokens/s of users who come one shortly after the other / of `generate()` for one by one.

    Ours counts from the first one's coming to the last one's last token. Each user has a prompt of
    their own; that of `generate()` has as many tokens and other words.
    """

    def once(subject: Subject) -> float:
        requests = subject.requests(count, subject.sizes.short, same=False)
        one_by_one = sum(map(subject.alone, requests))
        worker = worker_of(subject.checkpoint, Limits())
        began = perf_counter()
        streams = []
        for number, request in enumerate(requests):
            sleep(max(0.0, began + number * subject.sizes.gap - perf_counter()))
            streams.append(asked(worker, [request], began))
        answers = [
            moments_of(stream, [request])[request.lane]
            for stream, request in zip(streams, requests, strict=True)
        ]
        return one_by_one / max(map(max, answers))

    return once


def against_llama(lanes: int) -> Callable[[Subject], float]:
    """Tokens/s of so many lanes / those of llama.cpp's batched decoding of as many at BF16.

    Both read the prompt once. Theirs samples nothing, which takes it no time here.
    """

    def once(subject: Subject) -> float:
        missing = [name for name in ("llama_cpp", "gguf") if find_spec(name) is None]
        if missing:
            raise NotMeasured(f"Needs {' and '.join(missing)}: see benchmarks/llama.py")
        tokens = subject.sizes.short
        ours = seconds(worker_of(subject.checkpoint), subject.requests(lanes, tokens))
        name = subject.checkpoint.description.name
        numbers = map(str, (lanes, tokens, subject.sizes.new))
        command = [sys.executable, "-m", "benchmarks.llama", name, *numbers]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return float(done.stdout.split()[-1]) / ours

    return once


def usual_preset() -> SamplingParams:
    """What the page starts with."""
    first = next(iter(read_library(PRESETS).presets.values()))
    return first.params(SamplingParams())
