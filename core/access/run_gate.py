"""How many runs may be under way at once: in all, from one address, and from one page."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.access.access import Access, Visitor
from core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Most:
    """Runs that are answered or wait. each_address: 0 for no bound of its own."""

    in_all: int = 128
    each_address: int = 16
    each_page: int = 8


LOCAL = Most(each_address=0)  # one person's programs all come from one address
SHARED = Most()
DEMO = Most(each_address=4, each_page=2)
VERIFICATIONS = Most(in_all=4, each_address=2, each_page=1)


def most_runs(access: Access) -> Most:
    """How many runs a server that is open in this way may have."""
    return DEMO if access.demo else LOCAL if access.owners is None else SHARED


class TooManyRuns(InvalidInput):
    """No place is free; later there will be one."""


class RunGate:
    """Counts what is under way. Safe to use from many threads."""

    def __init__(self, most: Most, what: str = "answers") -> None:
        """what: the plural of what is counted, for the sentence."""
        self._most = most
        self._what = what
        self._lock = threading.Lock()
        self._pages: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    @property
    def count(self) -> int:
        return self._pages.total()

    @contextmanager
    def enter(self, visitor: Visitor) -> Iterator[None]:
        """Take a place for as long as the context lasts. Raises TooManyRuns where none is free."""
        page, address = visitor.page, visitor.address
        with self._lock:
            self._check(page, address)
            self._pages[page] += 1
            self._addresses[address] += 1
        try:
            yield
        finally:
            with self._lock:
                _take(self._pages, page)
                _take(self._addresses, address)

    def _check(self, page: str, address: str) -> None:
        most, what = self._most, self._what
        if (own := self._pages[page]) >= most.each_page:
            raise TooManyRuns(
                f"{own} of your {what} {'is' if own == 1 else 'are'} still under way, the limit "
                "for one page. Wait until one ends or stop one, then try again."
            )
        if most.each_address and self._addresses[address] >= most.each_address:
            raise TooManyRuns(
                f"{self._addresses[address]} {what} for your network address are still under "
                "way, the limit for one address. Try again when one has ended."
            )
        if self.count >= most.in_all:
            raise TooManyRuns(
                f"This playground is busy: {self.count} {what} are under way, the limit. Try "
                "again in a minute."
            )


def _take(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
