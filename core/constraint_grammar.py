"""What llguidance is given for a request, and how far the answer is where the prompt ends.

The engine, Verify and the exported script hold answers by these two values. llguidance itself is
not known here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.constraint import Constraint, schema_of
from core.errors import InvalidInput
from core.tools.call_grammar import CallForm, call_grammar
from core.tools.schemas import parse_tools
from core.tools.thinking import opening_of, thought_at
from core.workspace import Request

ANY_JSON = {"type": ["object", "array"]}
LENIENT = {"lenient": False, "coerce_one_of": False}  # what it doesn't know isn't passed over
SEPARATORS = {"item_separator": ", ?", "key_separator": ": ?"}  # regular expressions


@dataclass(frozen=True, slots=True)
class GrammarSource:
    """kind: what the text is. schema: of that kind, in the place of a text. options: how JSON may
    be written.
    """

    kind: Literal["json_schema", "regex", "lark"]
    text: str = ""
    schema: dict[str, Any] = field(default_factory=dict[str, Any])
    options: dict[str, Any] = field(default_factory=dict[str, Any])


def grammar_source(request: Request, form: CallForm | None) -> GrammarSource | None:
    """None where the answer is free. form: how the model writes calls; None where that isn't known.

    Raises InvalidInput where a schema is no JSON, or where calls can't be written in the form.
    """
    if request.constraint is not None:
        return constraint_source(request.constraint)
    return None if request.tool_choice == "auto" else _of_calls(request, form)


def constraint_source(constraint: Constraint) -> GrammarSource:
    """Raises InvalidInput where a schema is no JSON, ValueError where the constraint is off."""
    options = {"whitespace_flexible": constraint.flexible_whitespace, **LENIENT}
    options |= {} if constraint.flexible_whitespace else SEPARATORS
    match constraint.kind:
        case "json":
            return GrammarSource("json_schema", schema=ANY_JSON, options=options)
        case "json_schema":
            return GrammarSource("json_schema", schema=schema_of(constraint), options=options)
        case "choices":
            choices = (json.dumps(choice, ensure_ascii=False) for choice in constraint.choices)
            return GrammarSource("lark", f"start: {' | '.join(choices)}")
        case "regex":
            return GrammarSource("regex", constraint.text)
        case "grammar":
            return GrammarSource("lark", constraint.text)
        case "none":
            raise ValueError("a constraint that is off has no grammar")


def _of_calls(request: Request, form: CallForm | None) -> GrammarSource:
    if form is None:
        raise InvalidInput(
            "How this model writes calls of tools isn't known, so it can't be held to one. Set "
            "tool_choice to auto."
        )
    tools = parse_tools(request.conversation.tools)
    if request.tool_choice == "required":
        return GrammarSource("lark", call_grammar(tools, form))
    named = [tool for tool in tools if tool.name == request.tool_choice]
    return GrammarSource("lark", call_grammar(named, form, most_calls=1))


@dataclass(frozen=True, slots=True)
class AnswerStart:
    """written: what the prompt holds of the answer, which the grammar reads first. free: characters
    of the prefill before that. thought: the text of one that is open, with its tag; empty: none.
    awaited: one was closed, and nothing follows it. may_think: the model may open one.
    """

    written: str = ""
    free: int = 0
    thought: str = ""
    awaited: bool = False
    may_think: bool = False


def answer_start(request: Request, prompt: str, in_turns: bool) -> AnswerStart:
    """prompt: its whole text. in_turns: it says who wrote what; else nothing in it is a prefill."""
    begun = _begun(request, prompt) if in_turns else ""
    if request.constraint is not None and not request.constraint.after_thought:
        return AnswerStart(begun)
    opening = opening_of(prompt.removesuffix(begun))
    thought = thought_at(begun, 0, opening)
    if thought is None:
        return AnswerStart(begun, may_think=not begun)
    if not thought.closed:
        return AnswerStart(thought=opening + begun)
    rest = begun[thought.after :].lstrip()
    return AnswerStart(rest, len(begun) - len(rest), awaited=not rest)


def _begun(request: Request, prompt: str) -> str:
    """What the prompt holds of the answer. Templates may take off white space around it."""
    prefill = request.conversation.prefill
    text = prefill.text if prefill else ""
    forms: Sequence[str] = (text, text.rstrip(), text.strip())
    return next((form for form in forms if prompt.endswith(form)), text)
