"""Constraints to start from, and the prefill that a constraint's answers begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.constraint import Constraint, schema_of
from core.errors import InvalidInput

ORDER = """{
  "type": "object",
  "properties": {
    "customer": { "type": "string" },
    "deliver_by": { "type": "string", "format": "date" },
    "items": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": { "type": "string" },
          "colour": { "type": "string" },
          "quantity": { "type": "integer" }
        },
        "required": ["name", "quantity"],
        "additionalProperties": false
      }
    }
  },
  "required": ["customer", "deliver_by", "items"],
  "additionalProperties": false
}"""
PEOPLE = """{
  "type": "array",
  "items": {
    "type": "object",
    "properties": {
      "name": { "type": "string" },
      "role": { "type": "string" }
    },
    "required": ["name", "role"],
    "additionalProperties": false
  },
  "maxItems": 20
}"""
DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"


@dataclass(frozen=True, slots=True)
class ConstraintExample:
    name: str
    description: str
    constraint: Constraint


EXAMPLES: Mapping[str, ConstraintExample] = {
    "extraction": ConstraintExample(
        "Extraction", "An order as one object", Constraint("json_schema", ORDER)
    ),
    "list": ConstraintExample(
        "List", "A list of objects, at most 20", Constraint("json_schema", PEOPLE)
    ),
    "date": ConstraintExample(
        "Date", "A regular expression for 2026-12-05", Constraint("regex", DATE)
    ),
    "labels": ConstraintExample(
        "Labels",
        "Choices for a classification",
        Constraint("choices", choices=("positive", "negative", "neutral")),
    ),
}


def prefill_of(constraint: Constraint) -> str:
    """How answers to a JSON constraint begin, up to the colon after the first property."""
    try:
        schema = schema_of(constraint) if constraint.kind == "json_schema" else {}
    except InvalidInput:
        return "{"
    start, inner = "{", schema
    if schema.get("type") == "array":
        items = schema.get("items")
        start, inner = "[", items if isinstance(items, Mapping) else {}
    properties = inner.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return start
    first = json.dumps(next(iter(properties)), ensure_ascii=False)
    return f"{start.removesuffix('{')}{{{first}:"
