"""What answers are held to: the editors of constraints, their checks, prefills and tool choices."""

from __future__ import annotations

import json

from tests.hostile.entrances import check, edit, example, lane_check, row, run, run_two
from tests.hostile.hostile_row import Row
from tests.hostile.rows.asked import TOOL, sampled, tools
from tests.hostile.rows.imports import MARKUP, nested


def held(kind: str, text: str = "", **more: object) -> dict[str, object]:
    """Lane A, next to another one, with a constraint."""
    constraint = {"kind": kind, "text": text, **more}
    return {"settings_a": {"constraint": constraint}}


ROWS = (
    Row("a constraint of an unknown kind", run_two, held("yaml"), "use one of none, json"),
    Row("a constraint that is a number", run_two,
        {"settings_a": {"constraint": 7}}, "must be an object"),
    Row("a constraint with a field too many", run_two, held("json", path="/etc/passwd"),
        "no field"),
    Row("a schema of 10 million characters", run_two, lambda: held("json_schema", "x" * 10**7),
        "65,536 are read"),
    Row("a schema of an answer that is nested deeply", run_two,
        held("json_schema", nested(30_000)), "more than 64"),
    Row("a schema that is cut off", run_two, held("json_schema", '{"type":'), "line 1, column 9"),
    Row("100,000 choices", run_two, lambda: held("choices", choices=["a"] * 100_000),
        "at most 500"),
    Row("choices that are numbers", run_two, held("choices", choices=[1]), "list of strings"),
    Row("a schema that is a file of the server", run_two,
        held("json_schema", '{"$ref": "file:///etc/passwd"}'), "does not fetch|status",
        never="root:", shipped=True),
    Row("a schema that takes 10 GB", run_two,
        held("json_schema", json.dumps({"type": "string", "allOf": [
            {"pattern": f".*a.{{{n}}}"} for n in range(20)]})), "1 GB|status", shipped=True),
    Row("a schema that is nothing but itself", run_two, held("json_schema", '{"$ref": "#"}'),
        "leads back to itself|status", shipped=True),
    Row("500 choices of 1,000 characters", run_two,
        lambda: {**held("choices", choices=[f"{n:03d}" + "x" * 997 for n in range(500)]),
                 **sampled(max_new_tokens=20)}, "status", within=10.0, shipped=True),
    Row("an expression that backtracks", run_two,
        {**held("regex", "(x+x+)+y"), **sampled(max_new_tokens=20)}, "status", shipped=True),
    Row("a grammar that calls itself", run_two,
        {**held("grammar", 'start: start start | "a" | '), **sampled(max_new_tokens=20)},
        "status|grammar", shipped=True),
    Row("an answer that makes a pattern backtrack", run_two,
        {**held("json_schema", '{"pattern": "^(a+)+$"}'),
         "messages": [row(f'!say "{"a" * 60}b"')]}, r"more than \d+ seconds", within=20),
    Row("a schema whose references double", run_two,
        {**held("json_schema", json.dumps({"$ref": "#/$defs/d0", "$defs": {
            f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} if n < 40 else {}
            for n in range(41)}})), "messages": [row("!say {}")]}, r"more than \d+ seconds",
        within=20),
    Row("a schema that names another server", run_two,
        {**held("json_schema", '{"$ref": "http://127.0.0.1:9/schema.json"}'),
         "messages": [row("!say {}")]}, "which isn't in it", within=20),
    Row("an answer of half a character", run_two,
        {**held("json_schema", '{"additionalProperties": false}'),
         "messages": [row(r'!say {"\ud83d": "\ude00"}')]}, "is not in the schema", within=20),
    Row("an answer of lists inside each other", run_two,
        {**held("json_schema", "{}"), "messages": [row(f"!say {nested(20_000)}")],
         **sampled(max_new_tokens=50)}, "Not JSON", within=20),
    Row("a choice of a tool that is a list", run_two,
        {"settings_a": {"tool_choice": ["look"]}}, "tool_choice must be"),
    Row("a choice of a tool that is not there", run_two,
        {"settings_a": {"tool_choice": MARKUP}, **tools([TOOL])},
        "use auto, required or one of look"),
    Row("a constraint of all lanes that is a number", run, {"structured": 7}, "must be an object"),
    Row("a constraint of all lanes with a path", run,
        {"structured": {"kind": "json", "path": "/etc/passwd"}}, "no field"),
    Row("a schema of all lanes of 10 million characters", run,
        lambda: {"structured": {"kind": "json_schema", "text": "x" * 10**7}}, "65,536 are read"),
    Row("a schema of all lanes that is cut off, while typing", edit,
        {"structured": {"kind": "json_schema", "text": '{"type":'}}, "unreadable"),
    Row("choices of markup, while typing", edit,
        {"structured": {"kind": "choices", "choices": [MARKUP]}}, "1 choice", never="<img src"),
    Row("a schema checked that is a file of the server", check,
        {"kind": "json_schema", "text": '{"$ref": "file:///etc/passwd"}'}, "fine|does not fetch",
        never="root:", shipped=True),
    Row("a schema checked that takes 10 GB", check,
        {"kind": "json_schema", "text": json.dumps({"type": "string", "allOf": [
            {"pattern": f".*a.{{{n}}}"} for n in range(20)]})}, "1 GB|fine", shipped=True),
    Row("a schema checked that is nested deeply", check,
        {"kind": "json_schema", "text": nested(30_000)}, "more than 64"),
    Row("a schema checked of 10 million characters", check,
        lambda: {"kind": "json_schema", "text": "x" * 10**7}, "65,536 are read|413"),
    Row("a constraint checked that is a list", check, [[]], "must be an object"),
    Row("a constraint checked that is a number", lane_check, 7, "must be an object"),
    Row("a constraint checked of a kind that is an object", lane_check, {"kind": {}},
        "use one of none, json"),
    Row("an expression checked that backtracks", lane_check,
        {"kind": "regex", "text": "(x+x+)+y"}, "fine", shipped=True),
    Row("an example nested deeply", example, nested(30_000), "can't be read"),
    Row("an example of a million numbers", example, lambda: json.dumps([1] * 1_000_000),
        "at most 65,536"),
    Row("an example of 7,000 lists", example, lambda: json.dumps([[n] for n in range(7_000)]),
        "array"),
    Row("an example that is an object", example, {"path": "/etc/passwd"}, "characters"),
    Row("an example that closes the object around it", example, '1}, {"a": 2', "can't be read"),
    Row("an example of markup", example, json.dumps({MARKUP: MARKUP}), "properties"),
    Row("a prefill of a lane that is a list", run_two, {"settings_a": {"prefill": ["{"]}},
        "prefill is list"),
    Row("a prefill of a lane of 10 million characters", run_two,
        lambda: {"settings_a": {"prefill": "word " * 2_000_000}}, r"(?i)(characters|tokens)"),
    Row("a choice of a tool of all lanes that is an object", run,
        {"tool_choice": {"a": 1}, **tools([TOOL])}, "tool_choice must be"),
    Row("a choice of a tool of all lanes that is not there", run,
        {"tool_choice": MARKUP, **tools([TOOL])}, "use auto, required or one of look"),
    Row("a choice of a tool of 10,000 letters, while typing", edit,
        {"tool_choice": "x" * 10_000}, "tool_choice must be|meter"),
)  # fmt: skip
