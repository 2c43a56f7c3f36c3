"""From requests to runs, redrawn by the clock; the page and the API both answer through here."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from time import perf_counter

from core.runs.engine import Engine
from core.runs.events import Event, Finished, StopReason
from core.runs.run import Run, fold, fold_all
from core.workspace import Request

REDRAW_SECONDS = 0.05
HEARTBEAT_SECONDS = 1.0


class Switch(threading.Event):
    """Set, it ends a run; a lane that is in `lanes` ends alone."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes: set[str] = set()


async def answer(
    engine: Engine,
    requests: Sequence[Request],
    stop: Switch,
    visitor: str = "",
    seconds: float | None = None,
    is_here: Callable[[], bool] = lambda: True,
) -> AsyncGenerator[dict[str, Run], None]:
    """Yield all lanes' runs, by label, at most 20 times a second; the last ones are ended.

    Setting `stop` ends the answer within one redraw, keeps what was written, and frees the engine
    within one decoding step; naming a lane in it does so for that lane; so does closing the
    iterator for all. Where nothing happens, in the queue or in a long prefill, the same runs come
    again every second: a server sees that its client is gone only when it has something to send.
    No thread waits meanwhile.

    visitor: who asks, for the engine's queue. seconds: the longest that a run may take, its wait
    included; None: no end. is_here: whether somebody still reads; if not, the run ends.
    """
    began = perf_counter()
    runs = {request.lane: Run(request) for request in requests}
    yield dict(runs)
    stream = engine.stream(requests, visitor)
    over: set[str] = set()
    starting = asyncio.create_task(asyncio.to_thread(stream.start))
    try:
        yielded, ended = perf_counter(), False
        while not ended:
            await asyncio.sleep(REDRAW_SECONDS)
            events: list[tuple[str, Event]] = []
            if starting.done():
                starting.result()  # a bug in it is raised here
                events, ended = stream.drain()
                events = [(lane, event) for lane, event in events if lane not in over]
            runs = _with(runs, events)
            now = perf_counter()
            for lane in [lane for lane in runs if lane in stop.lanes and lane not in over]:
                over.add(lane)
                stream.stop(lane)
                runs[lane] = _ended(runs[lane], now - began, "stopped")
                yielded = 0.0
            late = seconds is not None and now - began > seconds
            if not ended and (late or stop.is_set() or not is_here()):
                reason = "time_limit" if late else "stopped"
                runs = {lane: _ended(run, now - began, reason) for lane, run in runs.items()}
                ended = True
            if events or ended or now - yielded >= HEARTBEAT_SECONDS:
                yielded = now
                yield dict(runs)
    finally:
        stream.close()


def _with(runs: dict[str, Run], events: list[tuple[str, Event]]) -> dict[str, Run]:
    of_lane: dict[str, list[Event]] = {lane: [] for lane in runs}
    for lane, event in events:
        of_lane[lane].append(event)
    return {lane: fold_all(run, of_lane[lane]) for lane, run in runs.items()}


def _ended(run: Run, seconds: float, reason: StopReason) -> Run:
    over = run.status in ("done", "failed")
    return run if over else fold(run, Finished(reason, "", seconds))


def as_stopped(runs: Mapping[str, Run]) -> dict[str, Run]:
    """The runs as they were last drawn, when nothing more will be told of those that went on."""
    return {lane: _ended(run, run.seconds, "stopped") for lane, run in runs.items()}


class StopSwitches:
    """One switch per page and run, so that a button, a key or a closed tab can end its runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._switches: dict[str, set[Switch]] = defaultdict(set)

    def add(self, page: str) -> Switch:
        switch = Switch()
        with self._lock:
            self._switches[page].add(switch)
        return switch

    def remove(self, page: str, switch: Switch) -> None:
        with self._lock:
            self._switches[page].discard(switch)
            if not self._switches[page]:
                del self._switches[page]

    def stop(self, page: str, lane: str | None = None) -> None:
        """End the runs of a page, or that lane of them."""
        with self._lock:
            for switch in self._switches.get(page, ()):
                if lane is None:
                    switch.set()
                else:
                    switch.lanes.add(lane)
