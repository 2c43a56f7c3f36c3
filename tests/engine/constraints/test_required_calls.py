"""A required call is one that can be read, of a tool that is there, with arguments that fit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from core.conversation import Conversation, message
from core.runs.events import Finished
from core.tools.answer_parts import answer_parts
from core.tools.call_grammar import CallForm
from core.tools.schemas import parse_tools, problems
from engine.constraints.call_forms import call_form
from engine.constraints.compiler import Compiler
from tests.amounts import amount

PLAIN: dict[str, Any] = {
    "to": {"type": "string", "enum": ["Ann", 'Bob "B"']},
    "urgent": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 1, "maximum": 9},
}
NESTED: dict[str, Any] = {
    "note": {"type": ["null", "boolean"]},
    "rows": {"type": "array", "items": {"type": "boolean"}},
    "short": {"type": "string", "maxLength": 4},
    "at": {
        "type": "object",
        "properties": {"x": {"type": "integer", "maximum": 9}, "y": {"anyOf": [{"const": None}]}},
        "required": ["y"],
        "additionalProperties": False,
    },
    "level": {"$ref": "#/$defs/level"},
}
DEFINED = {"level": {"enum": [1, 2.5, None, True]}}
TOOLS = [
    {"name": "send", "parameters": {
        "type": "object", "properties": PLAIN, "required": ["to", "count"],
    }},
    {"type": "function", "function": {"name": "now", "description": "The time"}},
]  # fmt: skip
DEEP = [
    {"name": "draw", "parameters": {
        "type": "object", "properties": NESTED, "required": ["at", "level"], "$defs": DEFINED,
    }},
]  # fmt: skip
FORMS = {
    "python": None,  # as the tokenizer says
    "xml": CallForm("xml", '"<tool_call>"', '"</tool_call>"'),
    "json": CallForm("json", '"<tool_call>"', '"</tool_call>"'),
}


@pytest.fixture
def engine_that_writes(engine_of) -> Any:
    """The tiny model, as if it wrote calls in that form."""
    worker = engine_of("lfm2").worker
    original = worker.checkpoint

    def make(form: str) -> Any:
        if wanted := FORMS[form]:
            compiler = Compiler(
                original.tokenizer, original.ends, 2560, original.prompting.decode,
                original.description.capabilities, wanted,
            )  # fmt: skip
            worker.checkpoint = replace(original, constraints=compiler)
        return engine_of("lfm2")

    yield make
    worker.checkpoint = original


@pytest.mark.parametrize(
    ("form", "tools", "choice"),
    [
        ("python", TOOLS, "required"), ("python", TOOLS, "now"), ("python", DEEP, "draw"),
        ("xml", TOOLS, "send"), ("json", TOOLS, "required"), ("json", DEEP, "draw"),
    ],
)  # fmt: skip
def test_a_required_call_can_be_read_and_fits_its_tool(
    form, tools, choice, engine_that_writes, ask, run
) -> None:
    engine = engine_that_writes(form)
    known = parse_tools(json.dumps(tools))
    schemas = {tool["name"]: tool["parameters"] for tool in tools if "parameters" in tool}
    talk = Conversation((message("user", "Go"),), json.dumps(tools))
    requests = [
        replace(ask(talk, lane, seed=seed, max_new_tokens=150, temperature=1.0), tool_choice=choice)
        for seed, lane in enumerate("ABCDEFGH"[: amount(3, 8)])
    ]
    lanes = run(engine, *requests)
    whole = 0
    for request in requests:
        end = lanes.end(request.lane)
        if not isinstance(end, Finished) or end.incomplete:
            continue
        whole += 1
        parts = answer_parts(lanes.text(request.lane), "", known)
        assert {part.kind for part in parts} == {"calls"}
        for part in parts:
            assert part.read
            assert part.read.whole
            for call in part.read.calls:
                assert choice in ("required", call.name)
                assert problems(call, known) == ()
                if call.name in schemas:
                    jsonschema.validate(dict(call.arguments), schemas[call.name])
    assert whole


def test_the_form_is_that_of_the_tokenizer_and_the_template(processor) -> None:
    assert call_form(processor.tokenizer, "") == CallForm("python", "<[10]>", "<[11]>")

    class Plain:
        def get_added_vocab(self) -> dict[str, int]:
            return {"<tool_call>": 5}

    xml, qwen = "<tool_call>\n<function=f>", "<tool_call>{}</tool_call>"
    assert call_form(Plain(), xml) == CallForm("xml", "<[5]>", '"</tool_call>"')
    assert call_form(Plain(), qwen) == CallForm("json", "<[5]>", '"</tool_call>"')
