"""What of a JSON value fails its JSON schema, in words; and texts against regular expressions.

A child process runs this file alone (`apart.py`), so it imports nothing of the project.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.validators import validator_for
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

try:
    import resource
except ImportError:  # Windows: only the clock bounds it there
    resource = None

SECONDS = 2  # of the processor
BYTES = 1 << 29  # of address space; the child needs a tenth of it for itself
MOST_FOUND = 1_000
MOST_NAMED = 50
LONGEST = 40  # characters of a value in a sentence
LONGEST_PLACE = 120
UNREADABLE = "The schema or the answer has a value that can't be read."
TYPES = {
    "string": "text", "number": "a number", "integer": "a whole number", "array": "a list",
    "boolean": "true or false", "object": "an object", "null": "null",
}  # fmt: skip
FORMATS = {
    "date": "a date such as 2026-12-05", "time": "a time such as 09:30:00Z", "uuid": "a UUID",
    "date-time": "a date and time such as 2026-12-05T09:30:00Z", "email": "an email address",
    "ipv4": "an IPv4 address", "ipv6": "an IPv6 address",
}  # fmt: skip
BOUNDS = {
    "minimum": "at least {}", "maximum": "at most {}", "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}", "multipleOf": "a multiple of {}", "const": "{}",
}  # fmt: skip
COUNTS = {
    "minLength": ("character", "at least"), "maxLength": ("character", "at most"),
    "minItems": ("item", "at least"), "maxItems": ("item", "at most"),
    "minProperties": ("field", "at least"), "maxProperties": ("field", "at most"),
}  # fmt: skip
Problem = tuple[str, str, str]  # a JSON pointer, the place in words, and the rest of the sentence


class Refused(Exception):
    """The schema can't be used; says why in a sentence."""


def problems(schema: Mapping[str, Any], value: Any) -> list[Problem]:
    """One for each place that fails, in the order of the value. Raises Refused."""
    return _problems(validator_of(schema), value)


def first_problem(validator: Any, value: Any) -> str:
    """In a sentence; empty where there is none. validator: of `validator_of`. Raises Refused."""
    found = _problems(validator, value)
    return " ".join(found[0][1:]) if found else ""


def validator_of(schema: Mapping[str, Any]) -> Any:
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema, format_checker=None)  # type: ignore[arg-type]
    except SchemaError as error:
        place = "/".join(map(str, ["#", *error.absolute_path]))
        raise Refused(f"The schema has a mistake at {_cut(place, LONGEST_PLACE)}.") from error
    except RecursionError:
        raise Refused("The schema refers to itself endlessly, or is too deep.") from None
    # An empty registry: nothing is fetched, whatever a $ref names.
    return kind(schema, registry=EMPTY_REGISTRY, format_checker=_formats())


def _problems(validator: Any, value: Any) -> list[Problem]:
    try:
        found = list(islice(validator.iter_errors(value), MOST_FOUND))
    except Unresolvable as error:
        raise Refused(f"The schema refers to {_shown(error.ref)}, which isn't in it.") from error
    except RecursionError:
        raise Refused(
            "The schema or the answer refers to itself endlessly, or is too deep."
        ) from None
    told: dict[str, tuple[tuple[int, ...], Problem]] = {}
    for error in (leaf for one in found for leaf in _leaves(one)):
        for path, words in _told(error):
            at = _pointer(path)
            told.setdefault(at, (_order(value, path), (at, _place(path), f"{words}.")))
    return [problem for _, problem in sorted(told.values())]


def matches(expression: str, text: str) -> bool:
    """Whether the whole text does. Raises Refused for what other programs read otherwise."""
    try:
        return compiled(expression).fullmatch(text) is not None
    except Refused:
        raise Refused("Only the engine can read this regular expression.") from None


def compiled(expression: str, flags: int = 0) -> re.Pattern[str]:
    """Raises Refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return re.compile(expression, flags)
        except (re.error, Warning, RecursionError, OverflowError) as error:
            raise Refused(f"The regular expression can't be read: {error}.") from None


def _formats() -> FormatChecker:
    """Those that need no more than the standard library; of the others nothing is said."""
    checker = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))
    for name, read in (("date-time", datetime.fromisoformat), ("time", time.fromisoformat)):

        def check(value: object, read: Any = read, mark: str = "T" * (name == "date-time")) -> bool:
            zoned = not isinstance(value, str) or read(value).tzinfo is not None
            return not isinstance(value, str) or (zoned and mark in value.upper())

        checker.checks(name, raises=ValueError)(check)
    return checker


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """What really fails below alternatives: if only one of them is of the value's type, its own."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        yield error
        return
    alternatives: dict[Any, list[ValidationError]] = {}
    for one in error.context:
        if one.schema_path:  # one that is false has none, and is never meant
            alternatives.setdefault(one.schema_path[0], []).append(one)
    meant = [errors for errors in alternatives.values() if not any(map(_is_other_type, errors))]
    if len(meant) != 1:
        yield error
        return
    for one in meant[0]:
        yield from _leaves(one)


def _is_other_type(error: ValidationError) -> bool:
    return error.validator == "type" and not error.relative_path


def _told(error: ValidationError) -> Iterator[tuple[list[Any], str]]:
    """Places with what to say of them after their name, without a full stop."""
    path, keyword = [*error.absolute_path], str(error.validator)
    wanted: Any = error.validator_value
    got: Any = error.instance
    known: Any = error.schema
    if "propertyNames" in error.schema_path:
        yield path, f"has the name {_shown(got)}, which the schema does not allow"
    elif keyword == "required":
        yield from (([*path, name], "is missing") for name in wanted if name not in got)
    elif keyword == "additionalProperties" and wanted is False and "patternProperties" not in known:
        names = known.get("properties", {})
        yield from (([*path, n], "is not in the schema") for n in got if n not in names)
    else:
        yield path, _words(error, keyword, wanted, got)


def _words(error: ValidationError, keyword: str, wanted: Any, got: Any) -> str:
    if keyword == "type":
        return f"is {_is(got, wanted)}, the schema wants {_either(_types(wanted))}"
    if keyword in ("anyOf", "oneOf"):
        context = error.context or []
        if context and all(map(_is_other_type, context)):
            types = [name for one in context for name in _types(one.validator_value)]
            return f"is {_is(got, types)}, the schema wants {_either(types)}"
        many = "none" if context else "more than one"
        return f"fits {many} of the schema's {len(wanted)} alternatives"
    if keyword == "enum":
        return f"is {_shown(got)}, the schema allows {_either([_shown(one) for one in wanted])}"
    if keyword in BOUNDS:
        return f"is {_shown(got)}, the schema wants {BOUNDS[keyword].format(_shown(wanted))}"
    if keyword in COUNTS:
        unit, bound = COUNTS[keyword]
        count = f"{len(got):,} {unit}{'s' * (len(got) != 1)}"
        return f"has {count}, the schema wants {bound} {wanted:,}"
    if keyword == "format":
        return f"is {_shown(got)}, the schema wants {FORMATS.get(wanted, wanted)}"
    if keyword == "pattern":
        return f"is {_shown(got)}, which does not match the pattern {_cut(wanted, LONGEST)}"
    if keyword == "uniqueItems":
        return "has the same item twice"
    if keyword in ("items", "additionalItems", "unevaluatedItems"):
        return "has more items than the schema allows"
    if error.validator is None:  # the schema `false`, where the library doesn't tell the place
        return f"contains {_shown(got)}, which the schema does not allow"
    return f"does not fit “{keyword}” of the schema"


def _types(wanted: Any) -> list[str]:
    return [TYPES.get(name, name) for name in ([wanted] if isinstance(wanted, str) else wanted)]


def _is(got: Any, wanted: Any) -> str:
    """What a value is: its type, or the value where that says more."""
    if isinstance(got, bool) or got is None:
        return json.dumps(got)
    if isinstance(got, int | float):
        whole = "integer" in wanted or TYPES["integer"] in wanted
        return _shown(got) if whole else "a number"
    return "text" if isinstance(got, str) else "a list" if isinstance(got, list) else "an object"


def _either(names: Sequence[str]) -> str:
    names = [*dict.fromkeys(names)]
    if len(names) > 6:
        names = [*names[:5], f"{len(names) - 5} others"]
    *others, last = names or ["nothing"]
    return f"{', '.join(others)} or {last}" if others else last


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"“{_cut(value, LONGEST)}”"
    return _cut(json.dumps(value, ensure_ascii=False), LONGEST)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _place(path: Sequence[Any]) -> str:
    """As programs write it: items[1].quantity."""
    text = ""
    for step in path:
        named = isinstance(step, str) and re.fullmatch(r"[^\W\d][\w-]*", step)
        text += f".{step}" if named else f"[{json.dumps(step, ensure_ascii=False)}]"
    text = text.removeprefix(".")
    if not text:
        return "The answer"
    return text if len(text) <= LONGEST_PLACE else "…" + text[1 - LONGEST_PLACE :]


def _pointer(path: Sequence[Any]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _order(value: Any, path: Sequence[Any]) -> tuple[int, ...]:
    """The path as positions, so that paths sort as they are read."""
    places: list[int] = []
    for step in path:
        if isinstance(value, dict):
            if step not in value:
                places.append(len(value))
                break
            places.append([*value].index(step))
            value = value[step]
        else:
            places.append(step)
            value = value[step]
    return tuple(places)


# -- as a script ------------------------------------------------------------------------------
def answered(question: Mapping[str, Any]) -> dict[str, Any]:
    """problems: the first of them. count: of all. refused: why nothing was checked."""
    try:
        if "expression" in question:
            return {"matches": matches(question["expression"], question["text"])}
        found = problems(question["schema"], json.loads(question["text"]))
    except Refused as error:
        return {"refused": str(error)}
    except (ValueError, TypeError, AttributeError, KeyError):  # a schema may be anything
        return {"refused": UNREADABLE}
    return {"problems": found[:MOST_NAMED], "count": len(found)}


def bounded() -> None:
    """Bound the time and memory of this process."""
    if resource:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        with suppress(ValueError):  # macOS takes no such limit
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def main() -> None:
    bounded()
    json.dump(answered(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
