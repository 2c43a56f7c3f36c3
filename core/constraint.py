"""What an answer is held to: JSON, a JSON schema, choices, a regular expression or a grammar.

What a schema or a grammar may use is known to the engine that compiles it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isinf
from typing import Any, Literal, NoReturn, get_args

from core.bounds import is_cut
from core.errors import InvalidInput

Kind = Literal["none", "json", "json_schema", "choices", "regex", "grammar"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WORDS: Mapping[str, str] = {
    "json": "JSON", "json_schema": "the JSON schema", "choices": "the choices",
    "regex": "the regular expression", "grammar": "the grammar",
}  # fmt: skip
LARGEST = 65_536  # characters of a schema, an expression or a grammar
DEEPEST = 64  # lists and objects inside each other
MOST_CHOICES = 500
LONGEST_CHOICE = 1_000  # characters
# Keywords whose values are not schemas, and those whose keys are names.
PLAIN = ("enum", "const", "default", "examples")
NAMES = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


@dataclass(frozen=True, slots=True)
class Constraint:
    """kind: "none" is off; "json": any object or list. text: the schema as JSON, the expression,
    or the grammar in Lark's notation, as it was typed. choices: of kind "choices", where the whole
    answer is one of them.

    flexible_whitespace: JSON may have any white space between its parts; off, at most one space
    after a comma or a colon, because weak models fill answers with blanks. after_thought: what a
    model thinks before it answers is free; off, the constraint begins with the first token.
    """

    kind: Kind = "none"
    text: str = ""
    choices: tuple[str, ...] = ()
    flexible_whitespace: bool = False
    after_thought: bool = True

    @property
    def in_words(self) -> str:
        """To be read inside of a sentence: "the JSON schema"; "none" where it is off."""
        return WORDS.get(self.kind, "none")

    @property
    def summary(self) -> str:
        """All of it on one line, to be compared."""
        text = f"{self.in_words} {self.text or ', '.join(map(repr, self.choices))}".strip()
        spaces = ", flexible white space" * self.flexible_whitespace
        return text + spaces + ", from the first token" * (not self.after_thought)

    @property
    def at_start(self) -> str:
        """The same at the start of a sentence."""
        return self.in_words[:1].upper() + self.in_words[1:]


def constraint_from_dict(value: Any) -> Constraint:
    """Read an untrusted value; None is off. Raises InvalidInput for a wrong kind or type.

    Whether a schema can be read is asked by `check_constraint`, as people save what isn't finished.
    """
    if value is None:
        return Constraint()
    if not isinstance(value, Mapping):
        raise InvalidInput("constraint must be an object with a kind, such as json_schema.")
    fields = {str(name): item for name, item in value.items()}
    known = {**asdict(Constraint()), "choices": []}
    if unknown := next((name for name in fields if name not in known), ""):
        raise InvalidInput(f"constraint has no field {unknown!r}. It takes {', '.join(known)}.")
    kind, text, choices, flexible, after = ({**known, **fields}[name] for name in known)
    if kind not in KINDS:
        raise InvalidInput(f"The kind of constraint is {kind!r}; use one of {', '.join(KINDS)}.")
    if not isinstance(text, str):
        raise InvalidInput(f"The text of constraint is {type(text).__name__}; it must be a string.")
    if not isinstance(choices, list | tuple) or not all(isinstance(one, str) for one in choices):
        raise InvalidInput("The choices of constraint must be a list of strings.")
    for name, flag in (("flexible_whitespace", flexible), ("after_thought", after)):
        if not isinstance(flag, bool):
            raise InvalidInput(f"{name} of constraint must be true or false.")
    read = Constraint(kind, text, tuple(choices), flexible, after)
    _check_sizes(read)
    return read


def constraint_to_dict(constraint: Constraint) -> dict[str, Any]:
    """The inverse, for JSON."""
    return {**asdict(constraint), "choices": list(constraint.choices)}


def check_constraint(constraint: Constraint) -> None:
    """Raises InvalidInput, naming the place, where an answer can't be held to it as it stands."""
    _check_sizes(constraint)
    if constraint.kind == "json_schema":
        schema_of(constraint)
    elif constraint.kind == "choices":
        if not constraint.choices:
            raise InvalidInput("There are no choices. Write at least one.")
        if "" in constraint.choices:
            raise InvalidInput("A choice is empty. Write it, or remove it.")
    elif constraint.kind in ("regex", "grammar") and not constraint.text.strip():
        raise InvalidInput(f"{constraint.at_start} is empty. Write it, or turn the constraint off.")


def _check_sizes(constraint: Constraint) -> None:
    text, choices = constraint.text, constraint.choices
    if len(text) > LARGEST:
        raise InvalidInput(
            f"{constraint.at_start} has {len(text):,} characters; at most "
            f"{LARGEST:,} are read. Shorten it."
        )
    if len(choices) > MOST_CHOICES:
        raise InvalidInput(
            f"There are {len(choices):,} choices; at most {MOST_CHOICES} are read. Remove some."
        )
    if (longest := max(map(len, choices), default=0)) > LONGEST_CHOICE:
        raise InvalidInput(
            f"A choice has {longest:,} characters; {LONGEST_CHOICE:,} are allowed. Shorten it."
        )
    if any(map(is_cut, (text, *choices))):
        raise InvalidInput(
            "The constraint holds half of a character, such as \\ud83d alone. Remove it."
        )


def schema_of(constraint: Constraint) -> dict[str, Any]:
    """The JSON schema as a value. Raises InvalidInput with the line and column."""
    if not constraint.text.strip():
        raise InvalidInput("The JSON schema is empty. Write one, or turn the constraint off.")
    try:
        schema = json.loads(constraint.text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"The JSON schema can't be read at line {error.lineno}, column {error.colno}: "
            f"{error.msg}. Fix the JSON there."
        ) from error
    except RecursionError:
        raise InvalidInput(_too_deep()) from None
    except ValueError as error:
        raise InvalidInput(f"The JSON schema can't be read: {error}. Fix the JSON.") from error
    if not isinstance(schema, dict):
        raise InvalidInput('A JSON schema must be an object, such as {"type": "object"}.')
    if _depth(schema) > DEEPEST:
        raise InvalidInput(_too_deep())
    if is_cut(json.dumps(schema, ensure_ascii=False)):
        raise InvalidInput("The JSON schema holds half of a character, such as \\ud83d alone.")
    if "x-guidance" in schema:  # options of the engine's library, which would lift what is promised
        raise InvalidInput("x-guidance can't be used in a JSON schema here. Remove it.")
    return schema


def place_of(schema: Any, keyword: str) -> str:
    """Where the schema uses a keyword first, as "#/properties/age/not"; empty where it doesn't."""
    found = [(schema, "#", False)]
    while found:
        value, path, names = found.pop()
        if isinstance(value, Mapping):
            if keyword in value and not names:
                return f"{path}/{keyword}"
            inner = [(str(key), item) for key, item in value.items() if names or key not in PLAIN]
            found += [(i, f"{path}/{k}", not names and k in NAMES) for k, i in reversed(inner)]
        elif isinstance(value, list):
            found += [(item, f"{path}/{n}", False) for n, item in reversed([*enumerate(value)])]
    return ""


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        depth += 1
    return depth


def _too_deep() -> str:
    return (
        f"The JSON schema is nested more than {DEEPEST} levels deep. Flatten it with $defs and "
        "$ref."
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    if isinf(number := float(text)):
        raise ValueError(f"{text[:40]} is too large a number")
    return number
