"""The JSON of an answer as rows: what each value is called, its type, and what fails there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NotRequired, TypedDict

from core.validity.json_answer import Fields, Number, whole

MOST_ROWS = 2_000
MOST_SCHEMAS = 32  # that say something about one value
MISSING = object()
FORMATS = {"date": "date", "date-time": "date and time", "time": "time"}


class TreeRow(TypedDict):
    """depth: 0 for the outermost names. value: as text; of a list how many items it has. problem:
    what fails there.
    """

    depth: int
    name: str
    value: str
    type: str
    problem: NotRequired[str]


class Tree(TypedDict):
    """more: how many values are left out."""

    rows: list[TreeRow]
    more: int


def tree_of(value: Any, schema: Any, problems: Sequence[tuple[str, str]]) -> Tree:
    """value: as `read_json` gives it. schema: None without one. problems: as in `Verdict`."""
    told = dict(problems)
    rows: list[TreeRow] = []
    for pointer, row in islice(_rows(value, schema, told), MOST_ROWS):
        if pointer in told:
            row["problem"] = f"This {told[pointer]}"
            if row["type"] in FORMATS.values():  # a wrong date is only a text
                row["type"] = "text"
        rows.append(row)
    return {"rows": rows, "more": max(_count(value) - len(rows), 0)}


def _count(value: Any) -> int:
    """How many values stand in this one."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        inner = [item for _, item in one] if isinstance(one, Fields) else one
        if isinstance(inner, list):
            count += len(inner)
            waiting += inner
    return count


@dataclass(frozen=True)
class _Node:
    """depth: -1 for outermost brackets, which need no row. schemas: all that describe it."""

    depth: int
    pointer: str
    name: str
    value: Any
    schemas: Sequence[Mapping[str, Any]] = ()


def _rows(value: Any, root: Any, told: Collection[str]) -> Iterator[tuple[str, TreeRow]]:
    """Each with its JSON pointer, in the order of the text; what an object lacks comes after what
    it has. told: the pointers that fail. A deep value takes no more of Python's stack than a flat
    one.
    """
    lacking: dict[str, list[str]] = {}
    for pointer in told:
        around, _, name = pointer.rpartition("/")
        lacking.setdefault(around, []).append(name.replace("~1", "/").replace("~0", "~"))
    outermost = -1 if isinstance(value, Fields | list) else 0
    open_nodes = [iter([_Node(outermost, "", "", value, _meant([root], root))])]
    while open_nodes:
        node = next(open_nodes[-1], None)
        if node is None:
            open_nodes.pop()
            continue
        if node.depth >= 0:
            text, kind = _drawn(node.value, node.schemas)
            name = whole(node.name)
            yield node.pointer, {"depth": node.depth, "name": name, "value": text, "type": kind}
        open_nodes.append(_inside(node, root, lacking))


def _inside(node: _Node, root: Any, lacking: Mapping[str, Sequence[str]]) -> Iterator[_Node]:
    depth, value = node.depth + 1, node.value
    if isinstance(value, list):
        for n, item in enumerate(value):
            schemas = _meant(_below(node.schemas, n), root)
            yield _Node(depth, f"{node.pointer}/{n}", f"{node.name}[{n}]", item, schemas)
    if isinstance(value, Fields):
        for name, item in value:
            schemas = _meant(_below(node.schemas, name), root)
            yield _Node(depth, _pointer(node, name), name, item, schemas)
        known = {whole(name) for name, _ in value}
        for name in lacking.get(node.pointer, ()):
            if name not in known:
                yield _Node(depth, _pointer(node, name), name, MISSING)


def _pointer(node: _Node, name: str) -> str:
    return f"{node.pointer}/{whole(name).replace('~', '~0').replace('/', '~1')}"


def _drawn(value: Any, schemas: Sequence[Any]) -> tuple[str, str]:
    """A value and its type, as they are read."""
    if value is MISSING:
        return "missing", ""
    if isinstance(value, Fields):
        return "" if value else "empty", "object"
    if isinstance(value, list):
        return f"{len(value):,}" if value else "empty", "list"
    if isinstance(value, bool):
        return str(value).lower(), "true/false"
    if value is None:
        return "null", "null"
    if isinstance(value, Number):
        return value, "number"
    formats = (one.get("format") for one in schemas)
    known = (FORMATS.get(name, "") for name in formats if isinstance(name, str))
    return whole(value), next(filter(None, known), "text")


# -- what a schema says of a value, for its type alone ------------------------------------------
def _meant(schemas: Sequence[Any], root: Any) -> list[Mapping[str, Any]]:
    """The schemas with all that they refer to and choose from, up to a bound."""
    found: list[Mapping[str, Any]] = []
    waiting = [*schemas]
    while waiting and len(found) < MOST_SCHEMAS:
        one = waiting.pop(0)
        if isinstance(one, Mapping) and not any(one is known for known in found):
            found.append(one)
            waiting += [_target(one.get("$ref"), root)]
            for name in ("allOf", "anyOf", "oneOf"):
                inner = one.get(name)
                waiting += inner[:MOST_SCHEMAS] if isinstance(inner, list) else []
    return found


def _below(schemas: Sequence[Mapping[str, Any]], step: str | int) -> list[Any]:
    found: list[Any] = []
    for one in schemas:
        if isinstance(step, str):
            named = one.get("properties")
            if isinstance(named, Mapping) and step in named:
                found.append(named[step])
            else:
                found.append(one.get("additionalProperties"))
            continue
        first, others = one.get("prefixItems"), one.get("items")
        if isinstance(first, list) and step < len(first):
            found.append(first[step])
        else:
            found.append(others)
    return found


def _target(reference: Any, root: Any) -> Any:
    """Where "#/$defs/name" points."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    one = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        one = one.get(name) if isinstance(one, Mapping) else None
    return one
