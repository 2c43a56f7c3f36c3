"""What the browser asks about a constraint while a person types: is it fine, and for an example its
schema. Each value is untrusted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypedDict

from genson import SchemaBuilder

from components.structured.constraint_words import FINE, inside
from core.constraint import (
    LARGEST,
    Constraint,
    check_constraint,
    constraint_from_dict,
    schema_of,
)
from core.errors import InvalidInput
from core.runs.engine import Engine


class Checked(TypedDict):
    """error: the sentence that a run would be refused with, empty where all is well. fine, facts:
    what there is, and how soon it is ready.
    """

    error: str
    fine: str
    facts: str


class Made(TypedDict):
    """text: the schema of an example. error: why there is none, else empty."""

    text: str
    error: str


def checker(engine: Engine) -> Callable[[Any], Checked]:
    """The function that the browser calls by its name."""

    def check(sent: Any) -> Checked:
        return checked(engine, sent)

    return check


def checked(engine: Engine, sent: Any) -> Checked:
    found: Checked = {"error": "", "fine": "", "facts": ""}
    try:
        constraint = constraint_from_dict(sent)
        if constraint.kind == "none":
            return found
        check_constraint(constraint)
        seconds = engine.check_constraint(constraint)
    except InvalidInput as error:
        return {**found, "error": str(error)}
    ready = "" if seconds is None else f"ready in {_time(seconds)}"
    facts = " · ".join(filter(None, [inside(constraint), ready]))
    return {**found, "fine": FINE[constraint.kind], "facts": facts}


def schema_of_example(sent: Any) -> Made:
    """A schema that the example fits: all its fields are required, and there are no others."""
    if not isinstance(sent, str) or len(sent) > LARGEST:
        return {"text": "", "error": f"An example has at most {LARGEST:,} characters. Shorten it."}
    try:
        # In an object, as an example may be a list; read as strictly as a schema.
        whole = schema_of(Constraint("json_schema", f'{{"example":{sent}\n}}'))
    except InvalidInput:
        return {"text": "", "error": "The example can't be read. Paste one answer as JSON."}
    if [*whole] != ["example"]:
        return {"text": "", "error": "The example can't be read. Paste one JSON value."}
    builder = SchemaBuilder()
    builder.add_object(whole["example"])
    schema = _closed(builder.to_schema())
    schema.pop("$schema", None)
    return {"text": json.dumps(schema, ensure_ascii=False), "error": ""}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Without other fields, which a model would go on to invent, and in the example's order."""
    properties = {name: _closed(one) for name, one in schema.get("properties", {}).items()}
    closed = dict(schema)
    if schema.get("type") == "object":
        required = [name for name in properties if name in schema.get("required", ())]
        closed |= {"properties": properties, "required": required, "additionalProperties": False}
    if isinstance(items := schema.get("items"), dict):
        closed["items"] = _closed(items)
    if isinstance(either := schema.get("anyOf"), list):
        closed["anyOf"] = [_closed(one) for one in either]
    return closed


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"
