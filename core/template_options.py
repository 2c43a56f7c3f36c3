"""Options of a chat template, such as `enable_thinking`: the names that it reads, and their values.

Which of them a template reads is found in `engine/prompt/template_options.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, Literal

from core.bounds import is_cut
from core.errors import InvalidInput

MOST_OPTIONS = 32
LONGEST_NAME = 64  # characters
LONGEST_TEXT = 1_000
LARGEST_NUMBER = 1_000_000  # a template may repeat a text so many times

OptionValue = bool | int | float | str
OptionValues = tuple[tuple[str, OptionValue], ...]  # by name


@dataclass(frozen=True, slots=True)
class TemplateOption:
    """kind: a guess; boolean where it is only tested for truth, number where it meets one. default:
    what the template takes without the option; None: it doesn't say.
    """

    name: str
    kind: Literal["boolean", "number", "text"]
    default: OptionValue | None = None


def option_values(value: Any) -> OptionValues:
    """Read an untrusted mapping, in the order of the names. None and empty: no option is set.

    Which names a template reads is not checked here, as the model may change. Raises InvalidInput.
    """
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"Template options are {_shown(value)}; they must be an object of names and values, "
            'such as {"enable_thinking": false}.'
        )
    if len(value) > MOST_OPTIONS:
        raise InvalidInput(
            f"There are {len(value)} template options; {MOST_OPTIONS} are allowed. Remove some."
        )
    return tuple(sorted((_name(name), _value(name, one)) for name, one in value.items()))


def _name(name: Any) -> str:
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not _is_variable(name):
        raise InvalidInput(
            f"A template option is called {_shown(name)}; use up to {LONGEST_NAME} letters, digits "
            "and _, as in enable_thinking."
        )
    return name


def _is_variable(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not iskeyword(name)


def _value(name: str, value: Any) -> OptionValue:
    match value:
        case bool():
            return value
        case int() | float():
            if abs(value) > LARGEST_NUMBER or not math.isfinite(value):
                raise InvalidInput(
                    f"The template option {name} is {_shown(value)}; a number must be from "
                    f"-{LARGEST_NUMBER:,} to {LARGEST_NUMBER:,}."
                )
            return value
        case str():
            if len(value) > LONGEST_TEXT:
                raise InvalidInput(
                    f"The template option {name} has {len(value):,} characters; {LONGEST_TEXT:,} "
                    "are allowed. Shorten it."
                )
            if is_cut(value):
                raise InvalidInput(
                    f"The template option {name} holds half of a character, such as \\ud83d alone. "
                    "Remove it."
                )
            return value
    raise InvalidInput(
        f"The template option {name} is {_shown(value)}; use true, false, a number or a text."
    )


def _shown(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def in_short(value: OptionValue | None) -> str:
    """A value as pages and sentences write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "template default" if value is None else str(value)
