"""Constraints as llguidance's grammars, and its complaints as sentences."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from llguidance import LLMatcher

from core.constraint import Constraint, place_of, schema_of
from core.constraint_grammar import GrammarSource
from core.errors import InvalidInput

if TYPE_CHECKING:  # there is no such name at run time
    from llguidance._lib import JsonCompileOptions

LONGEST_WORDS = 300  # characters
UNIMPLEMENTED = re.compile(r'Unimplemented keys: \["([^"]+)"')
ENDLESS = "NoExtensionBias"  # its word for a rule that is nothing but itself
PLACE = re.compile(r"^at (\d+)\((\d+)\): ")


def grammar_of(source: GrammarSource) -> str:
    """As llguidance's own JSON."""
    match source.kind:
        case "json_schema":
            schema = json.dumps(source.schema, ensure_ascii=False)
            options = cast("JsonCompileOptions", source.options)
            return LLMatcher.grammar_from_json_schema(schema, overrides=options)
        case "regex":
            return LLMatcher.grammar_from_regex(source.text)
        case "lark":
            return LLMatcher.grammar_from_lark(source.text)


def refusal(constraint: Constraint | None, words: str) -> InvalidInput:
    """words: llguidance's own. constraint: None stands for the calls of tools."""
    thing = constraint.at_start if constraint else "A call of these tools"
    where = ""
    if constraint and constraint.kind == "json_schema" and (key := UNIMPLEMENTED.search(words)):
        where = f" at {place_of(schema_of(constraint), key[1])}"
    said = _short(words)
    hint = "Change it there, or turn the constraint off."
    if "oneOf" in said:
        said, hint = "oneOf constraints are not supported", "Use anyOf."
    elif said == ENDLESS:
        said, hint = "a $ref leads back to itself", "Let it lead to an object or a list on the way."
    return InvalidInput(f"{thing} can't be used{where}: {said}. {hint}")


def too_large(constraint: Constraint | None) -> InvalidInput:
    thing = constraint.at_start if constraint else "A call of these tools"
    return InvalidInput(
        f"{thing} needs more than 2 seconds or 1 GB to be compiled. Use fewer alternatives, fewer "
        "patterns in allOf, and smaller counts."
    )


def _short(words: str) -> str:
    """On one line: the line that says what is wrong, and its place in a grammar."""
    lines = [line.strip() for line in words.strip().splitlines() if line.strip()] or ["unknown"]
    place = PLACE.match(lines[0])
    first = PLACE.sub("", lines[0])
    told = next((line[len("error: ") :] for line in lines if line.startswith("error: ")), first)
    at = f"line {place[1]}, column {place[2]}: " if place and told == first else ""
    said = (at + told).rstrip(".")
    return said if len(said) <= LONGEST_WORDS else said[: LONGEST_WORDS - 1] + "…"
