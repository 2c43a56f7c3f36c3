"""The answers of a sheet as a file that only grows: a cell is on the disk before it counts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from core.errors import InvalidInput, reason
from core.sheets.cell import Cell, cell_line, read_cell
from core.sheets.growing_file import GrowingFile

LARGEST = 2**30


class Journal:
    """Safe to use from many threads; one process at a time writes to a file.

    The newest line of a key counts. A line that a killed process left half written is left out, as
    is whatever else can't be read.
    """

    def __init__(self, path: Path) -> None:
        """Reads what is there. Raises InvalidInput where the file can't be read."""
        self.path = path
        self._lock = threading.Lock()
        full = f"The sheet's answers have more than {LARGEST >> 20:,} MB. Start a new sheet."
        self._file = GrowingFile(path, LARGEST, "The answer", full)
        try:
            self._cells = _read(self._file)
        except OSError as error:
            raise InvalidInput(f"{path.name} can't be read: {reason(error)}") from error

    @property
    def cells(self) -> Mapping[str, Cell]:
        """By key, as they are now."""
        with self._lock:
            return dict(self._cells)

    def cell(self, key: str) -> Cell | None:
        with self._lock:
            return self._cells.get(key)

    def add(self, cell: Cell) -> None:
        """Returns when it is on the disk. Raises InvalidInput with what the disk said, and after
        `close`; what was there stays.
        """
        with self._lock:
            self._file.add(cell_line(cell))
            self._cells[cell.key] = cell

    def close(self) -> None:
        """For ever. One that is being added is on the disk when it returns."""
        with self._lock:
            self._file.close()


def _read(file: GrowingFile) -> dict[str, Cell]:
    """Raises OSError."""
    cells: dict[str, Cell] = {}
    for line in file.lines():
        try:
            cell = read_cell(line)
        except InvalidInput:
            continue
        cells.pop(cell.key, None)
        cells[cell.key] = cell
    return cells
