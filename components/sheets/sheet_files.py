"""A sheet as a file to save: its answers in four forms, and the sheet itself as YAML."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypedDict

from components.sheets.open_sheet import OpenSheet
from core.bounds import LARGEST_EXPORT
from core.errors import InvalidInput
from core.file_names import file_stem
from core.library.library import Preset
from core.sheets.export import Answers, as_csv, jsonl, report_html, xlsx
from core.sheets.sheet_json import sheet_text


class SavedFile(TypedDict):
    """content: in base64. type: of the content."""

    name: str
    content: str
    type: str


FORMS: dict[str, tuple[str, Callable[[Answers], str | bytes]]] = {
    "csv": ("text/csv", as_csv),
    "jsonl": ("application/jsonl", jsonl),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
    "html": ("text/html", lambda answers: report_html(answers, f"{datetime.now():%Y-%m-%d %H:%M}")),
    "yaml": ("application/yaml", lambda answers: sheet_text(answers.plan.sheet)),
}


def saved_file(sheet: OpenSheet, presets: Mapping[str, Preset], form: str) -> SavedFile:
    """Raises InvalidInput for an unknown form, and for what is too large."""
    if form not in FORMS:
        raise InvalidInput(f"Unknown format {form[:40]!r}; use one of {', '.join(FORMS)}.")
    kind, write = FORMS[form]
    written = write(sheet.answers(presets))
    content = written.encode("utf-8", "replace") if isinstance(written, str) else written
    if len(content) > LARGEST_EXPORT:
        raise InvalidInput(
            f"The file would be {len(content) / 2**20:.0f} MB; the limit is {LARGEST_EXPORT >> 20} "
            "MB. Remove rows, or use the command line."
        )
    return {
        "name": f"{file_stem(sheet.sheet.name, otherwise='sheet')}.{form}",
        "content": base64.b64encode(content).decode(),
        "type": kind,
    }
