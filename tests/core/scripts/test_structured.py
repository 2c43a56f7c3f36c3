"""What a lane is held to is in each script to the letter, or a note says that it is not sent."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.constraint import WORDS, Constraint
from core.errors import InvalidInput
from core.scripts.script import Subject
from core.scripts.structured import KINDS, choices_gbnf, choices_regex
from core.scripts.targets import TARGETS, make_script
from core.tools.call_grammar import CallForm
from core.workspace import Workspace
from tests.amounts import amount
from tests.core.scripts.test_scripts import (
    MODEL,
    NASTY,
    PYTHON,
    TOOLS,
    argument,
    assigned,
    script,
    shell,
    subject,
)

SCHEMA = {
    "type": "object", "properties": {"age": {"enum": [1.5, True, None, "naïve 'x' \"y\" $(z)"]}},
}  # fmt: skip
HELD = {
    "json": Constraint("json"),
    "json_schema": Constraint("json_schema", json.dumps(SCHEMA)),
    "choices": Constraint("choices", choices=("red", 'dark "blue"')),
    "regex": Constraint("regex", r"[0-9]{4}-\d\d"),
    "grammar": Constraint("grammar", 'start: "a" /[0-9]+/'),
}
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.sampled_from([text for text in NASTY if text != "\ud800"]),
)
WRITES = replace(MODEL, call_form=CallForm("python", "<[10]>", "<[11]>"))


def held(constraint: Constraint, *turns: tuple[str, str], **changes: Any) -> Subject:
    what = subject(*(turns or (("user", "x"),)), **changes)
    request = replace(what.request, constraint=constraint)
    workspace = Workspace(request.conversation, constraint=constraint)
    return replace(what, request=request, workspace=workspace)


def code(key: str, what: Subject) -> str:
    """Without the notes."""
    text = re.sub("(?m)^# (?!vllm serve|llama-server|sglang serve).*\n", "", script(key, what))
    # Quoting aside: what stands in a shell, in Python and in JSON.
    return text.replace("\\", "").replace("'", "").replace('"', "").replace(" ", "")


@pytest.mark.parametrize("key", list(TARGETS))
@pytest.mark.parametrize("kind", KINDS)
def test_no_constraint_is_dropped_in_silence(key, kind) -> None:
    constraint = HELD[kind]
    notes = make_script(key, held(constraint)).notes
    signs = {
        "json": "array", "json_schema": "naïve", "choices": "dark", "regex": "[0-9]{4}-",
        "grammar": "/[0-9]+/",
    }  # fmt: skip
    if key in ("workspace", "run"):  # a schema is text in them
        signs |= {"json": "kind:json", "json_schema": "kind:json_schema"}
    sign = signs[kind]
    sent = sign in code(key, held(constraint))
    told = any("it is not sent" in note for note in notes)
    assert sent != told, notes
    assert told == (kind in TARGETS[key].lacks)


@pytest.mark.parametrize("key", list(TARGETS))
def test_no_tool_choice_is_dropped_in_silence(key) -> None:
    what = subject(("user", "x"), tools='[{"name": "now"}]', model=WRITES)
    for choice in ("required", "now"):
        request = replace(what.request, tool_choice=choice)
        workspace = Workspace(request.conversation, tool_choice=choice)
        made = replace(what, request=request, workspace=workspace)
        notes = make_script(key, made).notes
        told = any("it is not sent" in note for note in notes)
        signs = {
            "transformers": "grammar_from_lark", "workspace": f"tool_choice:{choice}",
            "run": f"tool_choice:{choice}",
        }  # fmt: skip
        sent = signs.get(key, "tool_choice") in code(key, made)
        assert sent != told, notes
    assert any("sent as required" in note for note in notes) == (key == "llama-server")


def test_nothing_is_said_of_a_free_answer() -> None:
    for key in TARGETS:
        made = make_script(key, subject(("user", "x")))
        assert not any("constraint" in note or "JSON has" in note for note in made.notes)
        assert "llguidance" not in made.text.replace("outlines llguidance", "")


@pytest.mark.parametrize("key", PYTHON)
@given(st.lists(TEXT, min_size=1, max_size=3), TEXT)
@settings(max_examples=amount(6, 30))
def test_python_has_choices_and_schemas_to_the_letter(key, choices, title) -> None:
    schema = {"title": title, "enum": choices}
    lists = held(Constraint("choices", choices=tuple(choices)))
    schemas = held(Constraint("json_schema", json.dumps(schema)))
    for what in (lists, schemas):
        compile(script(key, what).encode(), "script", "exec")
    if key == "transformers":
        assert assigned(script(key, schemas), "schema") == schema
    elif key == "outlines":
        assert choices_of(script(key, lists), "outlines.types.Choice") == choices
        assert choices_of(script(key, schemas), "outlines.json_schema") == schema
    elif key == "vllm":
        assert argument(script(key, lists), "StructuredOutputsParams", "choice") == choices
        assert argument(script(key, schemas), "StructuredOutputsParams", "json") == schema
    elif key == "vllm-server":
        for what, outputs in ((lists, {"choice": choices}), (schemas, {"json": schema})):
            body = argument(script(key, what), "client.chat.completions.create", "extra_body")
            assert body["structured_outputs"] == outputs


def choices_of(source: str, call: str) -> Any:
    """The literal that is its only argument."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == call:
            return ast.literal_eval(node.args[0])
    raise AssertionError(source)


@given(TEXT)
@settings(max_examples=amount(6, 30))
def test_a_shell_posts_a_schema_to_the_letter(title) -> None:
    schema = {"title": title, "type": "string"}
    what = held(Constraint("json_schema", json.dumps(schema)))
    bodies = {
        key: json.loads(shell(script(key, what))) for key in ("llama-server", "ollama", "curl")
    }
    assert bodies["llama-server"]["json_schema"] == schema
    assert bodies["ollama"]["format"] == schema
    asked = bodies["curl"]["response_format"]
    assert asked["json_schema"] == {"name": "answer", "schema": schema, "strict": True}
    words = shell(script("llama-cpp", what)).decode().split("\0")
    assert json.loads(words[words.index("-j") + 1]) == schema


@given(st.lists(TEXT, min_size=1, max_size=3))
def test_choices_as_an_expression_match_the_choices_and_nothing_else(choices) -> None:
    pattern = re.compile(choices_regex(tuple(choices)))
    assert all(pattern.fullmatch(choice) for choice in choices)
    assert not pattern.fullmatch("".join(choices) + "!")


def test_choices_of_llama_cpp_have_its_escapes() -> None:
    assert choices_gbnf(("a\n\x08", 'b "\\"')) == r'root ::= "a\x0a\x08" | "b \"\\\""'


def test_what_a_program_does_in_another_way_is_told() -> None:
    what = held(HELD["json_schema"], ("user", "x"), ("assistant", '{"age": '))
    thinks = replace(what, model=replace(MODEL, thought_tags=("<think>",)))
    for key in ("vllm", "vllm-server", "sglang", "llama-cpp", "llama-server", "ollama"):
        notes = " ".join(make_script(key, what).notes)
        assert "begins the constraint after the prefill" in notes
        assert "white space" in notes
        assert "holds a thought" not in notes
        assert "holds a thought" in " ".join(make_script(key, thinks).notes)
    flexible = held(replace(HELD["json_schema"], flexible_whitespace=True))
    for key in TARGETS:
        assert "white space" not in " ".join(make_script(key, flexible).notes)


def test_a_text_without_roles_has_no_response_format() -> None:
    plain = replace(MODEL, capabilities=replace(MODEL.capabilities, roles=False, tools=False))
    what = held(HELD["json_schema"], model=plain)
    for key in ("openai", "curl"):
        made = make_script(key, what)
        assert "response_format" not in made.text
        assert any("take no JSON schema" in note for note in made.notes)
    assert "response_format" in script("sglang", what)


def test_a_server_that_refuses_a_grammar_next_to_tools_looks_for_no_call() -> None:
    what = held(HELD["choices"], ("user", "x"), tools=TOOLS)
    assert json.loads(shell(script("llama-server", what)))["tool_choice"] == "none"


def test_the_script_reads_the_prefill_by_the_grammar_and_leaves_a_thought_free() -> None:
    source = script("transformers", held(HELD["json"], ("user", "x"), ("assistant", '{"a": ')))
    assert assigned(source, "begun") == '{"a": '
    assert "AfterThought" not in source
    what = held(HELD["json"])
    thinks = replace(what, model=replace(MODEL, thought_tags=("<think>",)))
    assert "may_think=True" in script("transformers", thinks)
    begun = held(HELD["json"], ("user", "x"), ("assistant", "<think>Well"))
    assert "thought='<think>Well'" in script("transformers", begun)


def test_a_schema_that_can_not_be_read_is_no_script() -> None:
    with pytest.raises(InvalidInput, match="line 1, column 2"):
        make_script("transformers", held(Constraint("json_schema", "{")))
    assert set(WORDS) == set(HELD)
