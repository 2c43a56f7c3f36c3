"""An answer's parts for the lane's script: positions in characters, calls as texts.

A browser counts characters in UTF-16, where an emoji is two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NotRequired, TypedDict

from core.runs.run import Run
from core.tools.answer_parts import AnswerPart, answer_parts
from core.tools.schemas import Tool, parse_tools, problems
from core.tools.tool_calls import WrittenCall

OVER = ("done", "failed")


class CallView(TypedDict):
    """arguments: names with their values as JSON."""

    name: str
    arguments: list[tuple[str, str]]
    problems: list[str]
    notes: list[str]
    complete: bool


class PartView(TypedDict):
    """start, end: places in the answer, counted as a browser does. tokens: of a thought,
    where they are known. calls, error: of a block of calls.
    """

    kind: str
    start: int
    end: int
    closed: bool
    tokens: NotRequired[int]
    calls: NotRequired[list[CallView]]
    error: NotRequired[str]


class AnswerView(TypedDict):
    opening: str
    parts: list[PartView]


def units(text: str) -> int:
    """The length of `text` as a browser counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def answer_view(run: Run) -> AnswerView:
    """parts: empty if the answer is only text, which is drawn unchanged. opening: the thought tag
    at the end of the prompt, with the white space that follows it.
    """
    if run.started_seconds is None:
        return {"opening": "", "parts": []}
    whole = run.prefill_text + run.text
    tools = parse_tools(run.request.conversation.tools)
    parts = answer_parts(whole, run.opening.rstrip(), tools)
    if all(part.kind == "text" for part in parts):
        parts = ()
    return {"opening": run.opening, "parts": [_part(part, whole, run, tools) for part in parts]}


def _part(part: AnswerPart, whole: str, run: Run, tools: Sequence[Tool]) -> PartView:
    value: PartView = {
        "kind": part.kind,
        "start": units(whole[: part.start]),
        "end": units(whole[: part.end]),
        "closed": part.closed,
    }
    if part.kind == "thought" and len(run.tokens) == run.token_count:
        value["tokens"] = _tokens_between(run, part.start, part.end)
    if part.read is not None:
        over = part.closed or run.status in OVER
        value["calls"] = [_call(call, tools) for call in part.read.calls]
        value["error"] = _error(part) if over else ""
    return value


def _error(part: AnswerPart) -> str:
    assert part.read is not None
    if part.read.error:
        return part.read.error
    if part.read.unfinished:
        return "The call is incomplete."
    return "" if part.read.calls else "The list of calls is empty."


def _call(call: WrittenCall, tools: Sequence[Tool]) -> CallView:
    named = [(name, value) for name, value in call.arguments]
    unnamed = [(f"positional {place}", v) for place, v in enumerate(call.positional, start=1)]
    return {
        "name": call.name,
        "arguments": [(name, _json(value)) for name, value in (*named, *unnamed)],
        "problems": list(problems(call, tools)),
        "notes": list(call.notes),
        "complete": call.complete,
    }


def _json(value: Any) -> str:
    """One line if it is short, else one line per entry."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 60 else json.dumps(value, ensure_ascii=False, indent=2)


def _tokens_between(run: Run, start: int, end: int) -> int:
    """How many of the model's tokens end there."""
    prefill = len(run.prefill_text)
    ends = accumulate((len(token.text) for token in run.tokens), initial=prefill)
    return sum(start < place <= end for place in list(ends)[1:])
