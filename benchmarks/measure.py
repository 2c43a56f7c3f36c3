"""What a measure is: a ratio or an amount, taken once per round, and what it has to reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any


class NotMeasured(Exception):
    """Says why a measure can't be taken on this machine."""


class Figure(float):
    """A value with a detail that the table adds."""

    detail = ""

    def __new__(cls, value: float, detail: str = "") -> Figure:
        figure = super().__new__(cls, value)
        figure.detail = detail
        return figure


@dataclass(frozen=True)
class Measure:
    """once: one round; returns a ratio without a unit, or an amount in the unit that `what` names.
    It gets its subject, which is what it is taken of; `subject` is the name of that.

    must: None where nothing is promised, only aimed at.
    """

    name: str
    what: str
    subject: str
    once: Callable[[Any], float]
    must: float | None
    aim: float
    higher_is_better: bool = True

    def reaches(self, value: float, goal: float) -> bool:
        return value >= goal if self.higher_is_better else value <= goal


@dataclass(frozen=True)
class Result:
    """The ratios or amounts of all rounds in their order; where there are none, note says why.

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
