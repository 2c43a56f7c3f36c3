"""Lines of an XLSX file: the first sheet of the workbook, with formulas as the values they had."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

from core.bounds import MOST_ROWS, MOST_VARIABLES
from core.errors import InvalidInput

XLSX_START = b"PK\x03\x04"
MOST_PARTS = 2_000  # files in the archive
LARGEST_UNPACKED = 64 * 2**20  # bytes, as its parts say; no more are unpacked
MOST_BLANK = 10_000  # rows that are looked at in addition


def xlsx_records(content: bytes, where: str) -> list[list[str]]:
    """Raises InvalidInput, also for an archive that unpacks to much more than it is."""
    try:
        _check_archive(content, where)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not read
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                sheet: Any = book.worksheets[0]
                sheet.reset_dimensions()  # what the file says of them may be wrong
                return list(_lines(sheet))
            finally:
                book.close()
    except InvalidInput:
        raise
    except Exception as error:  # the library raises whatever a broken part makes Python raise
        raise InvalidInput(
            f"{where} can't be read as an XLSX file. Open it in a spreadsheet, save it again, or "
            "save it as CSV."
        ) from error


def _lines(sheet: Any) -> Iterator[list[str]]:
    """Up to one row and one column more than are allowed, so that too many are seen."""
    kept = 0
    most = MOST_ROWS + MOST_BLANK
    for row in sheet.iter_rows(max_row=most, max_col=MOST_VARIABLES + 1, values_only=True):
        line = [_text(value) for value in row]
        while line and not line[-1]:
            line.pop()
        if line:
            yield line
            kept += 1
            if kept > MOST_ROWS + 1:
                return


def _check_archive(content: bytes, where: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: Sequence[zipfile.ZipInfo] = archive.infolist()
        size = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or size > LARGEST_UNPACKED:
            raise InvalidInput(
                f"{where} unpacks to {size:,} bytes in {len(parts):,} parts; "
                f"{LARGEST_UNPACKED:,} bytes and {MOST_PARTS:,} parts are read at most. Save its "
                "rows as CSV."
            )
        for part in parts:
            with archive.open(part) as file:
                if b"<!DOCTYPE" in file.read(4_096):  # entities, which no spreadsheet writes
                    raise InvalidInput(
                        f"{where} has a part with a DOCTYPE, which is not read. Save it again."
                    )


def _text(value: Any) -> str:
    """As a spreadsheet shows it without a format."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
    return str(value)
