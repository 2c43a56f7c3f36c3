"""Results as a table for people and as JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Figure, Result

HEADINGS = ("name", "value", "rounds", "must", "aim", "reached", "what")


def as_table(results: Sequence[Result]) -> str:
    """One line per measure; rounds are the lowest and the highest value of one round."""
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


def write_page(results: Sequence[Result], file: Path) -> None:
    """Put the results into the page's table: a row that is there is replaced, another one added."""
    before, table, after = _around_table(file.read_text(encoding="utf-8"))
    rows = {line.split("|")[1].strip(): line for line in table}
    for result in results:
        name, value, spread, must, aim, *_ = _cells(result)
        shown = f"{value} ({spread})" if spread else f"- ({result.note})"
        rows[name] = f"|{name}|{shown}|{must}|{aim}|"
    file.write_text("\n".join([*before, *rows.values(), *after]) + "\n", encoding="utf-8")


def _around_table(page: str) -> tuple[list[str], list[str], list[str]]:
    """The lines up to the line below the table's head, its rows, and the lines after it."""
    lines = page.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("|---")) + 1
    end = next((n for n in range(begin, len(lines)) if not lines[n].startswith("|")), len(lines))
    return lines[:begin], lines[begin:end], lines[end:]


def _cells(result: Result) -> tuple[str, ...]:
    measure = result.measure
    sign = "≥" if measure.higher_is_better else "≤"
    values = result.ratios
    spread = f"{_number(min(values))}-{_number(max(values))}" if values else ""
    notes = [measure.what, *sorted({v.detail for v in values if isinstance(v, Figure)})]
    return (
        measure.name,
        "-" if result.value is None else _number(result.value),
        spread,
        "-" if measure.must is None else f"{sign} {measure.must:g}",
        f"{sign} {measure.aim:g}",
        result.verdict,
        ". ".join([*notes, *filter(None, [result.note])]),
    )


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
