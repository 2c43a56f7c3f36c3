"""Numbers and strings inside tool calls, by Python's rules and a little more forgiving."""

from __future__ import annotations

import ast
import math
import re

MOST_DIGITS = 400
BLANK = re.compile(r"\s*")
NUMBER = re.compile(
    r"[+-]?\s*(?:0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)(?![\w.])"
)
BEGUN_NUMBER = re.compile(r"[+\-\d.][\w.+\-\s]*")
PADDED = re.compile(r"([+-]?)0+(\d+)")
STRING = re.compile(r"[rRuU]?(\"\"\"|'''|\"|')")
STEPS = {  # to the next escape or to the quotes that end a string
    quotes: re.compile(rf"\\(?s:.)|{quotes}") for quotes in ('"""', "'''", '"', "'")
}
# What follows a string that really has ended: the next argument, or the end of the call.
GOES_ON = re.compile(r"\s*(?:,\s*[\w-]+\s*=|\)\s*(?:[,\]]|\Z)|[\]}]\s*(?:[,)\]}]|\Z))")
ESCAPE = re.compile(
    r"\\(?:\n|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\\'\"abfnrtv])"
)


def number_of(source: str) -> tuple[int | float, bool] | None:
    """The number, and whether zeros stand before it, which Python doesn't allow; None for others.

    Infinity is none: JSON has no word for it.
    """
    source = re.sub(r"\s", "", source)
    padded = PADDED.fullmatch(source)
    if padded:
        source = padded[1] + padded[2]
    if len(source) > MOST_DIGITS:
        return None
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None
    return (value, bool(padded)) if math.isfinite(value) else None


def string_end(text: str, begin: int, quotes: str, lenient: bool) -> int | None:
    """Where the closing quotes stand, or None where the text ends first.

    lenient: quotes after a backslash close the string too, where the call plainly goes on after
    them, as in `f(folder="C:\\")`.
    """
    for step in STEPS[quotes].finditer(text, begin):
        if step[0] == quotes:
            return step.start()
        if lenient and step[0][1] == quotes and GOES_ON.match(text, step.end()):
            return step.end() - 1
    return None


def decoded(inner: str) -> str:
    """The characters that a string stands for; an unknown escape stays as it is, as in Python.

    Two escapes of surrogates, as JSON writes an emoji, are one character.
    """
    if "\\" not in inner:
        return inner
    text = ESCAPE.sub(_character, inner)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str]) -> str:
    if escape[0] == "\\\n":  # the line goes on
        return ""
    try:
        return ast.literal_eval(f'"{escape[0]}"')
    except (ValueError, SyntaxError):  # \UFFFFFFFF
        return escape[0]
