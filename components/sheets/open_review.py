"""The blind review of an open sheet: its items and results, made anew only where they change."""

from __future__ import annotations

from collections.abc import Mapping

from components.sheets.known_plan import KnownPlan
from core.sheets.cell import Cell, Place
from core.sheets.checking import Outcome
from core.sheets.review import Item, Known, items
from core.sheets.review_journal import ReviewJournal
from core.sheets.review_results import ReviewResult, review_outcomes, review_result

Found = tuple[ReviewResult | None, Mapping[Place, Outcome]]
NOTHING: Mapping[Place, Outcome] = {}


class OpenReview:
    """For one thread at a time."""

    def __init__(self, journal: ReviewJournal) -> None:
        self._journal = journal
        self._known: Known = {}
        self._items: list[Item] = []
        self._version = -1  # of the journal, that the results are of
        self._found: Found = (None, NOTHING)

    def items(self, plan: KnownPlan, cells: Mapping[str, Cell]) -> list[Item]:
        return items(plan, cells, self._known)

    def result(self, plan: KnownPlan, cells: Mapping[str, Cell]) -> Found:
        """None without a judgement; and an outcome for each answer that has one. The same mapping
        as long as nothing changes.
        """
        has_check = any(check.kind == "review" for check in plan.sheet.checks)
        if not self._journal.version and not has_check:
            return None, NOTHING
        now, version = self.items(plan, cells), self._journal.version
        if version != self._version or now != self._items:
            result = review_result(now, self._journal.all())
            outcomes = review_outcomes(now, result)
            if outcomes == self._found[1]:
                outcomes = self._found[1]
            self._found = (result if result.reviewed else None, outcomes)
            self._version, self._items = version, now
        return self._found
