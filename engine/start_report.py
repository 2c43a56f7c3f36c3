"""Tells the terminal how the first model is loaded."""

from __future__ import annotations

import sys

from core.runs.engine import Loaded, LoadEvent, Loading
from core.runs.events import Failed


class StartReport:
    """Prints how the first model is loaded, each step once for every tenth of it."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, event: LoadEvent) -> None:
        match event:
            case Loading():
                tenths = "" if event.fraction is None else f" {10 * int(10 * event.fraction)}%"
                if (line := f"{event.step}…{tenths}") != self._last:
                    self._last = line
                    print(line, flush=True)
            case Loaded(description=d):
                known = [d.kept, f"loaded in {d.load_seconds:.1f} s" if d.load_seconds else ""]
                print(f"{d.name}: {', '.join(filter(None, known))}", flush=True)
            case Failed():
                print(f"{event.message}\nThe page goes on without a model.", file=sys.stderr)
