"""What a measure is: a ratio, taken once per round, and what it has to reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.subject import Subject


class NotMeasured(Exception):
    """Says why a measure can't be taken on this machine."""


@dataclass(frozen=True)
class Measure:
    """once: one round; returns the ratio, without a unit. subject: the name of what it is taken of.

    must: None where nothing is promised, only aimed at.
    """

    name: str
    what: str
    subject: str
    once: Callable[[Subject], float]
    must: float | None
    aim: float
    higher_is_better: bool = True

    def reaches(self, value: float, goal: float) -> bool:
        return value >= goal if self.higher_is_better else value <= goal


@dataclass(frozen=True)
class Result:
    """The ratios of all rounds in their order; where there are none, note says why.

    broken: an error that nobody expected was the reason.
    """

    measure: Measure
    ratios: tuple[float, ...] = ()
    note: str = ""
    broken: bool = False

    @property
    def value(self) -> float | None:
        return median(self.ratios) if self.ratios else None

    @property
    def verdict(self) -> str:
        """Which of its goals the value reaches, in a word."""
        measure, value = self.measure, self.value
        if value is None:
            return "not measured"
        if measure.reaches(value, measure.aim):
            return "aim"
        if measure.must is None:
            return "-"
        return "must" if measure.reaches(value, measure.must) else "MISSED"

    def as_json(self) -> dict[str, Any]:
        """For other programs; value is null and note there where it could not be measured."""
        measure = self.measure
        written: dict[str, Any] = {
            "name": measure.name,
            "value": self.value,
            "must": measure.must,
            "aim": measure.aim,
            "higher_is_better": measure.higher_is_better,
        }
        return {**written, "note": self.note} if self.note else written
