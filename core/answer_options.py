"""The options of a request from outside of the page: template, constraint, tools and so on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.constraint import KINDS, Constraint, constraint_from_dict
from core.errors import InvalidInput
from core.runs.traces import TOP
from core.template_options import OptionValues, option_values
from core.workspace import Request

KNOWN = ("template", "constraint", "tools", "tool_choice", "top_logprobs")
FLAGS = ("flexible_whitespace", "after_thought")
EXAMPLE = 'such as {"json_schema": {"type": "object"}} or {"choices": ["yes", "no"]}'
LONGEST_NAME = 200  # characters of a tool_choice that are read


@dataclass(frozen=True)
class AnswerOptions:
    """tools: as JSON, the way conversations hold them; empty: none. top_logprobs: how many
    candidates each token comes with; 0 is off.
    """

    template: OptionValues = ()
    constraint: Constraint = Constraint()
    tools: str = ""
    tool_choice: str = "auto"
    top_logprobs: int = 0


def answer_options(value: Any) -> AnswerOptions:
    """Read an untrusted value; None and {} are all off. Raises InvalidInput and names the key.

    Whether the tools can be read and called is asked by `core.workspace.requests`.
    """
    if value is None:
        return AnswerOptions()
    if not isinstance(value, Mapping):
        raise InvalidInput(f"options is {_shown(value)}; it must be an object, {{}} for all off.")
    if (unknown := next((name for name in value if name not in KNOWN), None)) is not None:
        raise InvalidInput(f"options has no key {_shown(unknown)}. It takes {', '.join(KNOWN)}.")
    choice = value.get("tool_choice", "auto")
    if not isinstance(choice, str) or not choice or len(choice) > LONGEST_NAME:
        raise InvalidInput(
            f"tool_choice is {_shown(choice)}; use auto, required or the name of a tool."
        )
    top = value.get("top_logprobs", 0)
    if not isinstance(top, int) or isinstance(top, bool) or not 0 <= top <= TOP:
        raise InvalidInput(f"top_logprobs is {_shown(top)}; it must be a whole number, 0 to {TOP}.")
    return AnswerOptions(
        option_values(value.get("template")), _constraint(value.get("constraint")),
        _tools(value.get("tools")), choice, top,
    )  # fmt: skip


def _constraint(value: Any) -> Constraint:
    """From {kind: what it holds the answer to}, with the flags of `Constraint` next to it."""
    if value is None:
        return Constraint()
    kinds = [kind for kind in KINDS if kind != "none"]
    if not isinstance(value, Mapping):
        raise InvalidInput(f"constraint is {_shown(value)}; it must be an object, {EXAMPLE}.")
    known = (*kinds, *FLAGS)
    if (unknown := next((name for name in value if name not in known), None)) is not None:
        raise InvalidInput(
            f"constraint has no key {_shown(unknown)}. It takes one of {', '.join(kinds)}, and "
            f"{' and '.join(FLAGS)}."
        )
    named = [kind for kind in kinds if kind in value]
    if len(named) != 1:
        raise InvalidInput(
            f"constraint has {len(named)} of {', '.join(kinds)}; it must have one, {EXAMPLE}."
        )
    (kind,) = named
    held = value[kind]
    read: dict[str, Any] = {flag: value[flag] for flag in FLAGS if flag in value} | {"kind": kind}
    if kind == "json":
        if held is not True:
            raise InvalidInput(f"json of constraint is {_shown(held)}; it must be true.")
    elif kind == "choices":
        read["choices"] = held
    elif kind == "json_schema":
        if not isinstance(held, Mapping):
            raise InvalidInput(
                f"json_schema of constraint is {_shown(held)}; it must be an object, {EXAMPLE}."
            )
        read["text"] = _json(held, "json_schema of constraint")
    elif not isinstance(held, str):
        raise InvalidInput(f"{kind} of constraint is {_shown(held)}; it must be a string.")
    else:
        read["text"] = held
    return constraint_from_dict(read)


def _tools(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, list):
        raise InvalidInput(f"tools is {_shown(value)}; it must be a list, [] for none.")
    return _json(value, "tools") if value else ""


def _json(value: Any, name: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise InvalidInput(f"{name} is nested too deeply. Use fewer levels.") from None
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} is not JSON: {error}.") from error


def _shown(value: Any) -> str:
    try:
        return ascii(value)[:100]
    except RecursionError:
        return "nested too deeply"


def applied(given: AnswerOptions, sent: Request) -> dict[str, Any]:
    """What was given, as the model was given it: a key for each that was not off."""
    options: dict[str, Any] = {}
    if given.template:
        options["template"] = dict(sent.template_options)
    if given.constraint.kind != "none":
        options["constraint"] = _named(sent.constraint) if sent.constraint else None
    if given.tools:
        options["tools"] = json.loads(sent.conversation.tools or "[]")
    if given.tool_choice != "auto":
        options["tool_choice"] = sent.tool_choice
    if given.top_logprobs:
        options["top_logprobs"] = given.top_logprobs
    return options


def _named(constraint: Constraint) -> dict[str, Any]:
    values: dict[str, Any] = {"json": True, "choices": list(constraint.choices)}
    if constraint.kind == "json_schema":
        values["json_schema"] = json.loads(constraint.text)
    flags = {
        flag: getattr(constraint, flag)
        for flag in FLAGS
        if getattr(constraint, flag) != getattr(Constraint(), flag)
    }
    return {constraint.kind: values.get(constraint.kind, constraint.text), **flags}
