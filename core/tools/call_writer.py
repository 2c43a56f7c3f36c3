"""Tool calls of other formats as the text that LFM models write and are shown in examples.

`<|tool_call_start|>[get_weather(city="Paris", days=3)]<|tool_call_end|>`
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

START, END = "<|tool_call_start|>", "<|tool_call_end|>"


def call_of(value: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Name and arguments of `{"name", "arguments"}`, also inside of `{"function": ...}`.

    The arguments may be JSON as text. None for anything else.
    """
    inner = value.get("function", value) if isinstance(value, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        return None
    arguments = inner.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments) if arguments.strip() else {}
        except (ValueError, RecursionError):
            return None
    if not isinstance(arguments, Mapping):
        return None
    return inner["name"], cast(Mapping[str, Any], arguments)


def calls_text(calls: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Empty for no calls."""
    written = [
        f"{name}({', '.join(f'{key}={_literal(value)}' for key, value in arguments.items())})"
        for name, arguments in calls
    ]
    return f"{START}[{', '.join(written)}]{END}" if written else ""


def _literal(value: Any) -> str:
    """Python's literals, with texts in double quotes as the models write them."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        items = (f"{_literal(key)}: {_literal(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return repr(value)
