"""How much of what repeats is tried: a part of it by default, all of it by `--thorough`.

A row that is left out by default must have another row that keeps its promise tested end to end.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

Row = TypeVar("Row")
VARIABLE = "PLAYGROUND_THOROUGH"  # set by --thorough: rows are made when modules are imported


def thorough() -> bool:
    return os.environ.get(VARIABLE) == "1"


def amount(usual: int, all_of_it: int) -> int:
    return all_of_it if thorough() else usual


def every(step: int, rows: Sequence[Row]) -> Sequence[Row]:
    """Each `step`-th row, from the first; all of them by `--thorough`."""
    return rows if thorough() else rows[::step]
