"""A sheet: one prompt, its lanes, a table of inputs, and the checks of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.bounds import (
    LONGEST_VALUE,
    LONGEST_VARIABLE,
    MOST_CELLS,
    MOST_CHARACTERS,
    MOST_CHECKS,
    MOST_ROWS,
    MOST_SAMPLES,
    MOST_VARIABLES,
    is_cut,
)
from core.errors import InvalidInput
from core.sampling import LARGEST_SEED
from core.sheets.check import Check
from core.workspace import Workspace

LONGEST_NAME = 120  # characters of a sheet's name
EXPECTED = "expected"  # also the variable by which checks know the expected column


@dataclass(frozen=True, slots=True)
class Row:
    """values: a text for each column. number: as it was read, counted from 1; it stays when rows
    are sorted or removed. problem: why it could not be read as it stands; such a row is kept, and
    not run until it is edited.
    """

    number: int
    values: tuple[str, ...]
    problem: str = ""

    def edited(self, place: int, value: str) -> Row:
        """With another value in a column. It counts as read."""
        values = (*self.values[:place], value, *self.values[place + 1 :])
        return replace(self, values=values, problem="")


@dataclass(frozen=True, slots=True)
class Sheet:
    """workspace: the prompt, with variables that are named as the columns, and the lanes.

    samples: answers of each row in each lane, with the seeds `seed`, `seed` + 1 and so on, unless a
    lane has a seed of its own to begin with. A greedy lane answers once. expected, images: names of
    columns, empty where there is none.
    """

    name: str = ""
    workspace: Workspace = Workspace()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    checks: tuple[Check, ...] = ()
    samples: int = 1
    seed: int = 0
    expected: str = ""
    images: str = ""

    def texts(self, row: Row) -> dict[str, str]:
        """By column."""
        return dict(zip(self.columns, row.values, strict=True))

    def values(self, row: Row) -> dict[str, str]:
        """What variables stand for: a row's texts by column, and the expected one as `expected`,
        also where another column has that name.
        """
        values = self.texts(row)
        return values | ({EXPECTED: values[self.expected]} if self.expected else {})

    def with_rows(self, columns: Sequence[str], rows: Iterable[Row]) -> Sheet:
        """Other rows; a column called `expected` is taken for that, if none is chosen or left."""
        known = tuple(columns)
        kept = self.expected if self.expected in known else EXPECTED * (EXPECTED in known)
        images = self.images if self.images in known else ""
        return replace(self, columns=known, rows=tuple(rows), expected=kept, images=images)


def check_sheet(sheet: Sheet) -> None:
    """Raises InvalidInput for what is out of bounds, or does not fit together."""
    _at_most(len(sheet.columns), MOST_VARIABLES, "columns", "Remove some")
    _at_most(len(sheet.rows), MOST_ROWS, "rows", "Split the sheet")
    _at_most(len(sheet.checks), MOST_CHECKS, "checks", "Remove some")
    if len(sheet.name) > LONGEST_NAME or is_cut(sheet.name):
        raise InvalidInput(
            f"The sheet's name has {len(sheet.name):,} characters; {LONGEST_NAME} are allowed, "
            "and no half characters. Change it."
        )
    for name, value, low, high in (
        ("samples", sheet.samples, 1, MOST_SAMPLES),
        ("seed", sheet.seed, 0, LARGEST_SEED - MOST_SAMPLES),
    ):
        if type(value) is not int or not low <= value <= high:
            raise InvalidInput(f"{name} is {value!r}; it must be a whole number, {low} to {high}.")
    _check_columns(sheet)
    _check_rows(sheet.columns, sheet.rows)
    if (cells := len(sheet.rows) * sheet.workspace.count * sheet.samples) > MOST_CELLS:
        raise InvalidInput(
            f"{len(sheet.rows):,} rows, {sheet.workspace.count} lanes and {sheet.samples} "
            f"samples make {cells:,} answers; {MOST_CELLS:,} are allowed. Use fewer of one of them."
        )


def _check_columns(sheet: Sheet) -> None:
    for name in sheet.columns:
        if not name or len(name) > LONGEST_VARIABLE or is_cut(name):
            raise InvalidInput(
                f"A column is called {name[:40]!r}; a name has 1 to {LONGEST_VARIABLE} characters."
            )
    if twice := next((name for name in sheet.columns if sheet.columns.count(name) > 1), ""):
        raise InvalidInput(f"Two columns are called {twice!r}. Rename one.")
    for what, name in (("expected", sheet.expected), ("images", sheet.images)):
        if name and name not in sheet.columns:
            raise InvalidInput(
                f"{what} is the column {name!r}; the columns are {', '.join(sheet.columns)}."
            )


def _check_rows(columns: Sequence[str], rows: Iterable[Row]) -> None:
    characters = 0
    numbers: set[int] = set()
    for row in rows:
        if row.number in numbers:
            raise InvalidInput(f"Two rows have the number {row.number}. Give each its own.")
        numbers.add(row.number)
        if len(row.values) != len(columns):
            raise InvalidInput(
                f"Row {row.number} has {len(row.values)} values; the sheet has {len(columns)} "
                "columns."
            )
        for name, value in zip(columns, row.values, strict=True):
            if len(value) > LONGEST_VALUE or is_cut(value):
                raise InvalidInput(
                    f"Row {row.number} has {len(value):,} characters in {name}; "
                    f"{LONGEST_VALUE:,} are allowed, and no half characters. Shorten it."
                )
            characters += len(value)
    if characters > MOST_CHARACTERS:
        raise InvalidInput(
            f"The rows have {characters:,} characters; at most {MOST_CHARACTERS:,} are read. "
            "Split the sheet."
        )


def _at_most(count: int, most: int, what: str, then: str) -> None:
    if count > most:
        raise InvalidInput(f"The sheet has {count:,} {what}; {most:,} are allowed. {then}.")
