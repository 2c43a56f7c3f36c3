"""Rows of a sheet from what is pasted or uploaded: TSV, CSV, lines, JSON, JSONL and XLSX.

A row that can't be read is kept, with its problem; a file that is too large is not read at all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.bounds import (
    LARGEST_FILE,
    LONGEST_VALUE,
    LONGEST_VARIABLE,
    MOST_CHARACTERS,
    MOST_ROWS,
    MOST_VARIABLES,
    check_count,
    is_cut,
)
from core.errors import InvalidInput
from core.sheets.delimited import csv_records, tsv_records
from core.sheets.json_rows import Record, json_records
from core.sheets.sheet import Row
from core.sheets.spreadsheet import XLSX_START, xlsx_records
from core.validity.json_answer import whole

TAKEN_FOR_NAMES = "The first row was read as the names of the columns."
LONGEST_NOTE = 40  # characters of a name in a note
LONGEST_HEADING = 1_000  # characters of which a name is made
SEPARATORS = "\t\r\n,;[{"  # of values: what is between two may become an object in memory
MOST_SEPARATORS = 3_000_000  # where there are as many, 20 MB are no rows of texts


@dataclass(frozen=True, slots=True)
class Table:
    """notes: sentences about what is not as it was in the file."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def read_rows(content: bytes | str, name: str = "", columns: Sequence[str] = ()) -> Table:
    """name: of the file, empty for what was pasted. columns: those of the sheet: a first line that
    does not name most or all of them has values, which go into them in their order.

    Raises InvalidInput for what is too large, or is not a table.
    """
    if len(content) > LARGEST_FILE:
        raise InvalidInput(
            f"{name or 'The text'} has {len(content):,} bytes; at most {LARGEST_FILE:,} are "
            "read. Split it."
        )
    where = name or "The text"
    if isinstance(content, bytes) and content.startswith(XLSX_START):
        return _from_lines(xlsx_records(content, where), columns, where, is_file=True)
    text = content if isinstance(content, str) else _decoded(content, where)
    text = text.removeprefix("\ufeff")
    check_count(sum(map(text.count, SEPARATORS)), MOST_SEPARATORS, "separators", where)
    if not text.strip():
        raise InvalidInput(f"{where} is empty. Choose another file, or paste rows.")
    ending = name.lower().rpartition(".")[2]
    is_lines = ending in ("jsonl", "ndjson")
    like_json = is_lines or text.lstrip()[0] in "{["
    if like_json and (records := json_records(text, is_lines)) is not None:
        return _from_records(records, columns, where)
    if ending == "json":
        raise InvalidInput(f"{where} is not JSON with a list of objects. Check its brackets.")
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if "\t" in first or ending == "tsv":
        lines = tsv_records(text)
    elif ending == "csv" or _is_csv(text, first):
        delimiter = ";" if first.count(";") > first.count(",") else ","
        lines = csv_records(text, delimiter, where)
    else:
        lines = ([line.rstrip("\r\n")] for line in io.StringIO(text, newline="\n"))
    return _from_lines(lines, columns, where, is_file=bool(name))


def variable_name(heading: str, number: int) -> str:
    """A column's heading as the name of a variable. number: of the column, where it has none."""
    name = re.sub(r"[^\w.]+", "_", heading.strip()[:LONGEST_HEADING])
    parts = ("".join(c for c in part if f"a{c}".isidentifier()) for part in name.split("."))
    named = (part if part.isidentifier() else f"_{part}" for part in parts if part.strip("_"))
    return ".".join(named)[:LONGEST_VARIABLE].strip(".").rstrip("_") or f"column_{number}"


def _decoded(content: bytes, where: str) -> str:
    code = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(code)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{where} is not text in UTF-8: byte {error.start + 1:,} is wrong. Save it as "
            "“CSV UTF-8”, or as XLSX."
        ) from error


def _is_csv(text: str, first: str) -> bool:
    """Pasted sentences have commas too: a first line of names, and another one of as many."""
    delimiter = ";" if first.count(";") > first.count(",") else ","
    names = first.split(delimiter, MOST_VARIABLES)[:MOST_VARIABLES]  # more are refused
    rest = text.lstrip("\r\n").split("\n", 2)
    return (
        len(names) > 1
        and all(re.fullmatch(r"\w[\w .-]{0,63}", one.strip('"\r')) for one in names)
        and (len(rest) < 2 or rest[1].count(delimiter) >= len(names) - 1)
    )


def _from_lines(
    lines: Iterable[Sequence[str]], columns: Sequence[str], where: str, is_file: bool
) -> Table:
    """Blank lines are left out."""
    kept: list[Sequence[str]] = []
    for line in lines:
        if any(one.strip() for one in line):
            kept.append(line)
            if len(kept) > MOST_ROWS + 1:  # one may have the names of the columns
                check_count(len(kept), MOST_ROWS, "rows", where)
            check_count(len(line), MOST_VARIABLES, "columns", where)
    if not kept:
        raise InvalidInput(f"{where} has no rows. Choose another file, or paste rows.")
    headings, notes = _known(kept[0], columns) if columns else _headings(kept, is_file)
    if headings is None:
        names = [*columns] or [f"column_{n}" for n in range(1, max(map(len, kept)) + 1)]
    else:
        names = _names(headings, notes)
        kept = kept[1:]
    check_count(len(kept), MOST_ROWS, "rows", where)
    rows: list[Row] = []
    for number, line in enumerate(kept, start=1):
        values = [*line, *[""] * (len(names) - len(line))]
        problem = ""
        if len(line) != len(names) and (len(line) > len(names) or headings is not None):
            problem = f"It has {_many(len(line), 'value')} for {_many(len(names), 'column')}."
            values = [*values[: len(names) - 1], ", ".join(values[len(names) - 1 :])]
        rows.append(_row(number, values, names, problem))
    return _table(names, rows, notes, where)


def _known(line: Sequence[str], columns: Sequence[str]) -> tuple[Sequence[str] | None, list[str]]:
    """The line if it names all columns of a sheet, or hardly anything else; a note where that is a
    guess: a value may be a word that is the name of a column too.
    """
    first = _without_end(line)
    names = _names(first, [])
    pairs = zip(names, first, strict=True)
    known = [name for name, one in pairs if name in columns and re.search(r"\w", one)]
    if len(known) == len(columns) or 2 * len(known) > len(first):
        new = ", ".join(name for name in names if name not in known)
        more = f" New: {new}." if new else ""
        is_sure = len(known) == len(columns) == len(first)
        return first, [] if is_sure else [f"{TAKEN_FOR_NAMES}{more}"]
    note = "The first row was read as values, but has the names of columns: "
    return None, [f"{note}{', '.join(known)}."] if known else []


def _headings(
    lines: Sequence[Sequence[str]], is_file: bool
) -> tuple[Sequence[str] | None, list[str]]:
    """The first line if it has names; a note where that is a guess."""
    first = _without_end(lines[0])
    like = all(len(one) <= LONGEST_VARIABLE and re.search(r"[^\W\d]", one) for one in first)
    if len(first) == 1 and not is_file:  # lines of a text, unless the first one is a plain word
        like = like and first[0].isidentifier() and first[0].islower()
    if not like or len(lines) < 2:
        return None, ["The first row has no names for the columns; they are numbered."]
    return first, [] if is_file else [TAKEN_FOR_NAMES]


def _without_end(line: Sequence[str]) -> list[str]:
    """Its values up to the last one that is not blank."""
    first = [one.strip() for one in line]
    while first and not first[-1]:
        first.pop()
    return first


def _names(headings: Sequence[str], notes: list[str]) -> list[str]:
    """Names of variables, no two alike; what is called differently is noted."""
    names: list[str] = []
    for number, heading in enumerate(headings, start=1):
        plain = name = variable_name(heading, number)
        again = 1
        while name in names:
            again += 1
            name = f"{plain[: LONGEST_VARIABLE - 5]}_{again}"
        if name != heading:
            notes.append(f"The column “{heading[:LONGEST_NOTE]}” is called {name} in the prompt.")
        names.append(name)
    return names


def _from_records(records: Iterable[Record], columns: Sequence[str], where: str) -> Table:
    found: list[Record] = []
    headings: dict[str, None] = {}
    for record in records:
        found.append(record)
        check_count(len(found), MOST_ROWS, "rows", where)
        headings |= dict.fromkeys(record.values)
        check_count(len(headings), MOST_VARIABLES, "columns", where)
    if not headings and not found:
        raise InvalidInput(f"{where} has no rows. Choose another file, or paste rows.")
    notes: list[str] = []
    keys = [*headings] or ["line"]
    names = _names(keys, notes)
    rows = [
        _row(
            number,
            [record.raw, *[""] * (len(keys) - 1)]
            if record.problem
            else [record.values.get(key, "") for key in keys],
            names,
            record.problem,
        )
        for number, record in enumerate(found, start=1)
    ]
    return _table(names, rows, notes, where)


def _row(number: int, values: Sequence[str], names: Sequence[str], problem: str) -> Row:
    kept: list[str] = []
    for name, value in zip(names, values, strict=True):
        if len(value) > LONGEST_VALUE:
            problem = (
                f"It has {len(value):,} characters in {name}; the first {LONGEST_VALUE:,} are kept."
            )
        kept.append(whole(value[:LONGEST_VALUE]) if is_cut(value) else value[:LONGEST_VALUE])
    return Row(number, tuple(kept), problem)


def _table(names: Sequence[str], rows: Sequence[Row], notes: list[str], where: str) -> Table:
    check_count(len(names), MOST_VARIABLES, "columns", where)
    total = sum(len(value) for row in rows for value in row.values)
    check_count(total, MOST_CHARACTERS, "characters", where)
    return Table(tuple(names), tuple(rows), tuple(notes))


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + "s" * (count != 1)
