"""Values of variables, as a browser or a file gives them. What a prompt needs is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.bounds import LONGEST_VARIABLE, MOST_VARIABLES, is_cut
from core.errors import InvalidInput

VariableValues = tuple[tuple[str, str], ...]  # texts by name
MOST_KEPT = 4 * MOST_VARIABLES  # a value stays for a while after its variable is gone
LONGEST_VALUE = 200_000  # characters


def variable_values(value: Any) -> VariableValues:
    """Those that aren't empty: on the page an empty field is a value that is missing.

    Raises InvalidInput, naming the variable.
    """
    if value is None:
        return ()
    if not isinstance(value, Mapping) or len(value) > MOST_KEPT:
        raise InvalidInput(
            f"The variables must be an object of at most {MOST_KEPT} names and their texts."
        )
    return tuple((_name(name), _text(name, text)) for name, text in value.items() if text != "")


def _name(name: Any) -> str:
    if not isinstance(name, str) or len(name) > LONGEST_VARIABLE or not _is_name(name):
        raise InvalidInput(
            f"{str(name)[:40]!r} is not the name of a variable. Use letters, digits and _, at most "
            f"{LONGEST_VARIABLE} characters."
        )
    return name


def _is_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _text(name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise InvalidInput(f"The variable {name} is {type(text).__name__}; it must be a string.")
    if len(text) > LONGEST_VALUE:
        raise InvalidInput(
            f"The variable {name} has {len(text):,} characters; {LONGEST_VALUE:,} are allowed. "
            "Shorten it."
        )
    if is_cut(text):
        raise InvalidInput(f"The variable {name} holds half of a character. Remove it.")
    return text
