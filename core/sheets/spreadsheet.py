"""Lines of an XLSX file: the first sheet of the workbook, with formulas as the values they had."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from functools import partial
from typing import Any

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel, from_ISO8601

from core.errors import InvalidInput
from core.sheets.xlsx_parts import Link, Parts, Raw, TooMuch

XLSX_START = b"PK\x03\x04"
ENTRY = b"PK\x01\x02"  # begins what the archive's list says of each part
MOST_PARTS = 2_000  # files in the archive
LARGEST_UNPACKED = 64 * 2**20  # bytes, as its parts say; no more are unpacked
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for much memory
WHOLE = re.compile(r"[0-9]{1,18}|-[1-9][0-9]{0,17}")  # not -0, which is shown as 0


def xlsx_records(content: bytes, where: str) -> list[list[str]]:
    """Raises InvalidInput, also for an archive that unpacks to much more than it is."""
    if (count := content.count(ENTRY)) > MOST_PARTS:
        raise InvalidInput(
            f"{where} has {count:,} parts; at most {MOST_PARTS:,} are read. Save its rows as CSV."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if size > LARGEST_UNPACKED:
                raise TooMuch(f"unpacks to {size:,} bytes; at most {LARGEST_UNPACKED:,} are read")
            if any(part.compress_type not in PACKED for part in parts):
                raise TooMuch("is compressed in a way that is not supported")
            return _records(Parts(archive))
    except TooMuch as error:
        raise InvalidInput(f"{where} {error}. Save its rows as CSV.") from error
    except Exception as error:  # whatever a broken part makes Python raise
        raise InvalidInput(
            f"{where} can't be read as an XLSX file. Open it in a spreadsheet, save it again, or "
            "save it as CSV."
        ) from error


def _records(parts: Parts) -> list[list[str]]:
    book = _first(parts.links(""), "officeDocument")
    links = parts.links(book)
    sheets, is_old = parts.book(book)
    sheet = _first({id: links[id] for id in sheets if id in links}, "worksheet")
    kinds = {link.kind for link in links.values()}
    strings = parts.strings(_first(links, "sharedStrings")) if "sharedStrings" in kinds else []
    dates = parts.dates(_first(links, "styles")) if "styles" in kinds else {}
    epoch = MAC_EPOCH if is_old else WINDOWS_EPOCH
    return parts.lines(sheet, partial(_value, strings, dates, epoch))


def _first(links: dict[str, Link], kind: str) -> str:
    """Raises StopIteration where there is none."""
    return next(link.part for link in links.values() if link.kind == kind)


def _value(strings: list[str], dates: dict[int, bool], epoch: datetime, raw: Raw) -> str:
    match raw.kind:
        case "s":
            return strings[int(raw.text)]
        case "b":
            return "TRUE" if int(raw.text) else "FALSE"
        case "d":
            return _text(from_ISO8601(raw.text))
        case "n":
            return _number(raw.text, dates.get(raw.style), epoch)
    return raw.text


def _number(text: str, is_span: bool | None, epoch: datetime) -> str:
    """is_span: whether it is shown as a span of time, or as a date; None: as a number."""
    if is_span is not None:
        try:
            return _text(from_excel(float(text), epoch, timedelta=is_span))
        except (OverflowError, ValueError):  # outside of the calendar
            pass
    return text if WHOLE.fullmatch(text) else _text(float(text))


def _text(value: Any) -> str:
    """As a spreadsheet shows it without a format."""
    match value:
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
    return str(value)
