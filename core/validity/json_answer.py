"""The JSON in an answer: all of it or a fenced block, and why an answer isn't JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

FENCE = "```"
# The standard library's complaints, as their beginnings.
WORDS = {
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting property name": "a name in double quotes is missing",
    "Expecting value": "a value is missing",
    "Illegal trailing comma": "there is a comma before a closing bracket",
    "Invalid control character": "a text contains a line break or another control character",
    "Invalid \\": "a backslash begins an unknown escape",
}


class Number(str):
    """A number as it was written: 1.0 stays 1.0, and large ones keep all digits."""


class Fields(tuple[tuple[str, Any], ...]):
    """An object's names and values in their order, also names that come twice."""


@dataclass(frozen=True)
class FoundJSON:
    """value: of texts, `Number`, `Fields`, lists, booleans and None. text: the JSON itself. fenced:
    it is a block of an answer that says more.
    """

    value: Any
    text: str
    fenced: bool = False


class NotJSON(Exception):
    """Says in a sentence why."""


def read_json(text: str) -> FoundJSON:
    """Raises NotJSON, ValueError or RecursionError as `json.loads` does."""
    value = json.loads(
        text, parse_int=Number, parse_float=Number, parse_constant=_no_constant,
        object_pairs_hook=Fields,
    )  # fmt: skip
    return FoundJSON(value, text)


def find_json(answer: str) -> FoundJSON | None:
    """The whole answer, or else its first fenced block, where that is JSON."""
    block = _fenced(answer)
    for text in (answer, block):
        try:
            found = read_json(text)
        except (ValueError, RecursionError, NotJSON):
            continue
        return FoundJSON(found.value, found.text, text is block)
    return None


def why_not_json(answer: str, ending: str = "") -> str:
    """A sentence; empty if it is JSON. ending: what ended the answer, if not the model itself."""
    start = answer.strip()[:1]
    if not start:
        return "The answer is empty."
    try:
        read_json(answer)
        return ""
    except NotJSON as error:
        return str(error)
    except RecursionError:
        return "Lists and objects are nested too deeply."
    except json.JSONDecodeError as error:
        return _in_words(answer, error, ending) if start in "{[" else _text_before(answer)


def whole(text: str) -> str:
    """With a replacement for each half of a character, such as \\ud83d alone: JSON may hold those,
    and nothing that leaves this process may.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text_before(answer: str) -> str:
    brace = min((n for n in map(answer.find, "{[") if n >= 0), default=-1)
    if brace < 0:
        return "The answer is plain text."
    line = 1 + answer.count("\n", 0, len(answer) - len(answer.lstrip()))
    before = answer[:brace].strip()
    thing = "a Markdown fence" if before in (FENCE, f"{FENCE}json") else "text"
    return f"There is {thing} before the first brace, line {line}."


def _in_words(answer: str, error: json.JSONDecodeError, ending: str) -> str:
    if error.pos >= len(answer.rstrip()) or error.msg.startswith("Unterminated"):
        return f"The answer ends before the JSON is complete{ending and f': {ending}'}."
    if error.msg.startswith("Extra data"):
        return f"There is text after the JSON, line {error.lineno}."
    words = next((said for begin, said in WORDS.items() if error.msg.startswith(begin)), error.msg)
    return f"Line {error.lineno}, column {error.colno}: {words}."


def _fenced(answer: str) -> str:
    """What stands in the first fenced block."""
    _, _, after = answer.partition(FENCE)
    _, _, inside = after.partition("\n")
    return inside.partition(FENCE)[0]


def _no_constant(name: str) -> NoReturn:
    raise NotJSON(f"{name} is not a value of JSON.")
