"""Runs a sheet, for a test that kills it; says which cells it has counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.conversation import Conversation, message
from core.sheets.journal import Journal
from core.sheets.plan import Plan
from core.sheets.runner import SheetRun
from core.sheets.sheet import Row, Sheet
from core.workspace import Workspace
from engine.scripted.scripted_engine import ScriptedEngine

ROWS = 200
SHEET = Sheet(
    "Words",
    Workspace(Conversation((message("user", "!say {{word}}"),))),
    ("word",),
    tuple(Row(n, (f"word {n}",)) for n in range(1, ROWS + 1)),
)


def plan() -> Plan:
    return Plan(SHEET, {}, "scripted")


def run(path: Path, said: Callable[[str], None]) -> SheetRun:
    """To its end, if nobody kills it."""
    begun = SheetRun(
        ScriptedEngine(tokens_per_second=100), plan(), Journal(path), at_once=4,
        added=lambda cell: said(cell.key),
    )  # fmt: skip
    begun.start()
    begun.join()
    return begun
