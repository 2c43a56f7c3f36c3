"""What a browser sends to the Sheet tab, checked where it enters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, cast

import gradio as gr

from components.event_data import sent, sent_as
from components.sheets.sheet_table import FILTERS, Filter, Order
from components.sheets.sheet_view import MOST_ROWS_SHOWN
from components.uploads import uploaded_file
from core.bounds import LARGEST_FILE, LONGEST_VALUE, MOST_CHECKS, is_cut
from core.errors import InvalidInput, reason
from core.sheets.check import Check, check_from_dict
from core.sheets.row_files import Table, read_rows

LONGEST_QUERY = 200  # characters
LONGEST_BY = 100


@dataclass(frozen=True)
class Asked:
    """act: what to do. key: of the sheet; empty: none. number: of a row.

    text, file, name: rows that were pasted, or the path of an upload and its name.
    """

    act: str = ""
    key: str = ""
    number: int = 0
    column: str = ""
    value: str = ""
    lane: str = ""
    text: str = ""
    file: str = ""
    name: str = ""
    form: str = ""
    expected: str = ""
    images: str = ""
    samples: int = 1
    seed: int = 0
    replaces: bool = False
    checks: list[Any] | None = None
    files: list[Any] | None = None
    question: int = 0


def asked(event: gr.EventData) -> Asked:
    found = sent_as(event, Asked)
    if len(found.value) > LONGEST_VALUE or is_cut(found.value):
        raise InvalidInput(
            f"The text has {len(found.value):,} characters; at most "
            f"{LONGEST_VALUE:,} whole characters are allowed. Shorten it."
        )
    return found


def shown(event: gr.EventData) -> tuple[int, int, Order]:
    """The first row, how many, and their order; what isn't right becomes the default."""
    start, count = sent(event, "start", int, 0), sent(event, "count", int, 50)
    filter = sent(event, "filter", str, "all")
    query, by = sent(event, "query", str, "")[:LONGEST_QUERY], sent(event, "by", str, "")
    order = Order(
        cast(Filter, filter) if filter in FILTERS else "all", query, by[:LONGEST_BY],
        sent(event, "falling", bool, False),
    )  # fmt: skip
    return max(0, min(start, 2**31)), max(1, min(count, MOST_ROWS_SHOWN)), order


def table_of(ask: Asked, columns: tuple[str, ...] = ()) -> Table:
    """The rows that were pasted or uploaded. columns: those of the sheet. Raises InvalidInput."""
    if ask.text:
        return read_rows(ask.text, columns=columns)
    name = PurePath(ask.name or ask.file).name or "The file"
    return read_rows(upload_content(ask.file, name), name, columns)


def checks_of(ask: Asked) -> tuple[Check, ...]:
    """Raises InvalidInput."""
    given = ask.checks or []
    if len(given) > MOST_CHECKS:
        raise InvalidInput(
            f"There are {len(given):,} checks; at most {MOST_CHECKS} are allowed. Remove some."
        )
    return tuple(
        check_from_dict(
            {n: v for n, v in one.items() if n != "label"} if isinstance(one, dict) else one
        )
        for one in given
    )


def upload_content(path: Any, name: str) -> bytes:
    """Raises InvalidInput."""
    file: Path | None = uploaded_file(path)
    if file is None:
        raise InvalidInput(f"{name} was not uploaded. Choose it again.")
    try:
        if (size := file.stat().st_size) > LARGEST_FILE:
            raise InvalidInput(
                f"{name} is {size / 2**20:.1f} MB; the limit is {LARGEST_FILE // 2**20} MB."
            )
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{name} can't be read: {reason(error)} Choose it again.") from error
