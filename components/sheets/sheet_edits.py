"""What a person changes in a sheet: rows, checks, settings and images."""

from __future__ import annotations

from dataclasses import replace

from components.sheets.open_sheet import OpenSheet
from components.sheets.sheet_images import with_images
from components.sheets.sheet_input import Asked, checks_of, table_of
from core.errors import InvalidInput
from core.sheets.check import Check
from core.sheets.row_files import Table
from core.sheets.sheet import EXPECTED, LONGEST_NAME, Row, Sheet
from core.workspace import Workspace

MOST_NAMED = 20  # rows that could not be read


def new_sheet(page: Workspace, ask: Asked) -> tuple[Sheet, list[str]]:
    """A sheet with the page's prompt, and notes about its rows. Raises InvalidInput."""
    table = table_of(ask)
    name = ask.name.rsplit(".", 1)[0] if ask.file else ""
    sheet = Sheet((name or "Sheet")[:LONGEST_NAME], for_sheet(page, table.columns))
    sheet = sheet.with_rows(table.columns, table.rows)
    if sheet.expected:
        sheet = replace(sheet, checks=(Check("equals"),))
    return sheet, _notes(table)


def for_sheet(page: Workspace, columns: tuple[str, ...]) -> Workspace:
    """The page's prompt and lanes; the rows give the values of the variables that are columns."""
    known = {*columns, EXPECTED}
    kept = tuple((name, value) for name, value in page.variables if name not in known)
    return replace(page, variables=kept)


def edited(sheet: OpenSheet, ask: Asked) -> list[str]:
    """Does what is asked; returns notes. Raises InvalidInput."""
    match ask.act:
        case "cell":
            sheet.edit(ask.number, ask.column, ask.value)
        case "remove":
            sheet.remove(ask.number)
        case "put_back":
            sheet.put_back()
        case "row":
            sheet.add(sheet.sheet.columns, [Row(1, ("",) * len(sheet.sheet.columns))])
        case "rows":
            return _with_rows(sheet, ask)
        case "checks":
            checks = checks_of(ask)
            sheet.change(lambda now: replace(now, checks=checks))
        case "settings":
            sheet.change(lambda now: _with_settings(now, ask))
        case "images":
            return with_images(sheet, ask)
        case _:
            raise InvalidInput(f"Unknown action {ask.act[:40]!r}. Reload the page.")
    return []


def _with_rows(sheet: OpenSheet, ask: Asked) -> list[str]:
    known = () if ask.replaces else sheet.sheet.columns
    table = table_of(ask, known)
    if ask.replaces:
        sheet.change(lambda now: now.with_rows(table.columns, table.rows))
    else:
        sheet.add(table.columns, table.rows)
    return _notes(table)


def _notes(table: Table) -> list[str]:
    bad = [str(row.number) for row in table.rows if row.problem]
    if not bad:
        return [*table.notes]
    more = f" and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
    named = ", ".join(bad[:MOST_NAMED])
    return [*table.notes, f"Rows that could not be read: {named}{more}."]


def _with_settings(sheet: Sheet, ask: Asked) -> Sheet:
    for what, name in (("expected", ask.expected), ("images", ask.images)):
        if name and name not in sheet.columns:
            raise InvalidInput(f"There is no column {name[:40]!r} for {what}. Reload the page.")
    return replace(
        sheet, name=ask.name.strip()[:LONGEST_NAME] or sheet.name, expected=ask.expected,
        images=ask.images, samples=ask.samples, seed=ask.seed,
    )  # fmt: skip
