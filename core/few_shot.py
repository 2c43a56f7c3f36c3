"""Few-shot examples from pasted text: pairs of input and output that become turns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core.conversation import Message, Role, message
from core.errors import InvalidInput

ARROW = "=>"


def parse_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read pairs from `input => output` lines, or from CSV or TSV with two columns.

    Tabs win over arrows, arrows over commas; a first row `input, output` is a heading. `\\n` in an
    arrow line is a line break; CSV and TSV quote as usual. Raises InvalidInput with the line.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise InvalidInput("There are no examples. Write one `input => output` pair on each line.")
    if any("\t" in line for line in lines):
        rows = _table(text, "\t")
    elif any(ARROW in line for line in lines):
        rows = [[half.strip() for half in line.split(ARROW, 1)] for line in lines]
        rows = [[cell.replace("\\n", "\n") for cell in row] for row in rows]
    else:
        rows = _table(text, ",")
    heading = [cell.strip().lower() for cell in rows[0]] if rows else []
    if heading in (["input", "output"], ["user", "assistant"]):
        rows = rows[1:]
    pairs = []
    for place, row in enumerate(rows, start=1):
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise InvalidInput(
                f"Example {place} is {' | '.join(row)!r}: {len(row)} columns, or an empty one. "
                "Write exactly two, as `input => output`."
            )
        pairs.append((row[0], row[1]))
    if not pairs:
        raise InvalidInput(
            "There is only a heading or an empty table. Write one `input => output` pair a line."
        )
    return tuple(pairs)


def _table(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidInput(
            f"The table can't be read at line {reader.line_num}: {error}. "
            "Write one `input => output` pair on each line instead."
        ) from error


def turns(pairs: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
    """A user and an assistant turn for each pair."""
    return tuple(
        turn
        for given, wanted in pairs
        for turn in (message("user", given), message("assistant", wanted))
    )


def insertion_place(roles: Sequence[Role]) -> int:
    """Where examples belong: before the last user turn, else at the end."""
    users = [place for place, role in enumerate(roles) if role == "user"]
    return users[-1] if users else len(roles)
