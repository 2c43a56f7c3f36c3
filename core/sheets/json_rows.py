"""Rows from JSON: a list of objects, or one a line, as chats and OpenAI's evaluations are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from core.bounds import LONGEST_VALUE, MOST_VARIABLES
from core.conversation import Conversation
from core.errors import InvalidInput
from core.formats.openai_format import read_openai
from core.formats.plain_text_format import write_plain_text
from core.sheets.sheet import EXPECTED

DEEPEST = 8  # objects inside each other whose fields become columns; deeper ones stay JSON
ANSWERS = ("expected", "ideal")  # what a line of messages may call the right answer


@dataclass(frozen=True, slots=True)
class Record:
    """values: by column. problem: why there are none; raw is then the line as it is."""

    values: Mapping[str, str]
    problem: str = ""
    raw: str = ""


def json_records(text: str, is_lines: bool) -> Iterator[Record] | None:
    """None for what is another kind of table, as neither it nor its first line is JSON.

    is_lines: it is one object a line, whatever the first one looks like.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        first = _loaded(lines[0])
    except (ValueError, RecursionError):
        try:
            first, lines = _loaded(text), [text]
        except (ValueError, RecursionError):
            if not is_lines:
                return None
            first = None
    if isinstance(first, list) and len(lines) == 1:
        return (_record(item, f"Entry {number:,}") for number, item in enumerate(first, start=1))
    return (_of_line(line, f"Line {number:,}") for number, line in enumerate(lines, start=1))


def _of_line(line: str, where: str) -> Record:
    try:
        return _record(_loaded(line), where)
    except RecursionError:
        return _unread(line, f"{where} is nested too deeply.")
    except json.JSONDecodeError as error:
        return _unread(line, f"{where} is not JSON at column {error.colno:,}: {error.msg}.")
    except ValueError as error:
        return _unread(line, f"{where} is not JSON: {error}.")


def _record(item: Any, where: str) -> Record:
    if not isinstance(item, dict):
        return _unread(_text(item), f"{where} is not an object with the values of columns.")
    messages = item.get("messages", item.get("input"))
    try:
        if isinstance(messages, list):
            return Record(_of_chat(item, messages, where))
        values: dict[str, str] = {}
        inner = item.get("item")
        _flatten({**item, "item": {}, **inner} if isinstance(inner, dict) else item, "", values, 1)
        return Record(values)
    except InvalidInput as error:
        return _unread(_text(item), str(error))
    except RecursionError:
        return _unread("", f"{where} is nested too deeply.")


def _flatten(item: Mapping[str, Any], before: str, values: dict[str, str], depth: int) -> None:
    """Fields of inner objects become columns such as person.name."""
    for name, value in item.items():
        if isinstance(value, dict) and depth < DEEPEST:
            _flatten(value, f"{before}{name}.", values, depth + 1)
        elif len(values) <= MOST_VARIABLES:  # more of them are refused, however many there are
            values[f"{before}{name}"] = _text(value)


def _of_chat(item: Mapping[str, Any], messages: list[Any], where: str) -> dict[str, str]:
    """The last question and the answer after it, what was said before, and the system prompt."""
    turns = list(read_openai({"messages": messages}, where).conversation.messages)
    values = {name: _text(item[name]) for name in ANSWERS if name in item}
    answer = values.pop("ideal", values.get(EXPECTED, ""))
    if turns and turns[-1].role == "assistant":
        answer = turns.pop().text
    system = [turn for turn in turns if turn.role == "system"]
    others = [turn for turn in turns if turn.role != "system"]
    found = {
        "system": "\n\n".join(turn.text for turn in system),
        "conversation": write_plain_text(Conversation(tuple(others[:-1]))) if others[:-1] else "",
        "user": others[-1].text if others else "",
        EXPECTED: answer,
    }
    return {name: value for name, value in found.items() if value or name == "user"}


def _loaded(text: str) -> Any:
    """Numbers stay as they are written."""
    return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_refused)


class _Number(str):
    pass


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value of JSON")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else _json(value)


def _json(value: Any) -> str:
    """Numbers among it are texts since they were read, and are written without quotes."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(n)}: {_json(v)}" for n, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _unread(raw: str, problem: str) -> Record:
    return Record({}, problem, raw[:LONGEST_VALUE])
