"""The grammar of Pythonic tool calls: `[f(a="x", n=3), g()]`.

Python's own reader refuses what models write every day: raw newlines in strings, reserved words as
argument names, `true`, `null`, `007`. So the structure is read here, and only single literals go
through `ast.literal_eval`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from core.tools.call_literals import (
    BEGUN_NUMBER,
    BLANK,
    NUMBER,
    STRING,
    decoded,
    number_of,
    string_end,
)
from core.tools.tool_calls import LARGEST, ReadCalls, WrittenCall, call_of_object

DEEPEST = 40  # brackets in brackets
CONSTANTS = {
    "True": True, "true": True, "False": False, "false": False, "None": None, "null": None,
}  # fmt: skip
NAME = re.compile(r"[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)*")


class _Unfinished(Exception):
    """The text ended where something has to follow."""


class _Wrong(Exception):
    """Something else stands where the call has to go on."""


def read_calls(text: str) -> ReadCalls:
    """Read what stands between the markers of a call. Never raises, never evaluates."""
    if len(text) > LARGEST:
        return ReadCalls(error=f"It has {len(text):,} characters; at most {LARGEST:,} are read.")
    strict = _Reader(text, lenient=False).read()
    if strict.whole or "\\" not in text:
        return strict
    lenient = _Reader(text, lenient=True).read()
    return lenient if lenient.whole else strict


@dataclass
class _Call:
    """A call while it is read."""

    name: str
    named: dict[str, Any] = field(default_factory=dict[str, Any])
    positional: list[Any] = field(default_factory=list[Any])
    notes: list[str] = field(default_factory=list[str])

    def value(self, complete: bool) -> WrittenCall:
        return WrittenCall(
            self.name, tuple(self.named.items()), tuple(self.positional), tuple(self.notes),
            complete,
        )  # fmt: skip


class _Reader:
    def __init__(self, text: str, lenient: bool) -> None:
        self._text = text
        self._lenient = lenient
        self._place = 0
        self._depth = 0
        self._calls: list[WrittenCall] = []
        self._open: _Call | None = None
        self._padded = ""

    def read(self) -> ReadCalls:
        error, unfinished = "", False
        try:
            self._list_of_calls()
        except _Unfinished:
            unfinished = True
        except _Wrong as wrong:
            error = str(wrong)
        begun = [self._open.value(complete=False)] if self._open else []
        return ReadCalls((*self._calls, *begun), error, unfinished)

    # -- calls -------------------------------------------------------------------------------
    def _list_of_calls(self) -> None:
        """The brackets around the list may be missing."""
        bracket = self._takes("[")
        if not bracket:
            self._skip_blank()
        while not (bracket and self._takes("]")):
            self._call()
            if not self._takes(","):
                if bracket:
                    self._wants("]")
                break
        if self._peek():
            raise self._wrong("the end of the list")

    def _call(self) -> None:
        if self._peek() == "{":
            start = self._place
            call = call_of_object(self._value())
            if call is None:
                self._place = start
                raise self._wrong('an object with "name" and "arguments"')
            self._calls.append(call)
            return
        self._skip_blank()
        name = NAME.match(self._text, self._place)
        if name is None:
            raise self._wrong("the name of a tool")
        self._place = name.end()
        self._open = _Call(name[0])
        self._wants("(")
        self._arguments(self._open)
        self._calls.append(self._open.value(complete=True))
        self._open = None

    def _arguments(self, call: _Call) -> None:
        while not self._takes(")"):
            self._padded = ""
            name = self._argument_name()
            value = self._value()
            if name is None:
                call.positional.append(value)
            elif name in call.named:
                call.notes.append(f"{name} is given twice; the last value counts.")
            if name is not None:
                call.named[name] = value
            if self._padded:
                call.notes.append(f"{self._padded} is read as a number, without its zeros.")
            if not self._takes(","):
                self._wants(")")
                break

    def _argument_name(self) -> str | None:
        """The name before a `=`, which may be any word; None for a positional argument."""
        self._skip_blank()
        name = NAME.match(self._text, self._place)
        if name is None:
            return None
        after = self._after_blank(name.end())
        if after == len(self._text):
            raise _Unfinished
        if self._text[after] != "=":
            return None
        self._place = after + 1
        return name[0]

    # -- values ------------------------------------------------------------------------------
    def _value(self) -> Any:
        self._skip_blank()
        sign = self._text[self._place]
        if sign in "[{(":
            return self._nested(sign)
        if string := STRING.match(self._text, self._place):
            return self._strings(string)
        if number := NUMBER.match(self._text, self._place):
            return self._number(number)
        name = NAME.match(self._text, self._place)
        begun = BEGUN_NUMBER.fullmatch(self._text, self._place)
        if begun or (name and name.end() == len(self._text)):
            raise _Unfinished
        if name is None or name[0] not in CONSTANTS:
            raise self._wrong("a value (text needs quotes)")
        self._place = name.end()
        return CONSTANTS[name[0]]

    def _nested(self, sign: str) -> Any:
        if self._depth == DEEPEST:
            raise self._wrong(f"something in at most {DEEPEST} brackets")
        self._place += 1
        self._depth += 1
        if sign == "{":
            value = self._object()
        else:
            values, comma = self._items("]" if sign == "[" else ")")
            alone = sign == "(" and len(values) == 1 and not comma
            value = values[0] if alone else values  # a tuple is a list in JSON
        self._depth -= 1
        return value

    def _items(self, end: str) -> tuple[list[Any], bool]:
        """The values up to `end`, and whether the last thing before it is a comma."""
        values: list[Any] = []
        while not self._takes(end):
            values.append(self._value())
            if not self._takes(","):
                self._wants(end)
                return values, False
        return values, bool(values)

    def _object(self) -> Any:
        """An object; or a set, which is a list in JSON."""
        fields: dict[str, Any] = {}
        while not self._takes("}"):
            key = self._value()
            if not fields and self._peek() in (",", "}"):
                self._takes(",")
                return [key, *self._items("}")[0]]
            if isinstance(key, list | dict):
                raise self._wrong("an object whose keys are strings")
            self._wants(":")
            fields[key if isinstance(key, str) else json.dumps(key)] = self._value()
            if not self._takes(","):
                self._wants("}")
                break
        return fields

    def _number(self, found: re.Match[str]) -> int | float:
        number = number_of(found[0])
        if number is None:
            raise self._wrong("a number that JSON can hold")
        if found.end() == len(self._text):
            raise _Unfinished
        self._place = found.end()
        value, padded = number
        self._padded = found[0] if padded else self._padded
        return value

    def _strings(self, found: re.Match[str] | None) -> str:
        """A string, and those that follow it without a comma, as Python joins them."""
        pieces: list[str] = []
        while found is not None:
            end = string_end(self._text, found.end(), found[1], self._lenient)
            if end is None:
                raise _Unfinished
            inner = self._text[found.end() : end]
            pieces.append(inner if found[0][0] in "rR" else decoded(inner))
            self._place = end + len(found[1])
            found = STRING.match(self._text, self._after_blank(self._place))
        return "".join(pieces)

    # -- places ------------------------------------------------------------------------------
    def _after_blank(self, place: int) -> int:
        blank = BLANK.match(self._text, place)
        return blank.end() if blank else place

    def _skip_blank(self) -> None:
        self._place = self._after_blank(self._place)
        if self._place == len(self._text):
            raise _Unfinished

    def _peek(self) -> str:
        """The next sign, or an empty text at the end."""
        self._place = self._after_blank(self._place)
        return self._text[self._place : self._place + 1]

    def _takes(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self._place += 1
        return True

    def _wants(self, sign: str) -> None:
        if not self._takes(sign):
            self._skip_blank()
            raise self._wrong(f"“{sign}”")

    def _wrong(self, wanted: str) -> _Wrong:
        place = self._after_blank(self._place)
        found = self._text[place : place + 16].split("\n")[0]
        return _Wrong(f"Character {place + 1}: found “{found}”, expected {wanted}.")
