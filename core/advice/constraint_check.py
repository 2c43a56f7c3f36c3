"""Whether a prompt and its settings go well with what the answer is held to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.advice.findings import Finding, QuickFix
from core.constraint import Constraint, schema_of
from core.conversation import Conversation
from core.errors import InvalidInput

SAYS = re.compile(r"json|schema", re.IGNORECASE)
TOKEN = 4  # characters, about
DEEPEST = 16
MOST = 1_000_000
MOST_FIELDS = 12  # that a quick fix names
SHORTEST = {
    "object": "{}", "array": "[]", "string": '""', "boolean": "true", "null": "null",
    "integer": "0", "number": "0",
}  # fmt: skip


def check_constrained(
    conversation: Conversation, constraint: Constraint, max_new_tokens: int, may_tell: bool
) -> Iterator[Finding]:
    """may_tell: whether the system prompt may be anything, so that a quick fix can add to it."""
    held = constraint.in_words
    texts = [turn.text for turn in conversation.messages if turn is not conversation.prefill]
    is_json = constraint.kind in ("json", "json_schema")
    if is_json and any(texts) and not any(map(SAYS.search, texts)):
        yield Finding(
            "json-not-asked-for",
            "note",
            f"The answer is held to {held}, and no message asks for JSON. Answers are better if "
            "the prompt says so, too.",
            (_asking(conversation, constraint),) if may_tell else (),
        )
    if conversation.prefill and conversation.prefill.text:
        yield Finding(
            "prefill-and-constraint",
            "note",
            f"The answer has a prefill and is held to {held}. The prefill must fit it, or the run "
            f"is refused; {held} alone gives the same form.",
            (QuickFix("Remove the prefill", "no_prefill"),),
        )
    needed = shortest_tokens(constraint)
    if needed > max_new_tokens:
        yield Finding(
            "too-short-for-constraint",
            "warning",
            f"The shortest answer that fits {held} takes about {needed:,} tokens, and "
            f"max_new_tokens is {max_new_tokens:,}. Raise it.",
        )


def shortest_tokens(constraint: Constraint) -> int:
    """About how many tokens the shortest answer has; 0 where that isn't known."""
    if constraint.kind == "choices":
        return min(map(len, constraint.choices), default=0) // TOKEN
    if constraint.kind != "json_schema":
        return 0
    try:
        return _shortest(schema_of(constraint), 0) // TOKEN
    except InvalidInput:
        return 0


def _shortest(schema: Any, depth: int) -> int:
    """Characters of the shortest value; keywords that it doesn't know ask for none."""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return 1
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(listed, list) and listed:
        return min(len(json.dumps(value, ensure_ascii=False)) for value in listed)
    if isinstance(either := schema.get("anyOf"), list) and either:
        return min(_shortest(one, depth + 1) for one in either)
    kinds = schema.get("type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return min((_shortest_of(schema, name, depth) for name in names), default=1)


def _shortest_of(schema: Mapping[str, Any], kind: Any, depth: int) -> int:
    least = len(SHORTEST.get(kind, "0")) if isinstance(kind, str) else 1
    if kind == "string":
        return least + _count(schema.get("minLength"))
    if kind == "array":
        item = _shortest(schema.get("items"), depth + 1) + 1  # with its comma
        return least + _count(schema.get("minItems")) * item
    properties, required = schema.get("properties"), schema.get("required")
    if kind != "object" or not isinstance(properties, Mapping) or not isinstance(required, list):
        return least
    fields = [name for name in required if isinstance(name, str) and name in properties]
    return least + sum(len(name) + 4 + _shortest(properties[name], depth + 1) for name in fields)


def _count(value: Any) -> int:
    return min(value, MOST) if type(value) is int and value > 0 else 0


def _asking(conversation: Conversation, constraint: Constraint) -> QuickFix:
    system = next((turn.text for turn in conversation.messages if turn.role == "system"), "")
    asks = f"Answer with JSON{_fields(constraint)}."
    return QuickFix("Ask for it in the system prompt", "system", f"{system}\n{asks}".strip())


def _fields(constraint: Constraint) -> str:
    try:
        schema = schema_of(constraint) if constraint.kind == "json_schema" else {}
    except InvalidInput:
        return ""
    properties = schema.get("properties")
    names = [*properties] if isinstance(properties, Mapping) else []
    if not 0 < len(names) <= MOST_FIELDS:
        return ""
    *others, last = names
    listed = f"{', '.join(others)} and {last}" if others else last
    return f" with the field{'s' * bool(others)} {listed}"
