"""A check of an answer: what it asks, its name, and its form in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

from core.bounds import is_cut
from core.constraint import LARGEST
from core.errors import InvalidInput
from core.variables import variables

Kind = Literal[
    "equals", "contains", "regex", "number", "json", "json_schema", "field", "length",
    "similarity", "judge", "review",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
VALUELESS: tuple[Kind, ...] = ("json", "length", "review")
LONGEST_NAME = 120  # characters
LARGEST_NUMBER = 1e12


@dataclass(frozen=True, slots=True)
class Check:
    """value: what the answer is compared with, a text with variables; for "regex" the expression,
    which is found anywhere in the answer, for "json_schema" the schema, for "judge" the prompt,
    which also knows {{answer}}. "review" asks what people said in the blind review.

    name: empty: it is made of the others. negated: passes where the answer does not do it.
    field: of "field": where in the JSON, as in person.names.0. tolerance: of "number": how far the
    first number of the answer may be from the value. least, most: of "length", in characters; None:
    no bound. least is also what a "similarity" reaches, from 0 to 1. ignore_case: capital and small
    letters are the same. model: of "judge": the name of one in memory; empty is the one in use.

    White space around the answer and the value is never compared.
    """

    kind: Kind
    value: str = "{{expected}}"
    name: str = ""
    negated: bool = False
    field: str = ""
    tolerance: float = 0.0
    least: float | None = None
    most: float | None = None
    ignore_case: bool = False
    model: str = ""

    @property
    def label(self) -> str:
        """Its name, or what it asks: "equals expected"."""
        return self.name or ("not " * self.negated) + self._asks

    @property
    def _asks(self) -> str:
        value = self.value.strip()
        bare = value.removeprefix("{{").removesuffix("}}").strip()
        shown = bare if bare.isidentifier() else f"“{_short(value)}”"
        match self.kind:
            case "regex":
                return f"matches {_short(value)}"
            case "number":
                within = f" ± {self.tolerance:g}" if self.tolerance else ""
                return f"number {shown}{within}"
            case "json":
                return "is JSON"
            case "json_schema":
                return "fits the JSON schema"
            case "field":
                return f"{self.field} equals {shown}"
            case "length":
                return f"length {_span(self.least, self.most)}"
            case "similarity":
                return f"similar to {shown}, at least {100 * (self.least or 0):g}%"
            case "judge":
                return f"judged by {self.model or 'the model in use'}"
            case "review":
                return "passes the blind review"
        return f"{self.kind} {shown}"


def check_from_dict(value: Any) -> Check:
    """Read an untrusted value. Raises InvalidInput, naming the field."""
    if not isinstance(value, Mapping):
        raise InvalidInput(
            "A check must be an object with a kind, as in {kind: equals, value: '{{expected}}'}."
        )
    given = {str(name): item for name, item in cast(Mapping[Any, Any], value).items()}
    known = {one.name for one in fields(Check)}
    if unknown := next((name for name in given if name not in known), ""):
        raise InvalidInput(
            f"A check has the unknown field {unknown[:40]!r}; use {', '.join(sorted(known))}."
        )
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        shown = repr(kind)[:40] if isinstance(kind, str) else type(kind).__name__
        raise InvalidInput(f"The kind of a check is {shown}; use one of {', '.join(KINDS)}.")
    for name in ("value", "name", "field", "model"):
        _text(name, given.get(name, ""), LARGEST if name == "value" else LONGEST_NAME)
    for name in ("negated", "ignore_case"):
        if not isinstance(given.get(name, False), bool):
            raise InvalidInput(f"{name} of a check must be true or false.")
    for name in ("tolerance", "least", "most"):
        _number(name, given.get(name))
    if given.get("tolerance", 0.0) is None:
        del given["tolerance"]
    check = Check(**given)
    _check_whole(check)
    return check


def check_to_dict(check: Check) -> dict[str, Any]:
    """The inverse, without what is as usual."""
    usual = asdict(Check(check.kind))
    return {n: v for n, v in asdict(check).items() if n == "kind" or v != usual[n]}


def _check_whole(check: Check) -> None:
    if check.kind not in VALUELESS and not check.value.strip():
        raise InvalidInput(f"The check {check.kind} has an empty value. Write it, or remove it.")
    if check.kind == "judge" and "answer" not in variables([check.value]):
        raise InvalidInput("The judge's prompt does not have {{answer}}. Write it in.")
    if check.kind == "field" and not check.field:
        raise InvalidInput("The check field names no field, such as person.name. Write it.")
    if check.kind == "length" and check.least is None and check.most is None:
        raise InvalidInput("The check length has neither least nor most. Write one of them.")
    if check.kind == "similarity" and not 0 <= (check.least or 0) <= 1:
        raise InvalidInput(f"least of a similarity is {check.least:g}; it must be from 0 to 1.")


def _text(name: str, value: Any, longest: int) -> None:
    if not isinstance(value, str) or len(value) > longest or is_cut(value):
        raise InvalidInput(f"{name} of a check must be a string of at most {longest:,} characters.")


def _number(name: str, value: Any) -> None:
    if value is None:
        return
    right = not isinstance(value, bool) and isinstance(value, int | float)
    if not right or not 0 <= value <= LARGEST_NUMBER:
        raise InvalidInput(f"{name} of a check must be a number from 0 to {LARGEST_NUMBER:g}.")


def _span(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:g}"
    return f"at least {least:g}" if most is None else f"{least:g} to {most:g}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
