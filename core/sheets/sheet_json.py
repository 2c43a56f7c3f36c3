"""A sheet as a value of JSON, and as the YAML that people write and the command line reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any, cast

import yaml

from core.bounds import LARGEST_FILE, MOST_CHECKS, MOST_ROWS, MOST_VARIABLES
from core.constraint import DEEPEST
from core.conversation import Image
from core.errors import InvalidInput
from core.lanes import LABELS
from core.library.yaml_text import PARSING, write_yaml, yaml_problem
from core.sheets.check import check_from_dict, check_to_dict
from core.sheets.row_files import Table
from core.sheets.sheet import Row, Sheet, check_sheet
from core.workspace import Workspace
from core.workspace_json import FORMAT as PROMPT_FORMAT
from core.workspace_json import VERSION as PROMPT_VERSION
from core.workspace_json import workspace_from_dict, workspace_to_dict

FORMAT = "lfm-playground-sheet"
VERSION = 1
LANE_FIELDS = ("lanes", "lane_count")
FIELDS = (
    "format", "version", "name", "prompt", "lanes", "samples", "seed", "expected", "images",
    "checks", "columns", "rows", "numbers", "problems",
)  # fmt: skip
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


# -- JSON -------------------------------------------------------------------------------------
def sheet_to_dict(sheet: Sheet) -> dict[str, Any]:
    """For JSON, without what is as usual. Images of messages are paths."""
    usual, given = workspace_to_dict(Workspace()), workspace_to_dict(sheet.workspace)
    lanes = given["lanes"][: sheet.workspace.count]
    numbers = [row.number for row in sheet.rows]
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "name": sheet.name,
        "prompt": _changes(given, {**usual, **{name: given[name] for name in LANE_FIELDS}}),
        "lanes": [_changes(lane, usual["lanes"][0]) for lane in lanes],
        "samples": sheet.samples,
        "seed": sheet.seed,
        "expected": sheet.expected,
        "images": sheet.images,
        "checks": [check_to_dict(check) for check in sheet.checks],
        "columns": list(sheet.columns),
        "numbers": [] if numbers == [*range(1, len(numbers) + 1)] else numbers,
        "problems": {str(row.number): row.problem for row in sheet.rows if row.problem},
        "rows": [dict(zip(sheet.columns, row.values, strict=True)) for row in sheet.rows],
    }
    optional = ("name", "expected", "images", "numbers", "problems")
    return {name: value for name, value in fields.items() if value or name not in optional}


def _changes(given: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _changes(value, usual[name])
        if isinstance(value, dict) and isinstance(usual.get(name), dict)
        else value
        for name, value in given.items()
        if value != usual.get(name)
    }


def sheet_from_dict(value: Any, read_file: Callable[[str], Table] | None = None) -> Sheet:
    """Read an untrusted value. Raises InvalidInput, naming the field.

    read_file: gives the table of a file that `rows` names; None: it may name none.
    """
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise InvalidInput(f"This is not a sheet of LFM Playground: it has no `format: {FORMAT}`.")
    fields = {str(name): item for name, item in cast(Mapping[Any, Any], value).items()}
    if fields.get("version") != VERSION:
        raise InvalidInput(
            f"This sheet's version is not {VERSION}, the only one that is read. Open it with the "
            "version of the playground that wrote it."
        )
    if unknown := next((name for name in fields if name not in FIELDS), ""):
        raise InvalidInput(f"A sheet has no field {unknown[:40]!r}; use {', '.join(FIELDS)}.")
    checks = _list(fields, "checks", MOST_CHECKS)
    sheet = Sheet(
        _text(fields, "name"),
        _workspace(fields),
        checks=tuple(map(check_from_dict, checks)),
        samples=fields.get("samples", 1),
        seed=fields.get("seed", 0),
    )
    if isinstance(rows := fields.get("rows", []), str):
        if read_file is None:
            raise InvalidInput("rows names a file, which is read on the command line only.")
        table = read_file(rows)
    else:
        table = _table(fields)
    sheet = sheet.with_rows(table.columns, table.rows)
    sheet = replace(
        sheet,
        expected=_text(fields, "expected") or sheet.expected,
        images=_text(fields, "images"),
    )
    check_sheet(sheet)
    return sheet


def _workspace(fields: Mapping[str, Any]) -> Workspace:
    prompt = fields.get("prompt", {})
    if not isinstance(prompt, Mapping):
        raise InvalidInput("prompt must be an object with messages.")
    lanes = _list(fields, "lanes", len(LABELS))
    given = {str(name): item for name, item in cast(Mapping[Any, Any], prompt).items()}
    whole = {"messages": [], **given, "format": PROMPT_FORMAT, "version": PROMPT_VERSION}
    return workspace_from_dict({**whole, "lanes": lanes, "lane_count": max(1, len(lanes))})


def _table(fields: Mapping[str, Any]) -> Table:
    """Rows are objects by column; one without a column has an empty text there."""
    rows = _list(fields, "rows", MOST_ROWS)
    columns = _list(fields, "columns", MOST_VARIABLES)
    numbers = _list(fields, "numbers", MOST_ROWS) or [*range(1, len(rows) + 1)]
    problems = fields.get("problems", {})
    if not all(isinstance(one, str) for one in columns):
        raise InvalidInput("columns must be a list of names.")
    right = all(type(one) is int and 0 < one < 2**53 for one in numbers)
    if len(numbers) != len(rows) or not right or len(set(numbers)) < len(numbers):
        raise InvalidInput("numbers must be a list of whole numbers, a different one for each row.")
    if not isinstance(problems, Mapping) or len(problems) > len(rows):
        raise InvalidInput("problems must be an object that maps row numbers to sentences.")
    for number, row in zip(numbers, rows, strict=True):
        if not isinstance(row, Mapping) or not all(
            isinstance(part, str) for pair in row.items() for part in pair
        ):
            raise InvalidInput(f"Row {number} must be an object that maps column names to strings.")
    known = columns or [*dict.fromkeys(name for row in rows for name in row)]
    for number, row in zip(numbers, rows, strict=True):
        if unknown := next((name for name in row if name not in known), ""):
            raise InvalidInput(f"Row {number} has {unknown[:40]!r}, which is not among columns.")
    made = tuple(
        Row(number, tuple(row.get(name, "") for name in known), _problem(problems, number))
        for number, row in zip(numbers, rows, strict=True)
    )
    return Table(tuple(known), made)


def _problem(problems: Mapping[Any, Any], number: int) -> str:
    found = problems.get(str(number), "")
    if not isinstance(found, str) or len(found) > 1_000:
        raise InvalidInput(
            f"The problem of row {number} must be a string of at most 1,000 characters."
        )
    return found


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise InvalidInput(f"{name} of a sheet must be a string.")
    return value


def _list(fields: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise InvalidInput(f"{name} of a sheet must be a list of at most {most:,}.")
    return value


# -- YAML -------------------------------------------------------------------------------------
def sheet_text(sheet: Sheet) -> str:
    """The YAML of a sheet, with a line for each row. Images of messages are names."""
    named = [
        replace(
            turn,
            parts=tuple(
                Image(part.name or PurePath(part.path).name) if isinstance(part, Image) else part
                for part in turn.parts
            ),
        )
        for turn in sheet.workspace.conversation.messages
    ]
    fields = sheet_to_dict(replace(sheet, workspace=sheet.workspace.with_messages(named)))
    rows = fields.pop("rows")
    lines = [f"  - {_printable(json.dumps(row, ensure_ascii=False))}\n" for row in rows]
    return write_yaml(fields) + ("rows:\n" + "".join(lines) if lines else "rows: []\n")


def _printable(text: str) -> str:
    """JSON as YAML takes it, which escapes more characters."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def sheet_of(text: str, read_file: Callable[[str], Table] | None = None) -> Sheet:
    """The sheet of such a text; values of rows are as they are written: 007 stays 007.

    read_file: as in `sheet_from_dict`; without it messages can't have images either, whose paths
    would be opened. Raises InvalidInput.
    """
    if len(text) > LARGEST_FILE:
        raise InvalidInput(
            f"The sheet has {len(text):,} characters; at most {LARGEST_FILE:,} are read. Put the "
            "rows into a file of their own."
        )
    try:
        _check_events(text)
        value = yaml.load(text, Loader=yaml.CSafeLoader)
        written = yaml.load(text, Loader=yaml.CBaseLoader)
    except InvalidInput:
        raise
    except PARSING as error:
        raise InvalidInput(f"This is not YAML: {yaml_problem(error)}.") from error
    if isinstance(value, dict) and isinstance(written, dict):
        value |= {name: written[name] for name in ("rows", "columns") if name in written}
    sheet = sheet_from_dict(value, read_file)
    if read_file is None and sheet.workspace.conversation.images:
        raise InvalidInput("A sheet's file can't contain the images of its messages. Remove them.")
    return sheet


def _check_events(text: str) -> None:
    """Raises InvalidInput for aliases, a few lines of which make millions, and for depth."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidInput("A sheet can't use YAML aliases (*name). Write the values out.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise InvalidInput(f"The sheet is nested more than {DEEPEST} levels deep. Check it.")
