"""The Sheet tab as its script draws it: the value of each answer, and the component."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.lanes.lanes import editor_props
from components.sheets.open_sheet import SheetState
from components.sheets.sheet_table import LaneCell, TableRow
from components.snapshot import Snapshot
from core.bounds import LONGEST_VALUE, MOST_SAMPLES
from core.library.library import Library
from core.runs.engine import Engine
from core.sessions.session_images import name_of_content, with_paths
from core.sheets.check import check_to_dict
from core.sheets.results import Comparison, LaneResult
from core.sheets.sheet import LONGEST_NAME, Sheet
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict

EXCERPT = 300  # characters of a text in the table
MOST_ROWS_SHOWN = 200  # of one answer


class CellView(TypedDict):
    """state: none (no answer yet), passes, fails, open (nothing to judge), error. note: what else
    there is to say. of: how many samples pass, as "3/5"; empty with one.
    """

    state: str
    text: str
    note: str
    of: str


class RowView(TypedDict):
    """values: excerpts. cut: the places of those that are longer."""

    number: int
    values: list[str]
    cut: list[int]
    problem: str
    cells: dict[str, CellView]


class LaneView(TypedDict):
    """rates: from 0 to 1; None without an answer that was judged. facts: figures, in words. review:
    what the blind review says of it; empty without one.
    """

    label: str
    name: str
    answers: int
    passed: int
    rate: float | None
    low: float | None
    high: float | None
    facts: str
    more: str
    checks: list[str]
    review: str


class ComparisonView(TypedDict):
    headline: str
    text: str


class ProgressView(TypedDict):
    """judging: whether all this is of a judge. unjudged: how often one is still to be asked."""

    state: str
    done: int
    total: int
    failed: int
    rate: float | None
    seconds: float
    left: float | None
    why: str
    judging: bool
    unjudged: int


class SheetFacts(TypedDict):
    """prompt: a hash of the messages and lanes that the sheet was last run with."""

    key: str
    name: str
    prompt: str
    columns: list[str]
    expected: str
    images: str
    image_files: list[str]
    samples: int
    seed: int
    rows: int
    checks: list[dict[str, Any]]


class Listed(TypedDict):
    key: str
    name: str
    about: str
    state: str


def sheet_view(**props: Any) -> gr.HTML:
    """Events: `look`, at a sheet's rows or the list of sheets; `edit`, what is in a sheet; `run`,
    with the prompt and lanes of the page; `open`, a sheet or a shipped example, which replaces
    them; `cell`, an answer as a run on the page; `save_as`, a file. Props: answer, to the latest of
    these; prompt, of the page, as in `SheetFacts`. All else is part of the answers: Gradio forgets
    the props of a view that was not opened yet, but for those that it is sent.
    """
    events = ("look", "edit", "run", "open", "cell", "save_as")
    return client_component("sheet_view", None, answer=None, prompt="", events=events, **props)


def prompt_print(workspace: Workspace) -> str:
    """A hash of messages, tools, settings and lanes: two pages with the same one ask the same.
    Values of variables are not part of it, and images count by their content.
    """
    asked = with_paths(workspace, lambda image: name_of_content(Path(image.path)))
    fields = workspace_to_dict(replace(asked, variables=()))
    shown = fields["lane_count"] if workspace.count > 1 else 0
    fields["lanes"] = [{**lane, "pinned": False} for lane in fields["lanes"][:shown]]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def lane_names(engine: Engine, library: Library, workspace: Workspace) -> dict[str, str]:
    shown = editor_props(Snapshot(engine, library, workspace))
    return {label: shown[label]["name"] for label in workspace.labels}


def state_value(key: str, state: SheetState, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "limits": {"samples": MOST_SAMPLES, "name": LONGEST_NAME, "value": LONGEST_VALUE},
        "sheet": sheet_facts(key, state.sheet, state.images),
        "progress": progress_view(state),
        "lanes": lane_views(state, names),
        "comparisons": [comparison_view(one) for one in state.comparisons],
        "review": " ".join(state.review.sentences) if state.review else "",
        "counts": dict(state.counts),
        "unchecked": state.unchecked,
        "late": state.late,
        "shown": state.shown,
        "start": state.start,
        "rows": [row_view(row, state.sheet) for row in state.rows],
    }


def sheet_facts(key: str, sheet: Sheet, images: Sequence[str]) -> SheetFacts:
    return {
        "key": key,
        "name": sheet.name,
        "prompt": prompt_print(sheet.workspace),
        "columns": list(sheet.columns),
        "expected": sheet.expected,
        "images": sheet.images,
        "image_files": list(images),
        "samples": sheet.samples,
        "seed": sheet.seed,
        "rows": len(sheet.rows),
        "checks": [{**check_to_dict(check), "label": check.label} for check in sheet.checks],
    }


def progress_view(state: SheetState) -> ProgressView:
    progress = state.progress
    return {
        "state": progress.state,
        "done": progress.done,
        "total": progress.total,
        "failed": progress.failed,
        "rate": progress.rate,
        "seconds": progress.seconds,
        "left": progress.seconds_left,
        "why": progress.why,
        "judging": state.judging,
        "unjudged": state.unjudged,
    }


def lane_views(state: SheetState, names: Mapping[str, str]) -> list[LaneView]:
    found = {one.lane: one for one in state.lanes}
    reviewed = {one.lane: one.sentence for one in state.review.lanes} if state.review else {}
    return [
        _lane_view(label, names.get(label, label), found.get(label), reviewed.get(label, ""))
        for label in state.sheet.workspace.labels
    ]


def _lane_view(label: str, name: str, result: LaneResult | None, review: str) -> LaneView:
    if result is None:
        return {"label": label, "name": name, "answers": 0, "passed": 0, "rate": None, "low": None,
                "high": None, "facts": "", "more": "", "checks": [], "review": ""}  # fmt: skip
    several = len(result.by_check) > 1
    by_check = [f"{one}: {passed} of {judged}" for one, passed, judged in result.by_check]
    return {
        "label": label,
        "name": name,
        "answers": result.answers,
        "passed": result.passed,
        "rate": result.rate,
        "low": result.low,
        "high": result.high,
        "facts": _facts(result),
        "more": _more(result),
        "checks": by_check if several else [],
        "review": f"Blind review: {review}" if review else "",
    }


def _facts(result: LaneResult) -> str:
    """The figures of one answer."""
    if result.tokens is None or result.seconds is None:
        return ""
    return f"{result.tokens:.1f} tokens · {result.seconds:.2f} s"


def _more(result: LaneResult) -> str:
    """The figures of all answers."""
    facts = [f"{result.prompt_total + result.token_total:,} tokens total"]
    if result.undecided:
        facts.append(f"{result.undecided} undecided")
    if result.errors:
        facts.append(f"{result.errors} failed")
    if result.spread:
        facts.append(f"{100 * result.spread.of_rows:.0f}% of the spread is between rows")
    cut = dict(result.stop_reasons).get("max_new_tokens", 0)
    if cut:
        facts.append(f"{cut} cut at max_new_tokens")
    return " · ".join(facts)


def comparison_view(one: Comparison) -> ComparisonView:
    return {"headline": one.headline, "text": one.text}


def row_view(row: TableRow, sheet: Sheet) -> RowView:
    values = row.row.values
    return {
        "number": row.row.number,
        "values": [text[:EXCERPT] for text in values],
        "cut": [place for place, text in enumerate(values) if len(text) > EXCERPT],
        "problem": row.row.problem,
        "cells": {label: cell_view(cell) for label, cell in row.cells.items()},
    }


def cell_view(cell: LaneCell) -> CellView:
    of = f"{cell.passes}/{cell.planned}" if cell.planned > 1 and cell.judged else ""
    if not cell.ran:
        return {"state": "none", "text": "", "note": "", "of": ""}
    if cell.error:
        return {"state": "error", "text": cell.error[:EXCERPT], "note": "", "of": of}
    state = {True: "passes", False: "fails", None: "open"}[cell.passed]
    return {"state": state, "text": cell.text[:EXCERPT], "note": cell.why[:EXCERPT], "of": of}
