"""Tool calls that came in as values, and the text that LFM models write for them.

`<|tool_call_start|>[get_weather(city="Paris", days=3)]<|tool_call_end|>`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

START, END = "<|tool_call_start|>", "<|tool_call_end|>"
DEEPEST = 100  # lists and objects inside each other


def call_of(value: Any) -> tuple[str, str, str] | None:
    """Id, name and arguments of `{"id", "name", "arguments"}`, also inside of `{"function": ...}`.

    The arguments are a JSON object, here as text; the id may be empty. None for anything else.
    """
    inner = value.get("function", value) if isinstance(value, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        return None
    arguments = inner.get("arguments") or "{}"
    try:
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        arguments = arguments if arguments.strip() else "{}"
        calls_text([(inner["name"], arguments)])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    known = value.get("id")
    return known if isinstance(known, str) else "", inner["name"], arguments


def calls_text(calls: Iterable[tuple[str, str]]) -> str:
    """calls: names, and arguments as `call_of` gives them. Empty for no calls."""
    written: list[str] = []
    for name, arguments in calls:
        given = (f"{key}={literal(item)}" for key, item in json.loads(arguments).items())
        written.append(f"{name}({', '.join(given)})")
    return f"{START}[{', '.join(written)}]{END}" if written else ""


def literal(value: Any, depth: int = 0) -> str:
    """Python's literals, with texts in double quotes as the models write them."""
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} levels of lists and objects")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        items = (f"{literal(key)}: {literal(item, depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item, depth + 1) for item in value) + "]"
    return repr(value)
