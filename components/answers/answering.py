"""Turns requests into runs, redrawn at fixed intervals. The page and the API both use it."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cache
from time import perf_counter

from core.runs.engine import Engine
from core.runs.events import Event, Finished, StopReason
from core.runs.run import Run, fold, fold_all
from core.validity.check import checked, expected
from core.workspace import Request

REDRAW_SECONDS = 0.05
LANE_SECONDS = 0.025  # per lane: a browser that draws four must also take keys
HEARTBEAT_SECONDS = 1.0
CHECKS_AT_ONCE = 2  # child processes; what else is to be checked waits


class CancelToken(threading.Event):
    """When set, it ends a run; a lane in `lanes` ends alone."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes: set[str] = set()


async def answer(
    engine: Engine,
    requests: Sequence[Request],
    stop: CancelToken,
    visitor: str = "",
    seconds: float | None = None,
    is_here: Callable[[], bool] = lambda: True,
    checks: bool = True,
) -> AsyncGenerator[dict[str, Run], None]:
    """Yield all lanes' runs, by label, at most 20 times a second, and four lanes 10 times. The last
    ones have ended.

    Setting `stop` ends the answer within one redraw, keeps its text, and frees the engine within
    one decoding step. Adding a lane to `stop.lanes` does this for that lane. Closing the iterator
    does it for all. While nothing happens, in the queue or in a long prefill, the same runs are
    sent every second, because a server notices a closed client only when it sends something. No
    thread waits meanwhile.

    visitor: the sender, for the engine's queue. seconds: the longest that a run may take, including
    its wait; None: no limit. is_here: whether the client is still connected; if not, the run ends.

    checks: whether finished answers get a verdict; one that is to be checked is "checking" until
    its verdict is there.
    """
    began, asked_at = perf_counter(), datetime.now().astimezone().isoformat(timespec="seconds")
    pause = max(REDRAW_SECONDS, LANE_SECONDS * len(requests))
    runs = {request.lane: Run(request, asked_at=asked_at) for request in requests}
    yield dict(runs)
    stream = engine.stream(requests, visitor)
    over: set[str] = set()
    starting = asyncio.create_task(asyncio.to_thread(stream.start))
    checking: dict[str, Future[Run]] = {}
    try:
        yielded, ended = perf_counter(), False
        while not ended or checking:
            await asyncio.sleep(pause)
            events: list[tuple[str, Event]] = []
            if starting.done() and not ended:
                starting.result()  # a bug in it is raised here
                events, ended = stream.drain()
                events = [(lane, event) for lane, event in events if lane not in over]
            runs = _with(runs, events)
            for lane, run in runs.items():
                if checks and run.status == "done" and expected(run) and lane not in over:
                    over.add(lane)
                    checking[lane] = _checkers().submit(checked, run)
                    runs[lane] = replace(run, status="checking")
            found = {lane: check.result() for lane, check in checking.items() if check.done()}
            checking = {lane: check for lane, check in checking.items() if lane not in found}
            runs |= found
            now = perf_counter()
            going = [lane for lane in runs if lane not in over or lane in checking]
            for lane in [lane for lane in going if lane in stop.lanes]:
                over.add(lane)
                checking.pop(lane, None)
                stream.stop(lane)
                runs[lane] = _ended(runs[lane], now - began, "stopped")
                yielded = 0.0
            late = seconds is not None and now - began > seconds
            if late or stop.is_set() or not is_here():
                checking.clear()
                reason = "time_limit" if late else "stopped"
                runs = {lane: _ended(run, now - began, reason) for lane, run in runs.items()}
                ended = True
            if events or found or (ended and not checking) or now - yielded >= HEARTBEAT_SECONDS:
                yielded = now
                yield dict(runs)
    finally:
        stream.close()
        for check in checking.values():
            check.cancel()


@cache
def _checkers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CHECKS_AT_ONCE, "check")


def _with(runs: dict[str, Run], events: list[tuple[str, Event]]) -> dict[str, Run]:
    of_lane: dict[str, list[Event]] = {lane: [] for lane in runs}
    for lane, event in events:
        of_lane[lane].append(event)
    return {lane: fold_all(run, of_lane[lane]) for lane, run in runs.items()}


def _ended(run: Run, seconds: float, reason: StopReason) -> Run:
    if run.status in ("done", "failed"):
        return run
    if run.status == "checking":  # its answer is there, and only the verdict is given up
        return replace(run, status="done")
    return fold(run, Finished(reason, "", seconds))


def as_stopped(runs: Mapping[str, Run]) -> dict[str, Run]:
    """The runs as last drawn; those that were still going count as stopped."""
    return {lane: _ended(run, run.seconds, "stopped") for lane, run in runs.items()}


class CancelTokens:
    """One token per page and run, so that a button, a key or a closed tab can end its runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._switches: dict[str, set[CancelToken]] = defaultdict(set)

    def add(self, page: str) -> CancelToken:
        switch = CancelToken()
        with self._lock:
            self._switches[page].add(switch)
        return switch

    def remove(self, page: str, switch: CancelToken) -> None:
        with self._lock:
            self._switches[page].discard(switch)
            if not self._switches[page]:
                del self._switches[page]

    def stop(self, page: str, lane: str | None = None) -> None:
        """End the runs of a page, or one lane of them."""
        with self._lock:
            for switch in self._switches.get(page, ()):
                if lane is None:
                    switch.set()
                else:
                    switch.lanes.add(lane)
