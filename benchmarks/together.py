"""Our side: requests through one batch, with the moments at which their tokens came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from time import perf_counter

from core.runs.events import Event, Failed, Token
from core.workspace import Request
from engine.batch.limits import Limits
from engine.batch.run_handle import RunHandle
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from engine.loading.checkpoint import Checkpoint

NOTHING_KEPT = Limits(prompt_cache_bytes=0)


def worker_of(checkpoint: Checkpoint, limits: Limits = NOTHING_KEPT) -> Worker:
    """A fresh one: it knows no prompt."""
    return Worker(checkpoint, limits)


def asked(worker: Worker, requests: Sequence[Request], began: float | None = None) -> Stream:
    """A stream that is under way. began: the `perf_counter()` its seconds count from; now."""
    handle = RunHandle("", perf_counter() if began is None else began)
    stream = Stream([Part(worker, requests, handle)], handle.events)
    stream.start()
    return stream


def seconds(worker: Worker, requests: Sequence[Request]) -> float:
    """From asking to the last token of all lanes, building the prompts included."""
    moments = moments_of(asked(worker, requests), requests)
    return max(map(max, moments.values()))


def moments_of(stream: Stream, requests: Sequence[Request]) -> dict[str, list[float]]:
    """Seconds of each lane's tokens. A lane that fails or is too short ends the measurement."""
    moments: dict[str, list[float]] = {request.lane: [] for request in requests}
    with closing(stream):
        for lane, moment in tokens_of(stream):
            moments[lane].append(moment)
    for request in requests:
        assert len(moments[request.lane]) == request.params.max_new_tokens
    return moments


def tokens_of(events: Iterable[tuple[str, Event]]) -> Iterable[tuple[str, float]]:
    """The lane of each token and the second at which it was chosen."""
    for lane, event in events:
        if isinstance(event, Failed):
            raise RuntimeError(event.message)
        if isinstance(event, Token):
            yield lane, event.seconds
