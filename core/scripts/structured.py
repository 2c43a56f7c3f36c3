"""What an answer is held to, in other programs' words; and what has to be said about it there."""

from __future__ import annotations

import re
from typing import Any

from core.constraint import WORDS, Constraint, schema_of
from core.constraint_grammar import ANY_JSON
from core.workspace import Request

KINDS = tuple(WORDS)
NOUNS = {
    "json": "constraint to JSON", "json_schema": "JSON schema", "choices": "list of choices",
    "regex": "regular expression", "grammar": "grammar", "tool_choice": "tool_choice",
}  # fmt: skip
JSON_SCHEMA = ("json", "json_schema")


def used(request: Request, thinks: bool) -> dict[str, bool]:
    """Which of what a program may be unable to do as the lane does is asked for. thinks: whether
    the model may think first.
    """
    constraint, choice = request.constraint, request.tool_choice
    kind = constraint.kind if constraint else ""
    held = constraint is not None
    prefill = request.conversation.prefill
    return {
        **{name: name == kind for name in KINDS},
        "tool_choice": choice != "auto",
        "named": choice not in ("auto", "required"),
        "spaces": kind in JSON_SCHEMA and not (constraint and constraint.flexible_whitespace),
        "held_prefill": held and bool(prefill and prefill.text),
        "held_thought": held and thinks and bool(constraint and constraint.after_thought),
    }


def not_sent(program: str, *names: str, instead: str = "") -> dict[str, str]:
    """Sentences by name, for `Target.lacks`. instead: what takes them, as a sentence."""
    more = f" {instead}" if instead else ""
    return {name: f"{program} takes no {NOUNS[name]}: it is not sent.{more}" for name in names}


def begins_anew(program: str) -> str:
    return (
        f"{program} begins the constraint after the prefill, which the lane counts as a part of "
        "the answer. Leave the prefill out there."
    )


def from_the_first_token(program: str, instead: str = "") -> str:
    more = f" {instead}" if instead else ""
    return f"{program} holds a thought to the constraint, too; the lane leaves it free.{more}"


def schema(constraint: Constraint | None) -> dict[str, Any] | None:
    """Where the constraint is a JSON schema, or can be said by one."""
    if constraint is None or constraint.kind not in JSON_SCHEMA:
        return None
    return ANY_JSON if constraint.kind == "json" else schema_of(constraint)


def response_format(constraint: Constraint | None) -> dict[str, Any]:
    """OpenAI's; empty where it has none for it."""
    known = schema(constraint)
    if known is None:
        return {}
    named = {"name": "answer", "schema": known, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def openai_tool_choice(choice: str) -> dict[str, Any]:
    if choice in ("auto", "required"):
        return {} if choice == "auto" else {"tool_choice": choice}
    return {"tool_choice": {"type": "function", "function": {"name": choice}}}


def vllm_outputs(constraint: Constraint | None) -> dict[str, Any]:
    """Arguments of vLLM's `StructuredOutputsParams`; empty where the answer is free."""
    if constraint is None:
        return {}
    if (known := schema(constraint)) is not None:
        return {"json": known}
    if constraint.kind == "choices":
        return {"choice": list(constraint.choices)}
    return {constraint.kind: constraint.text}


def vllm_config(constraint: Constraint) -> dict[str, Any]:
    """The engine's options: llguidance takes the lane's expressions and grammars as they are."""
    compact = constraint.kind in JSON_SCHEMA and not constraint.flexible_whitespace
    return {"backend": "guidance", **({"disable_any_whitespace": True} if compact else {})}


def choices_regex(choices: tuple[str, ...]) -> str:
    """Only what has a meaning in all kinds of expressions is escaped."""
    return "|".join(re.sub(r"([\\.^$|?*+()\[\]{}])", r"\\\1", choice) for choice in choices)


def choices_gbnf(choices: tuple[str, ...]) -> str:
    """llama.cpp's grammar, in which a text has fewer escapes than JSON."""
    return f"root ::= {' | '.join(map(_gbnf_text, choices))}"


def _gbnf_text(text: str) -> str:
    quoted = re.sub(r'(["\\])', r"\\\1", text)
    return '"' + re.sub(r"[\x00-\x1f]", lambda one: f"\\x{ord(one[0]):02x}", quoted) + '"'


def own_spaces(program: str) -> str:
    return (
        f"{program} has its own rule for white space in JSON. The lane allows one space after a "
        "comma or a colon."
    )
