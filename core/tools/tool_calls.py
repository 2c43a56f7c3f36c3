"""A tool call as a value. How models write calls is known to `core.tools.call_reader` (LFM2's
Python-like lists) and `core.tools.xml_calls` (LFM3's tags); tools and their schemas to
`core.tools.schemas`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LARGEST = 100_000  # characters of one block of calls


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """arguments: JSON values by name, in order. positional: values that came without a name.

    notes: sentences about how it was written. complete: it was read to its end.
    """

    name: str
    arguments: tuple[tuple[str, Any], ...] = ()
    positional: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ReadCalls:
    """error: what stands where something else belongs; the calls before it are there.

    unfinished: the text ended inside of a call, which may still go on.
    """

    calls: tuple[WrittenCall, ...] = ()
    error: str = ""
    unfinished: bool = False

    @property
    def whole(self) -> bool:
        return not self.error and not self.unfinished


def call_of_object(value: Any) -> WrittenCall | None:
    """A call that is written as an object: name and arguments, perhaps below "function"."""
    if not isinstance(value, Mapping):
        return None
    inner = value.get("function")
    fields = inner if isinstance(inner, Mapping) else value
    name, arguments = fields.get("name"), fields.get("arguments", {})
    if not isinstance(name, str) or not name or not isinstance(arguments, Mapping):
        return None
    return WrittenCall(name, tuple((str(key), item) for key, item in arguments.items()))
