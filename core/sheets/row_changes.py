"""Changes of a sheet's rows: another value, a row less, a row put back, more rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import InvalidInput
from core.sheets.sheet import Row, Sheet


@dataclass(frozen=True, slots=True)
class RemovedRow:
    """index: where it was. columns: of the sheet then."""

    index: int
    row: Row
    columns: tuple[str, ...]


def index_of(sheet: Sheet, number: int) -> int:
    """The index of the row with that number. Raises InvalidInput."""
    for index, row in enumerate(sheet.rows):
        if row.number == number:
            return index
    raise InvalidInput(f"Row {number} is no longer there. Reload the page.")


def with_value(sheet: Sheet, number: int, column: str, value: str) -> Sheet:
    """Raises InvalidInput where there is no such row or column."""
    index = index_of(sheet, number)
    if column not in sheet.columns:
        raise InvalidInput(f"There is no column {column[:40]!r}. Reload the page.")
    row = sheet.rows[index].edited(sheet.columns.index(column), value)
    return replace(sheet, rows=(*sheet.rows[:index], row, *sheet.rows[index + 1 :]))


def without_row(sheet: Sheet, number: int) -> tuple[Sheet, RemovedRow]:
    """Raises InvalidInput where there is no such row."""
    index = index_of(sheet, number)
    removed = RemovedRow(index, sheet.rows[index], sheet.columns)
    return replace(sheet, rows=(*sheet.rows[:index], *sheet.rows[index + 1 :])), removed


def with_row_back(sheet: Sheet, removed: RemovedRow) -> Sheet:
    """With a new number where another row has got its own meanwhile."""
    numbers = {one.number for one in sheet.rows}
    number = removed.row.number if removed.row.number not in numbers else max(numbers) + 1
    row = _arranged(removed.row, removed.columns, sheet.columns, number)
    return replace(sheet, rows=(*sheet.rows[: removed.index], row, *sheet.rows[removed.index :]))


def with_more_rows(sheet: Sheet, columns: Sequence[str], rows: Iterable[Row]) -> Sheet:
    """Further rows at the end, numbered anew; columns that are new are empty in the others."""
    known = (*sheet.columns, *(one for one in columns if one not in sheet.columns))
    last = max((row.number for row in sheet.rows), default=0)
    old = [_arranged(row, sheet.columns, known, row.number) for row in sheet.rows]
    new = [_arranged(row, columns, known, last + n) for n, row in enumerate(rows, start=1)]
    return sheet.with_rows(known, [*old, *new])


def _arranged(row: Row, columns: Sequence[str], known: Sequence[str], number: int) -> Row:
    """The same value where nothing changes, so that what is known of it stays."""
    values = dict(zip(columns, row.values, strict=True))
    now = tuple(values.get(name, "") for name in known)
    if now == row.values and number == row.number:
        return row
    return replace(row, number=number, values=now)
