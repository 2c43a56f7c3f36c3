"""LFM3's tool calls: `<function=name><parameter=key>value</parameter></function>`, or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from core.tools.schemas import Tool
from core.tools.tool_calls import LARGEST, ReadCalls, WrittenCall, call_of_object

FUNCTION = re.compile(r"<function=([^>\n]+)>")
PARAMETER = re.compile(r"<parameter=([^>\n]+)>\n?")


def read_xml_calls(text: str, tools: Sequence[Tool] = ()) -> ReadCalls:
    """Read what stands between `<tool_call>` and its end. Never raises.

    Values are texts; one is read as JSON where the tool's schema asks for something else.
    """
    if len(text) > LARGEST:
        return ReadCalls(error=f"It has {len(text):,} characters; at most {LARGEST:,} are read.")
    body = text.strip()
    if not body:
        return ReadCalls(unfinished=True)
    if body.startswith("{"):
        return _json_call(body)
    function = FUNCTION.match(body)
    if function is None:
        if re.fullmatch(r"<(?:f(?:u(?:n(?:c(?:t(?:i(?:o(?:n(?:=[^>\n]*)?)?)?)?)?)?)?)?)?", body):
            return ReadCalls(unfinished=True)
        return ReadCalls(error=f"Found “{body[:16]}”, expected “<function=name>”.")
    end = body.find("</function>", function.end())
    inside = body[function.end() : end if end >= 0 else len(body)]
    tool = next((tool for tool in tools if tool.name == function[1]), None)
    arguments, complete = _arguments(inside, tool)
    call = WrittenCall(function[1], arguments, complete=complete and end >= 0)
    return ReadCalls((call,), unfinished=not call.complete)


def _json_call(body: str) -> ReadCalls:
    try:
        call = call_of_object(_loaded(body))
    except (ValueError, RecursionError) as error:
        return ReadCalls(error=f"The call is not JSON: {error}.")
    if call is None:
        return ReadCalls(error='The call must be an object with "name" and "arguments".')
    return ReadCalls((call,))


def _arguments(inside: str, tool: Tool | None) -> tuple[tuple[tuple[str, Any], ...], bool]:
    """The arguments that are written to their end, and whether all are."""
    found: dict[str, Any] = {}
    place = 0
    while parameter := PARAMETER.search(inside, place):
        end = inside.find("</parameter>", parameter.end())
        if end < 0:
            return tuple(found.items()), False
        value = inside[parameter.end() : end].removesuffix("\n")
        found[parameter[1]] = _value(value, tool.type_of(parameter[1]) if tool else "")
        place = end + len("</parameter>")
    return tuple(found.items()), True


def _value(text: str, kind: str) -> Any:
    """As text where the schema says so or nothing, or where it is not JSON after all."""
    if kind in ("", "string"):
        return text
    try:
        return _loaded({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except (ValueError, RecursionError):
        return text


def _loaded(text: str) -> Any:
    """JSON, with escapes of half a character replaced: they can't be sent. Raises ValueError."""
    written = json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False)
    return json.loads(written.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
