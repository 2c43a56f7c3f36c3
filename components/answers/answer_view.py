"""An answer's parts as the lane's script draws them: places in characters, calls as texts.

A browser counts characters in UTF-16, where an emoji is two.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from core.runs.run import Run
from core.tools.answer_parts import AnswerPart, answer_parts
from core.tools.schemas import Tool, parse_tools, problems
from core.tools.thinking import opening_of
from core.tools.tool_calls import ToolCall

OVER = ("done", "failed")


def units(text: str) -> int:
    """The length of `text` as a browser counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def answer_view(run: Run) -> dict[str, Any]:
    """parts: empty where the answer is text only, which is drawn as it is. opening: the tag of a
    thought that the prompt ends with, and the white space behind it.
    """
    if run.started_seconds is None:
        return {"opening": "", "parts": []}
    prompt = run.prompt.text.removesuffix(run.prefill_text) if run.prompt else ""
    tag = opening_of(prompt)
    opening = prompt[prompt.rindex(tag) :] if tag else ""
    whole = run.prefill_text + run.text
    tools = parse_tools(run.request.conversation.tools)
    parts = answer_parts(whole, tag, tools)
    if all(part.kind == "text" for part in parts):
        parts = ()
    return {"opening": opening, "parts": [_part(part, whole, run, tools) for part in parts]}


def _part(part: AnswerPart, whole: str, run: Run, tools: Sequence[Tool]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "kind": part.kind,
        "start": units(whole[: part.start]),
        "end": units(whole[: part.end]),
        "closed": part.closed,
    }
    if part.kind == "thought":
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
        return "The call breaks off before its end."
    return "" if part.read.calls else "The list of calls is empty."


def _call(call: ToolCall, tools: Sequence[Tool]) -> dict[str, Any]:
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
    """One line where it is short, else a line for each entry."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 60 else json.dumps(value, ensure_ascii=False, indent=2)


def _tokens_between(run: Run, start: int, end: int) -> int:
    """How many of the model's tokens have their last character there."""
    behind = len(run.prefill_text)
    ends = accumulate((len(token.text) for token in run.tokens), initial=behind)
    return sum(start < place <= end for place in list(ends)[1:])
