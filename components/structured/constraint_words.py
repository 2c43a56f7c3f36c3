"""A constraint in a few words: for the sidebar, for chips, and for the line below the editor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.wording import counted
from core.constraint import Constraint, schema_of
from core.errors import InvalidInput

NAMES = {
    "none": "None", "json": "JSON", "json_schema": "JSON schema", "choices": "Choices",
    "regex": "Regex", "grammar": "Grammar",
}  # fmt: skip
CHIPS = {
    "none": "free", "json": "JSON", "json_schema": "schema", "choices": "choices",
    "regex": "regex", "grammar": "grammar",
}  # fmt: skip
FINE = {
    "json": "JSON is valid", "json_schema": "Schema is valid", "choices": "Choices are valid",
    "regex": "Expression is valid", "grammar": "Grammar is valid",
}  # fmt: skip
LONGEST_PART = 30  # characters


def state_of(constraint: Constraint, is_sent: bool) -> str:
    """ "JSON schema · 3 properties"."""
    if constraint.kind == "none":
        return NAMES["none"]
    name = "" if constraint.kind == "choices" else NAMES[constraint.kind]
    parts = [name, inside(constraint), "" if is_sent else "not sent"]
    return " · ".join(filter(None, parts))


def inside(constraint: Constraint) -> str:
    """What it is made of; empty where the kind says all."""
    if constraint.kind == "choices":
        return counted(len(constraint.choices), "choice")
    if constraint.kind in ("json", "none"):
        return ""
    if not constraint.text.strip():
        return "empty"
    if constraint.kind == "grammar":
        return counted(len(constraint.text.strip().splitlines()), "line")
    if constraint.kind == "regex":
        return ""
    try:
        return _schema(schema_of(constraint))
    except InvalidInput:
        return "unreadable"


def excerpt(constraint: Constraint) -> str:
    """For a chip next to the kind's name."""
    if constraint.kind == "json_schema":
        return inside(constraint)
    text = " | ".join(constraint.choices) or " ".join(constraint.text.split())
    return text if len(text) <= LONGEST_PART else text[: LONGEST_PART - 1] + "…"


def _schema(schema: Mapping[str, Any]) -> str:
    items = schema.get("items")
    if schema.get("type") == "array" and isinstance(items, Mapping):
        return f"list, {_properties(items)} each" if _properties(items) else "list"
    return _properties(schema) or "no properties"


def _properties(schema: Mapping[Any, Any]) -> str:
    found = schema.get("properties")
    if not isinstance(found, Mapping) or not found:
        return ""
    return "1 property" if len(found) == 1 else f"{len(found):,} properties"
