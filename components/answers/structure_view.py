"""An answer's verdict and its JSON as a tree, for the lane's script."""

from __future__ import annotations

from typing import Any, TypedDict

from core.constraint import Constraint, schema_of
from core.errors import InvalidInput
from core.runs.run import Run
from core.validity.check import answer_of, expected, verdict_of
from core.validity.json_answer import Fields, find_json
from core.validity.tree import Tree, tree_of


class VerdictView(TypedDict):
    state: str
    title: str
    detail: str


class StructureView(TypedDict):
    """tree: None if the answer isn't JSON. tree_first: it is what a person wants to see."""

    verdict: VerdictView | None
    tree: Tree | None
    tree_first: bool


def structure_view(run: Run) -> StructureView:
    """Empty before the end: half of an answer has no tree."""
    if run.status != "done":
        return {"verdict": None, "tree": None, "tree_first": False}
    verdict, constraint = verdict_of(run), expected(run)
    wants_json = constraint is not None and constraint.kind in ("json", "json_schema")
    found = find_json(answer_of(run))
    if found and not wants_json and not isinstance(found.value, Fields | list):
        found = None  # a number alone is a text like others
    shown: VerdictView | None = None
    if verdict:
        shown = {"state": verdict.state, "title": verdict.title, "detail": verdict.detail}
    problems = verdict.problems if verdict and found and not found.fenced else ()
    tree = tree_of(found.value, _schema(constraint), problems) if found else None
    return {
        "verdict": shown,
        "tree": tree,
        "tree_first": bool(found and wants_json and not found.fenced),
    }


def _schema(constraint: Constraint | None) -> Any:
    if constraint is None or constraint.kind != "json_schema":
        return None
    try:
        return schema_of(constraint)
    except InvalidInput:
        return None
