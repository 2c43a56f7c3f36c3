"""The sheets that are open on this server, one value for each, whoever looks at it.

A sheet that runs stays until it ends: its page may be closed meanwhile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from components.sheets.open_sheet import OpenSheet
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.sheets.sheet import Sheet
from core.sheets.store import SheetStore

MOST_OPEN = 32
MOST_RUNNING = 4


class OpenSheets:
    """Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[Path, str], OpenSheet] = OrderedDict()

    def get(self, store: SheetStore, key: str) -> OpenSheet:
        """Raises InvalidInput where there is none."""
        with self._lock:
            place = store.folder, key
            if place not in self._open:
                visitor = f"sheet/{store.folder.parent.name}/{key}"
                self._open[place] = OpenSheet(self._engine, store, key, visitor)
            self._open.move_to_end(place)
            for other in [*self._open]:
                if len(self._open) > MOST_OPEN and not self._open[other].is_busy:
                    del self._open[other]
            return self._open[place]

    def create(self, store: SheetStore, sheet: Sheet) -> str:
        """A new sheet; returns its key."""
        key = store.create(sheet)
        self.forget(store, key)  # one of that key, if somebody else has removed its folder
        return key

    def forget(self, store: SheetStore, key: str) -> None:
        """It is deleted. Its run is stopped."""
        with self._lock:
            if gone := self._open.pop((store.folder, key), None):
                gone.stop()

    def running(self, store: SheetStore) -> dict[str, OpenSheet]:
        """Those of a store that run or pause, by key."""
        with self._lock:
            return {
                key: one
                for (folder, key), one in self._open.items()
                if folder == store.folder and one.is_busy
            }

    def check_room(self) -> None:
        """Raises InvalidInput where as many run as may."""
        with self._lock:
            going = sum(one.goes_on for one in self._open.values())
        if going >= MOST_RUNNING:
            raise InvalidInput(
                f"{going} sheets are running, the most at one time. Wait until one has ended, or "
                "pause one."
            )
