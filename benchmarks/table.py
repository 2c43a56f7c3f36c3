"""Results as a table for people and as JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Result

HEADINGS = ("name", "value", "rounds", "must", "aim", "reached", "what")


def as_table(results: Sequence[Result]) -> str:
    """One line per measure; rounds are the lowest and the highest ratio of one round."""
    lines = [HEADINGS, *map(_cells, results)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def write_json(results: Sequence[Result], file: Path) -> None:
    written = json.dumps([result.as_json() for result in results], indent=2)
    file.write_text(written + "\n", encoding="utf-8")


def _cells(result: Result) -> tuple[str, ...]:
    measure = result.measure
    sign = "≥" if measure.higher_is_better else "≤"
    spread = f"{min(result.ratios):.3g}-{max(result.ratios):.3g}" if result.ratios else ""
    return (
        measure.name,
        "-" if result.value is None else f"{result.value:.3g}",
        spread,
        "-" if measure.must is None else f"{sign} {measure.must:g}",
        f"{sign} {measure.aim:g}",
        result.verdict,
        f"{measure.what}. {result.note}" if result.note else measure.what,
    )
