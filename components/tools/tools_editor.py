"""The tools that the model may call: a JSON list in a field of its own below the messages."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.tools.schemas import parse_tools

IGNORED = (
    "This model's chat template leaves tools out: the prompt is the same without them. Describe "
    "them in a system message, or load a model that was taught tools."
)
EMPTY = {"summary": "none", "note": "", "warning": False, "count": 0}


def _text(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [next(iter(properties))]}


EXAMPLES: dict[str, dict[str, Any]] = {
    "Weather": {
        "name": "get_weather",
        "description": "Current weather at a place.",
        "parameters": _text(
            location={"type": "string", "description": "City, and country if there are several."},
            unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
        ),
    },
    "Search": {
        "name": "search",
        "description": "Search the web and return the best pages.",
        "parameters": _text(query={"type": "string"}, count={"type": "integer"}),
    },
    "Calculator": {
        "name": "calculate",
        "description": "The value of an arithmetic expression.",
        "parameters": _text(expression={"type": "string"}),
    },
}


def tools_editor(**props: Any) -> gr.HTML:
    """Event: `edit`, once a typing pause and after an example was added. The value is the text.

    Prop: status, what `tools_status` says of it.
    """
    return client_component("tools_editor", "", status=EMPTY, examples=EXAMPLES, **props)


def tools_status(text: str, prompt: RenderedPrompt | None) -> dict[str, Any]:
    """How many tools there are and what they cost, or what is wrong with them.

    prompt: rendered with them; None where it could not be rendered. line, column: of a mistake,
    counted from 1, for the field's caret.
    """
    try:
        tools = parse_tools(text)
    except InvalidInput as error:
        return {**EMPTY, "summary": "not readable", "note": str(error), "warning": True,
                **_place(text)}  # fmt: skip
    if not tools:
        return EMPTY
    count = f"{len(tools)} {'tool' if len(tools) == 1 else 'tools'}"
    if prompt is None:
        return {**EMPTY, "summary": count, "count": len(tools)}
    if prompt.tools_ignored:
        return {**EMPTY, "summary": f"{count} · not in the prompt", "note": IGNORED,
                "warning": True, "count": len(tools)}  # fmt: skip
    cost = f"{count} · {prompt.tool_tokens:,} tokens"
    return {**EMPTY, "summary": cost, "count": len(tools)}


def _place(text: str) -> dict[str, int]:
    """Where the JSON breaks; nothing where it is JSON, but no list of tools."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return {"line": error.lineno, "column": error.colno}
    except (ValueError, RecursionError):
        return {}
    return {}
