"""From requests to runs, redrawn by the clock; the page and the API both answer through here."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing

from core.engine import Engine
from core.events import Finished
from core.pump import Pump
from core.run import Run, fold
from core.workspace import Request

REDRAW_SECONDS = 0.05


def answer(
    engine: Engine, requests: Sequence[Request], stop: threading.Event
) -> Iterator[dict[str, Run]]:
    """Yield all lanes' runs, by label, at most 20 times a second; the last ones are ended.

    Setting `stop` ends the answer within one redraw, keeps what was written, and frees the engine
    within one decoding step; so does closing the iterator.
    """
    runs = {request.lane: Run(request) for request in requests}
    yield dict(runs)
    with closing(Pump(engine.stream(requests))) as pump:
        ended = False
        while not ended:
            stopped = stop.wait(REDRAW_SECONDS)
            events, ended = pump.drain()
            for lane, event in events:
                runs[lane] = fold(runs[lane], event)
            if stopped and not ended:
                runs = {lane: _stopped(run) for lane, run in runs.items()}
                ended = True
            if events or ended:
                yield dict(runs)


def _stopped(run: Run) -> Run:
    over = run.status in ("done", "failed")
    return run if over else fold(run, Finished("stopped", "", run.seconds))


class StopSwitches:
    """One switch per page and run, so that a button, a key or a closed tab can end its runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._switches: dict[str, set[threading.Event]] = defaultdict(set)

    def add(self, page: str) -> threading.Event:
        switch = threading.Event()
        with self._lock:
            self._switches[page].add(switch)
        return switch

    def remove(self, page: str, switch: threading.Event) -> None:
        with self._lock:
            self._switches[page].discard(switch)
            if not self._switches[page]:
                del self._switches[page]

    def stop(self, page: str) -> None:
        with self._lock:
            for switch in self._switches.get(page, ()):
                switch.set()
