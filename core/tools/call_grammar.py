"""A grammar of the calls that a model may write, made of the tools' JSON schemas.

It is in llguidance's kind of Lark, where `%json` stands for a value that a schema describes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import InvalidInput
from core.tools.call_reader import NAME
from core.tools.call_writer import literal
from core.tools.schemas import Tool

MOST_CALLS = 8  # in one answer: a weak model would not stop by itself
DESCRIBING = {"title", "description", "default", "examples", "deprecated", "$schema", "$comment"}
DEFINING = {"$defs", "definitions"}
OF_ARGUMENTS = {"type", "properties", "required", "additionalProperties"} | DESCRIBING | DEFINING
# Python knows no escaped slash.
OPTIONS = {
    "whitespace_flexible": False, "item_separator": ", ?", "key_separator": ": ?",
    "json_allowed_escapes": '"\\bfnrtu',
}  # fmt: skip
XML_TEXT = r"/([^<]|<+[^<\/])*/"


@dataclass(frozen=True, slots=True)
class CallForm:
    """kind: Python-like lists as LFM2's, XML as LFM3's, or an object as Qwen3's. start, end: the
    markers, each as a grammar writes it.
    """

    kind: Literal["python", "xml", "json"]
    start: str
    end: str


def call_grammar(tools: Sequence[Tool], form: CallForm, most_calls: int = MOST_CALLS) -> str:
    """One call of these tools, or up to `most_calls`. Raises InvalidInput where the form has no
    words for a tool.
    """
    rules = _Rules()
    write = {"python": _python_call, "xml": _xml_call, "json": _json_call}[form.kind]
    calls = rules.either([write(rules, tool) for tool in tools])
    more = most_calls - 1
    if form.kind == "python":
        listed = f'{calls} (", " {calls}){{0,{more}}}' if more else calls
        start = f'{form.start} "[" {listed} "]" {form.end}'
    else:
        one = rules.add(f"{form.start} NEWLINE? {calls} NEWLINE? {form.end}")
        start = f"{one} (NEWLINE? {one}){{0,{more}}}" if more else one
        rules.lines.append(r'NEWLINE: "\n"')
    return "\n".join((f"start: {start}", *rules.lines))


class _Rules:
    """Named rules of a grammar. definitions: what a schema's references point to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.definitions: dict[str, Any] = {}

    def add(self, body: str) -> str:
        name = f"rule_{len(self.lines)}"
        self.lines.append(f"{name}: {body}")
        return name

    def either(self, bodies: Sequence[str]) -> str:
        return bodies[0] if len(bodies) == 1 else self.add(" | ".join(bodies))

    def json(self, schema: Any) -> str:
        options = {**self.definitions, "x-guidance": OPTIONS}
        whole = {**schema, **options} if isinstance(schema, Mapping) else options
        return self.add(f"%json {json.dumps(whole, ensure_ascii=False)}")

    def text(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=False)


def _parameters(rules: _Rules, tool: Tool) -> dict[str, Any]:
    """The schema of the arguments, whose definitions count from now on."""
    fields = tool.given.get("function", tool.given)
    schema: dict[str, Any] = fields.get("parameters") or {}
    rules.definitions = {name: schema[name] for name in DEFINING & schema.keys()}
    return schema


def _known_parameters(rules: _Rules, tool: Tool) -> None:
    schema = _parameters(rules, tool)
    if unknown := sorted(schema.keys() - OF_ARGUMENTS):
        raise InvalidInput(
            f"A call of {tool.name} can't be held to its parameters: {unknown[0]} of the whole "
            "object has no place in a call. Remove it, or set tool_choice to auto."
        )


# -- f(a="x", n=3) ----------------------------------------------------------------------------
def _python_call(rules: _Rules, tool: Tool) -> str:
    _known_parameters(rules, tool)
    for name in (tool.name, *tool.properties):
        if not NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} of the tool {tool.name} can't stand in a call. Use letters, digits and "
                "underscores."
            )
    named = [
        (f"{rules.text(name + '=')} {_python_value(rules, schema)}", name in tool.required)
        for name, schema in tool.properties.items()
    ]
    return rules.add(f'{rules.text(tool.name + "(")} {_listed(rules, named)} ")"')


def _listed(rules: _Rules, items: Sequence[tuple[str, bool]]) -> str:
    """Items in their order with commas between them. Each comes with whether it is required."""
    first = rest = '""'  # from here on, where nothing stands before, or something does
    for body, required in reversed(items):
        item = rules.add(body)
        begun = f"{item} {rest}"
        first = rules.add(begun if required else f"{begun} | {first}")
        rest = rules.add(f'", " {begun}' if required else f'", " {begun} | {rest}')
    return first


def _python_value(rules: _Rules, schema: Any) -> str:
    """Python's words where they differ from JSON's; what has other keywords is JSON, which models
    write too and calls may hold.
    """
    if not isinstance(schema, Mapping):
        return rules.json({} if schema is True else {"enum": []})
    used = schema.keys() - DESCRIBING
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(listed, list) and listed and used <= {"type", "enum", "const"}:
        return rules.either([rules.text(literal(value)) for value in listed])
    if used == {"anyOf"} and isinstance(schema["anyOf"], list) and schema["anyOf"]:
        return rules.either([_python_value(rules, one) for one in schema["anyOf"]])
    kind = schema.get("type")
    if used == {"type"} and isinstance(kind, list) and kind:
        return rules.either([_python_value(rules, {"type": one}) for one in kind])
    if used == {"type"} and kind == "boolean":
        return rules.add('"True" | "False"')
    if used == {"type"} and kind == "null":
        return '"None"'
    if kind == "array" and used == {"type", "items"}:
        item = _python_value(rules, schema["items"])
        return rules.add(f'"[" ({item} (", " {item})*)? "]"')
    if kind == "object" and {"properties"} <= used <= OF_ARGUMENTS - DEFINING:
        return _python_object(rules, schema)
    return rules.json(schema)


def _python_object(rules: _Rules, schema: Mapping[str, Any]) -> str:
    properties, required = schema["properties"], schema.get("required", [])
    if not isinstance(properties, Mapping) or not set(required) <= properties.keys():
        return rules.json(schema)
    named = [
        (f"{rules.text(json.dumps(key, ensure_ascii=False) + ': ')} {_python_value(rules, one)}",
         key in required)
        for key, one in properties.items()
    ]  # fmt: skip
    return rules.add(f'"{{" {_listed(rules, named)} "}}"')


# -- <function=f><parameter=a>x</parameter></function> ----------------------------------------
def _xml_call(rules: _Rules, tool: Tool) -> str:
    _known_parameters(rules, tool)
    parts = [
        rules.add(
            f"{rules.text(f'<parameter={name}>')} NEWLINE {_xml_value(rules, tool, name)} NEWLINE "
            '"</parameter>" NEWLINE?'
        )
        + ("" if name in tool.required else "?")
        for name in tool.properties
    ]
    opening = rules.text(f"<function={tool.name}>")
    return rules.add(f'{opening} NEWLINE? {" ".join(parts)} "</function>"')


def _xml_value(rules: _Rules, tool: Tool, name: str) -> str:
    """A text stands without quotes, so it can only be any text or a listed one."""
    schema, kind = tool.properties[name], tool.type_of(name)
    if kind and kind != "string":
        return rules.json(schema)
    used = schema.keys() - DESCRIBING if isinstance(schema, Mapping) else {"schema"}
    listed = schema.get("enum", []) if isinstance(schema, Mapping) else []
    if kind and used == {"type"}:
        return rules.add(XML_TEXT)
    if kind and used == {"type", "enum"} and all(isinstance(v, str) for v in listed) and listed:
        return rules.either([rules.text(value) for value in listed])
    raise InvalidInput(
        f"{name} of {tool.name} can't be held to its schema in the form in which this model writes "
        "calls: give it one type, and a string no other keyword than enum."
    )


# -- {"name": "f", "arguments": {…}} ----------------------------------------------------------
def _json_call(rules: _Rules, tool: Tool) -> str:
    arguments = {"type": "object", "additionalProperties": False, **_parameters(rules, tool)}
    inner = {name: value for name, value in arguments.items() if name not in DEFINING}
    called = {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": inner},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }
    return rules.json(called)
