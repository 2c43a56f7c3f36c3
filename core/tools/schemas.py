"""The tools that a model may call: their JSON list read strictly, and calls held against it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from core.errors import InvalidInput
from core.tools.tool_calls import WrittenCall

LARGEST_LIST = 200_000  # characters
MOST_TOOLS = 128
FORM = '{"name": …, "description": …, "parameters": {"type": "object", "properties": {…}}}'
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "array": (list,), "object": (dict,), "null": (type(None),),
}  # fmt: skip


@dataclass(frozen=True)
class Tool:
    """given: the entry as it was typed, flat or below "function". properties: schemas by name."""

    name: str
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    required: tuple[str, ...] = ()

    def type_of(self, argument: str) -> str:
        """The schema's word for it, such as "string"; empty where it names none, or several."""
        schema = self.properties.get(argument)
        kind = schema.get("type") if isinstance(schema, Mapping) else None
        return kind if isinstance(kind, str) else ""


def parse_tools(text: str) -> tuple[Tool, ...]:
    """Read a JSON list of tools; no text, no tools. Raises InvalidInput and names the place."""
    if not text.strip():
        return ()
    if len(text) > LARGEST_LIST:
        raise InvalidInput(
            f"The tools have {len(text):,} characters; at most {LARGEST_LIST:,} are read. "
            "Remove some."
        )
    try:
        entries = json.loads(text, parse_constant=_no_constant)
        json.dumps(entries, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(
            f"The tools can't be read at {place}: {error.msg}. Fix the JSON there."
        ) from error
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "The tools hold half of a character, such as \\ud83d alone. Write the character itself."
        ) from error
    except RecursionError:
        raise InvalidInput("The tools are nested too deeply. Use flatter schemas.") from None
    except ValueError as error:
        raise InvalidInput(f"The tools can't be read: {error}. Fix the JSON.") from error
    if not isinstance(entries, list):
        raise InvalidInput(
            "Tools must be a JSON list. Put [ before the first tool and ] after the last."
        )
    if len(entries) > MOST_TOOLS:
        raise InvalidInput(
            f"There are {len(entries):,} tools; at most {MOST_TOOLS} are read. Remove some."
        )
    tools = tuple(_tool(entry, place) for place, entry in enumerate(entries, start=1))
    names = [tool.name for tool in tools]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise InvalidInput(f"Two tools are called {twice!r}. Rename one.")
    return tools


def check_tool_choice(choice: str, tools: Sequence[Tool]) -> None:
    """Raises InvalidInput where there is no such tool to be called."""
    if choice == "auto":
        return
    if not tools:
        raise InvalidInput(
            f"tool_choice is {choice!r}, and there are no tools. Add one, or set it to auto."
        )
    if choice != "required" and choice not in (names := [tool.name for tool in tools]):
        raise InvalidInput(
            f"tool_choice is {choice!r}; use auto, required or one of {', '.join(names)}."
        )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _tool(entry: Any, place: int) -> Tool:
    wrapped = isinstance(entry, Mapping) and "function" in entry
    fields: Any = cast(Mapping[str, Any], entry)["function"] if wrapped else entry
    if not isinstance(entry, dict) or not isinstance(fields, Mapping):
        raise InvalidInput(f"Tool {place} must be an object. Write it as {FORM}.")
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput(f"Tool {place} has no name. Write it as {FORM}.")
    schema = fields.get("parameters")
    schema = {} if schema is None else schema
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        raise InvalidInput(
            f"Tool {place}, {name!r}: parameters must be a JSON schema of an object, such as "
            '{"type": "object", "properties": {}}.'
        )
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(one, str) for one in required):
        raise InvalidInput(
            f"Tool {place}, {name!r}: required is {required!r}; it must be a list of names."
        )
    if unknown := [one for one in required if one not in properties]:
        raise InvalidInput(
            f"Tool {place}, {name!r}: {unknown[0]!r} is required but is not a property. Add it to "
            "the properties, or don't require it."
        )
    return Tool(name, entry, properties, tuple(required))


def problems(call: WrittenCall, tools: Sequence[Tool]) -> tuple[str, ...]:
    """What doesn't fit the tools; nothing is known to fit or not where there are none."""
    if not tools:
        return ()
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        names = ", ".join(tool.name for tool in tools)
        return (f"{call.name} is not one of the given tools: {names}.",)
    found = [f"{name} is required and missing." for name in _missing(call, tool)]
    for name, value in call.arguments:
        if name not in tool.properties:
            known = ", ".join(tool.properties) or "none"
            found.append(f"{name} is not an argument of {tool.name}; it takes {known}.")
        elif reason := _misfit(value, tool.properties[name]):
            found.append(f"{name} {reason}.")
    if call.positional:
        found.append("Positional arguments have no name; the tool takes named ones.")
    return tuple(found)


def _missing(call: WrittenCall, tool: Tool) -> list[str]:
    """Required and not named; while a call is being written nothing is missing yet."""
    named = dict(call.arguments)
    return [name for name in tool.required if name not in named] if call.complete else []


def _misfit(value: Any, schema: Any) -> str:
    """Why the value isn't what its schema asks for; only its type and its listed values count."""
    if not isinstance(schema, Mapping):
        return ""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    known = [kind for kind in kinds if kind in TYPES] if isinstance(kinds, list) else []
    if known and not any(_is_a(value, kind) for kind in known):
        return f"is {_shown(value)}, but must be of type {' or '.join(known)}"
    listed = schema.get("enum")
    if isinstance(listed, list) and value not in listed:
        return f"is {_shown(value)}, but must be one of {', '.join(map(_shown, listed))}"
    return ""


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool):  # which is a number in Python
        return kind == "boolean"
    whole = kind == "integer" and isinstance(value, float) and value.is_integer()
    return whole or isinstance(value, TYPES[kind])
