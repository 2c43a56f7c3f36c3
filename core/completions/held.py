"""What an answer is held to (`response_format`, `structured_outputs`), tools and their choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.completions.body import NotAnswered, mapping, shown
from core.constraint import Constraint, constraint_from_dict

KINDS = {
    "json": "json_schema", "json_object": "json", "choice": "choices", "regex": "regex",
    "grammar": "grammar",
}  # fmt: skip
FORMATS = "text, json_object or json_schema"


def read_constraint(body: Mapping[str, Any]) -> Constraint:
    """From vLLM's `structured_outputs` or OpenAI's `response_format`. Raises InvalidInput."""
    outputs = {k: v for k, v in mapping(
        body.get("structured_outputs"), "structured_outputs").items() if v not in (None, False)
    }  # fmt: skip
    formatted = _response_format(mapping(body.get("response_format"), "response_format"))
    if not outputs:
        return formatted
    if formatted.kind != "none":
        raise NotAnswered(
            "The answer is held by both response_format and structured_outputs. Send one of them.",
            param="structured_outputs",
        )
    name = next((key for key in outputs if key not in KINDS), next(iter(outputs)))
    if name not in KINDS or len(outputs) > 1:
        raise NotAnswered(
            f"structured_outputs has {', '.join(map(shown, outputs))}; it must have one of "
            f"{', '.join(KINDS)}.",
            param="structured_outputs",
        )
    value = outputs[name]
    if name == "json":
        return _schema(value, "structured_outputs.json")
    if name == "json_object":
        return Constraint("json")
    field = {"choices": value} if name == "choice" else {"text": value}
    return constraint_from_dict({"kind": KINDS[name], **field})


def _response_format(value: Mapping[str, Any]) -> Constraint:
    kind = value.get("type", "text")
    if kind == "text":
        return Constraint()
    if kind == "json_object":
        return Constraint("json")
    if kind != "json_schema":
        raise NotAnswered(
            f"The type of response_format is {shown(kind)}; use {FORMATS}.",
            param="response_format",
        )
    named = mapping(value.get("json_schema"), "response_format.json_schema")
    return _schema(named.get("schema"), "response_format.json_schema.schema")


def _schema(value: Any, name: str) -> Constraint:
    if isinstance(value, str):  # vLLM takes it as a text too
        return constraint_from_dict({"kind": "json_schema", "text": value})
    if not isinstance(value, Mapping):
        raise NotAnswered(f"{name} is {shown(value)}; it must be a JSON schema.", param=name)
    text = json.dumps(value, ensure_ascii=False)
    return constraint_from_dict({"kind": "json_schema", "text": text})


def read_tools(body: Mapping[str, Any]) -> str:
    """As conversations hold them, which `core.workspace.requests` checks. Raises NotAnswered."""
    value = body.get("tools")
    if value is not None and not isinstance(value, list):
        raise NotAnswered(f"tools is {shown(value)}; it must be a list.", param="tools")
    return json.dumps(value, ensure_ascii=False) if value else ""


def read_tool_choice(body: Mapping[str, Any]) -> tuple[str, bool]:
    """As `Request.tool_choice` has it, and whether calls are to be read: with "none" they stay
    text, and the tools stay in the prompt, as in vLLM. Raises NotAnswered.
    """
    value = body.get("tool_choice")
    if value in (None, "auto", "none"):
        return "auto", value != "none"
    if value == "required":
        return "required", True
    function = value.get("function") if isinstance(value, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    if not isinstance(name, str) or name in ("", "auto", "required"):
        raise NotAnswered(
            f"tool_choice is {shown(value)}; use none, auto, required or "
            '{"type": "function", "function": {"name": …}}.',
            param="tool_choice",
        )
    return name, True
