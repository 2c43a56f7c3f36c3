"""A mapping that is asked for anew each time somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import TypeVar

Value = TypeVar("Value")


class Live(Mapping[str, Value]):
    """What `read` gives at each look. Items and values come from one look: nothing goes missing
    between a key and its value.
    """

    def __init__(self, read: Callable[[], Mapping[str, Value]]) -> None:
        self._read = read

    def __getitem__(self, key: str) -> Value:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def items(self) -> ItemsView[str, Value]:
        return self._read().items()

    def values(self) -> ValuesView[Value]:
        return self._read().values()
