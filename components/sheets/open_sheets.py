"""The sheets that are open on this server, one value for each, whoever looks at it.

A sheet that runs stays until it ends: its page may be closed meanwhile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from components.sheets.open_sheet import OpenSheet
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.sheets.sheet import Sheet
from core.sheets.store import SheetStore

MOST_OPEN = 32  # that are kept although nobody looks at them
MOST_RUNNING = 4
MOST_RUNNING_OF_USER = 2  # where users log in

SheetPlace = tuple[Path, str]  # the store's folder, and the sheet's key


class OpenSheets:
    """Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._open: OrderedDict[SheetPlace, OpenSheet] = OrderedDict()
        self._held = WeakValueDictionary[SheetPlace, OpenSheet]()  # also those that others hold
        self._opening = WeakValueDictionary[SheetPlace, threading.Lock]()
        self._beginning: set[SheetPlace] = set()

    def get(self, store: SheetStore, key: str) -> OpenSheet:
        """Raises InvalidInput where there is none. Reading a long one keeps no other waiting."""
        place = store.folder, key
        with self._alone(place):
            with self._lock:
                sheet = self._held.get(place)
            if sheet is None:
                sheet = OpenSheet(self._engine, store, key, f"sheets/{store.owner}")
            with self._lock:
                self._held[place] = self._open[place] = sheet
                self._open.move_to_end(place)
                dropped = self._dropped()
        for one in dropped:
            one.runs.stop()
        return sheet

    def create(self, store: SheetStore, sheet: Sheet) -> str:
        """A new sheet; returns its key."""
        key = store.create(sheet)
        with self._alone((store.folder, key)):
            self._close((store.folder, key))  # of a folder that somebody else has removed
        return key

    def delete(self, store: SheetStore, key: str) -> str:
        """Stop its run, and move it to the deleted ones; returns its key there."""
        with self._alone((store.folder, key)):
            self._close((store.folder, key))
            return store.delete(key)

    def running(self, store: SheetStore) -> dict[str, OpenSheet]:
        """Those of a store that run or pause, by key."""
        with self._lock:
            return {
                key: one
                for (folder, key), one in self._open.items()
                if folder == store.folder and one.runs.is_busy
            }

    @contextmanager
    def room(self, store: SheetStore, key: str) -> Iterator[None]:
        """Room for one more run, which begins within. Raises InvalidInput where there is none."""
        place = store.folder, key
        with self._lock:
            going = {one for one, sheet in self._open.items() if sheet.runs.goes_on}
            going |= self._beginning
            own = sum(folder == store.folder for folder, _ in going - {place})
            _check(len(going - {place}), own if store.owner else 0)
            self._beginning.add(place)
        try:
            yield
        finally:
            with self._lock:
                self._beginning.discard(place)

    @contextmanager
    def _alone(self, place: SheetPlace) -> Iterator[None]:
        """Nobody else opens or deletes this sheet meanwhile."""
        with self._lock:
            lock = self._opening.setdefault(place, threading.Lock())
        with lock:
            yield

    def _dropped(self) -> list[OpenSheet]:
        """What is no longer kept; a paused run goes on with the next one."""
        dropped: list[OpenSheet] = []
        for place, one in [*self._open.items()]:
            if len(self._open) <= MOST_OPEN:
                break
            if not one.runs.goes_on and place not in self._beginning:
                dropped.append(self._open.pop(place))
        return dropped

    def _close(self, place: SheetPlace) -> None:
        with self._lock:
            self._open.pop(place, None)
            gone = self._held.pop(place, None)
        if gone:
            gone.close()


def _check(going: int, own: int) -> None:
    """going: sheets that run. own: those of one user, where users log in."""
    if own >= MOST_RUNNING_OF_USER:
        raise InvalidInput(
            f"{own} of your sheets are running, the most allowed for one user. Wait until one "
            "ends, or pause one."
        )
    if going >= MOST_RUNNING:
        raise InvalidInput(
            f"{going} sheets are running, the most allowed at one time. Wait until one ends, or "
            "pause one."
        )
