"""Variables in texts: `{{name}}` is replaced by a value; `{{ "{{" }}` writes braces.

A small part of Jinja's language, and read without Jinja, which would also change line breaks and
take `{%` and `{#` for its own. Nothing is evaluated: a name is looked up, and that is all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from core.bounds import CHARACTERS_PER_TOKEN, LONGEST_VARIABLE, MOST_VARIABLES, USUAL_CONTEXT
from core.constraint import Constraint
from core.conversation import Conversation, Message, Text
from core.errors import InvalidInput
from core.lanes import Lane

Values = Mapping[str, str]
NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
MARK = re.compile(rf"""\{{\{{[ \t]*(?:({NAME})|"(\{{\{{|\}}\}})"|'(\{{\{{|\}}\}})')[ \t]*\}}\}}""")
LONGEST_LIKE_A_MARK = 200  # characters between the braces, on one line
BRACES = '{{ "{{" }}'  # what writes {{
ITEM = "item."  # how evaluations of OpenAI name a column
LARGEST_FILLED = CHARACTERS_PER_TOKEN * USUAL_CONTEXT  # characters


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of a text that is replaced. name: of the variable, empty where braces are written.

    start, end: as of a slice. written: what takes its place where there is no name.
    """

    start: int
    end: int
    name: str
    written: str = ""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """What looks like a variable and is none. line, column: counted from 1."""

    line: int
    column: int
    text: str


def marks(text: str) -> tuple[Mark, ...]:
    """In their order. A text without any is never touched."""
    return tuple(
        Mark(found.start(), found.end(), (found[1] or "").removeprefix(ITEM), found[2] or found[3])
        for found in (MARK.finditer(text) if "{{" in text else ())
    )


def doubtful(text: str) -> Iterator[Doubtful]:
    """In their order, each looked for when it is asked for: a text may have a million.

    A text with variables can't be filled while it has one; without, it is sent as it is.
    """
    line, line_start, seen = 1, 0, 0
    for start, end in _like_marks(text):
        if breaks := text.count("\n", seen, start):
            line += breaks
            line_start = text.rfind("\n", seen, start) + 1
        seen = start
        yield Doubtful(line, start - line_start + 1, text[start:end])


def left_as_is(text: str, names: Iterable[str] = ()) -> str:
    """A text that is sent as this one looks: its doubtful places, and those of `names`, escaped."""
    chosen = frozenset(names)
    starts = [start for start, _ in _like_marks(text)]
    starts += [mark.start for mark in marks(text) if mark.name in chosen] if chosen else []
    parts: list[str] = []
    end = 0
    for start in sorted(starts):
        parts += [text[end:start], BRACES]
        end = start + 2
    return "".join((*parts, text[end:]))


def variables(texts: Iterable[str]) -> tuple[str, ...]:
    """The names, each once, in the order in which they come first."""
    found = (one[1] for text in dict.fromkeys(texts) for one in MARK.finditer(text) if one[1])
    return tuple(dict.fromkeys(name.removeprefix(ITEM) for name in found))


def texts_of(conversation: Conversation, lanes: Iterable[Lane] = ()) -> tuple[str, ...]:
    """All texts of a prompt that may have variables: of messages, tools, lanes and constraints."""
    parts = (part for turn in conversation.messages for part in turn.parts)
    turns = (part.text for part in parts if isinstance(part, Text))
    return (*turns, conversation.tools, *(text for lane in lanes for text in _lane_texts(lane)))


def fill(text: str, values: Values, where: str = "The text") -> str:
    """The text with its variables replaced. where: it, at the start of a sentence.

    Raises InvalidInput for what is missing, doubtful or too long.
    """
    found = marks(text)
    if not found:
        return text
    if unclear := next(doubtful(text), None):
        raise InvalidInput(f"{where}, {in_words(unclear)}")
    check_values((one.name for one in found if one.name), values)
    size = len(text) + sum(len(values[one.name]) for one in found if one.name)
    if size > LARGEST_FILLED:
        raise InvalidInput(
            f"{where} would have {size:,} characters with its variables filled in; "
            f"at most {LARGEST_FILLED:,} are read. Shorten the values."
        )
    parts: list[str] = []
    end = 0
    for one in found:
        parts += [text[end : one.start], values[one.name] if one.name else one.written]
        end = one.end
    return "".join((*parts, text[end:]))


def check_values(names: Iterable[str], values: Values) -> None:
    """Raises InvalidInput, naming the variables without a value. An empty text is a value."""
    asked = dict.fromkeys(names)
    if len(asked) > MOST_VARIABLES:
        raise InvalidInput(
            f"There are {len(asked):,} variables; at most {MOST_VARIABLES} are read. Remove some."
        )
    if long := next((name for name in asked if len(name) > LONGEST_VARIABLE), ""):
        raise InvalidInput(
            f"The name of the variable {long[:40]}… has {len(long):,} characters; "
            f"{LONGEST_VARIABLE} are allowed. Shorten it."
        )
    if missing := [name for name in asked if name not in values]:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" * (len(missing) > 5))
        raise InvalidInput(
            f"No value for {'variable' if len(missing) == 1 else 'the variables'} {shown}. Give "
            f"one, or write {BRACES} for braces that are meant as such."
        )


def fill_conversation(conversation: Conversation, values: Values) -> Conversation:
    """Raises InvalidInput as `fill` does, naming the message."""
    turns: list[Message] = []
    size = 0
    for place, turn in enumerate(conversation.messages, start=1):
        parts = tuple(
            replace(part, text=fill(part.text, values, f"Message {place}"))
            if isinstance(part, Text)
            else part
            for part in turn.parts
        )
        turns.append(turn if parts == turn.parts else replace(turn, parts=parts))
        size += sum(len(part.text) for part in parts if isinstance(part, Text))
        if size > LARGEST_FILLED:
            raise InvalidInput(
                f"With variables filled in, the first {place} messages have {size:,} characters; "
                f"at most {LARGEST_FILLED:,} are read. Shorten the values."
            )
    return Conversation(tuple(turns), fill(conversation.tools, values, "The tools"))


def fill_lane(lane: Lane, values: Values) -> Lane:
    """The lane with variables replaced in its own system prompt, prefill and constraints."""
    where = f"of lane {lane.label}"
    return replace(
        lane,
        system=lane.system and fill(lane.system, values, f"The system prompt {where}"),
        prefill=lane.prefill and fill(lane.prefill, values, f"The prefill {where}"),
        constraint=_fill_constraint(lane.constraint, values),
        checked_against=_fill_constraint(lane.checked_against, values),
    )


def in_words(unclear: Doubtful) -> str:
    """For the page and for errors: the place, what is wrong, and the next step."""
    shown = unclear.text if len(unclear.text) <= 40 else f"{unclear.text[:39]}…"
    return (
        f"line {unclear.line}, column {unclear.column}: {shown} is not a variable. Write a name, "
        f"as in {{{{city}}}}, or {BRACES} for braces that are meant as such."
    )


def _fill_constraint(constraint: Constraint, values: Values) -> Constraint:
    where = constraint.at_start
    return replace(
        constraint,
        text=fill(constraint.text, values, where),
        choices=tuple(fill(one, values, where) for one in constraint.choices),
    )


def _lane_texts(lane: Lane) -> tuple[str, ...]:
    held = (lane.constraint, lane.checked_against)
    own = (text for one in held for text in (one.text, *one.choices))
    return (lane.system or "", lane.prefill or "", *own)


def _like_marks(text: str) -> Iterator[tuple[int, int]]:
    """Where they begin and end, between the marks. No place is read more than a few times."""
    if "{{" not in text:
        return
    begin = 0
    for found in MARK.finditer(text):
        yield from _like_marks_between(text, begin, found.start())
        begin = found.end()
    yield from _like_marks_between(text, begin, len(text))


def _like_marks_between(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    while (start := text.find("{{", begin, end)) >= 0:
        if (close := text.find("}}", start + 2, end)) < 0:
            return
        # The first place from which these braces can be reached.
        line_start = text.rfind("\n", start, close) + 1
        begin = max(start, close - 2 - LONGEST_LIKE_A_MARK, line_start)
        if begin == start:
            yield start, close + 2
            begin = close + 2
