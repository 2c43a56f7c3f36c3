"""Lines of CSV, and of the TSV that spreadsheets put on the clipboard."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from core.bounds import MOST_VARIABLES
from core.errors import InvalidInput

END_OF_VALUE = re.compile(r"\t|\r?\n")
MOST_STEPS = 2_000_000  # looking for ends of quotes that have none; later quotes are characters


def csv_records(text: str, delimiter: str, where: str) -> Iterator[list[str]]:
    """Raises InvalidInput, naming the line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise InvalidInput(
            f"{where}, line {reader.line_num:,}: {error}. Check the quotes there."
        ) from error


def tsv_records(text: str) -> Iterator[list[str]]:
    """A value is quoted only if its quotes end where it ends: spreadsheets quote values with line
    breaks, and leave other quotes as they are.
    """
    record: list[str] = []
    place, end, steps = 0, len(text), MOST_STEPS
    while place <= end:
        value, after, used = _quoted(text, place, steps)
        if value is None:
            steps -= used
            found = END_OF_VALUE.search(text, place)
            after = found.start() if found else end
            value = text[place:after]
        record.append(value)
        if len(record) > MOST_VARIABLES:  # more are refused, however many there are
            yield record
            return
        if text[after : after + 1] == "\t":
            place = after + 1
            continue
        yield record
        record = []
        place = after + (2 if text[after : after + 2] == "\r\n" else 1)


def _quoted(text: str, start: int, steps: int) -> tuple[str | None, int, int]:
    """(value, where it ends, steps taken); None where no quoted value begins."""
    if text[start : start + 1] != '"':
        return None, start, 0
    place, taken = start + 1, 0
    while taken < steps:
        taken += 1
        close = text.find('"', place)
        if close < 0:
            return None, start, steps  # nor does any later one end that is open here
        following = text[close + 1 : close + 2]
        if following == '"':
            place = close + 2
        elif following in ("", "\t", "\n", "\r"):
            return text[start + 1 : close].replace('""', '"'), close + 1, taken
        else:
            break
    return None, start, taken
