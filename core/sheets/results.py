"""What the answers of a sheet come to: rates with their intervals, and whether lanes differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from core.bounds import MOST_ROWS
from core.sheets.cell import Cell, Place
from core.sheets.checking import Outcome, counted
from core.sheets.plan import Plan
from core.sheets.statistics import LEVEL, Spread, independent, mcnemar, needed_pairs, spread, wilson

FEWEST_ROWS = 20  # for a verdict
RAREST = 1e-6  # a p that is put in figures

Verdict = Literal["better", "worse", "luck", "same", "too_few"]


@dataclass(frozen=True, slots=True)
class LaneResult:
    """planned: answers that there will be when all have run. answers: those of them that count, as
    every check says whether they pass; undecided: of which one does not. Those that failed are in
    `errors`. rate, low, high: of answers that pass, with the 95% interval; None where none counts.
    by_check: label, passed and judged of each check. tokens, seconds: means over the answers.
    prompt_total, token_total: sums. spread: None with one sample.
    """

    lane: str
    planned: int
    answers: int
    passed: int
    undecided: int
    errors: int
    rate: float | None
    low: float | None
    high: float | None
    by_check: tuple[tuple[str, int, int], ...]
    tokens: float | None
    seconds: float | None
    prompt_total: int
    token_total: int
    stop_reasons: tuple[tuple[str, int], ...]
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A lane against the first, on the rows that both have; a row passes in a lane if more than
    half of its answers do.

    gained: rows that it passes and the first fails; lost: the other way. more_rows: how many more
    would tell; None where they would not, or need not. headline, text: to be read, the first alone.
    """

    lane: str
    first: str
    rows: int
    gained: int
    lost: int
    p: float
    verdict: Verdict
    more_rows: int | None
    headline: str
    text: str

    @property
    def sentence(self) -> str:
        return f"{self.headline} {self.text}".strip()


def results(
    plan: Plan, cells: Mapping[str, Cell], outcomes: Mapping[Place, Sequence[Outcome]]
) -> tuple[tuple[LaneResult, ...], tuple[Comparison, ...]]:
    """outcomes: of `core.sheets.checking.evaluate`."""
    found = {place: cells.get(plan.key(place)) for place in plan.places()}
    judged = {place: counted(one) for place, one in outcomes.items()}
    lanes = tuple(_lane(plan, lane.label, found, outcomes, judged) for lane in plan.lanes)
    rows = {lane.label: _rows(lane.label, judged) for lane in plan.lanes}
    first, *others = (lane.label for lane in plan.lanes)
    return lanes, tuple(compare(first, rows[first], other, rows[other]) for other in others)


def _lane(
    plan: Plan,
    label: str,
    found: Mapping[Place, Cell | None],
    outcomes: Mapping[Place, Sequence[Outcome]],
    judged: Mapping[Place, bool | None],
) -> LaneResult:
    own = {place: cell for place, cell in found.items() if place.lane == label and cell}
    answered = [cell for cell in own.values() if not cell.error]
    undecided = sum(1 for place in own if outcomes.get(place) and judged[place] is None)
    groups: dict[int, list[bool]] = {}
    for place in own:
        if (passed := judged.get(place)) is not None:
            groups.setdefault(place.row, []).append(passed)
    marks = [mark for group in groups.values() for mark in group]
    rate = fmean(marks) if marks else None
    low, high = None, None
    if rate is not None:
        worth = independent([*groups.values()])
        low, high = wilson(rate * worth, worth)
    return LaneResult(
        label, sum(place.lane == label for place in found), len(marks), sum(marks), undecided,
        len(own) - len(answered), rate, low, high,
        _by_check(plan, own, outcomes),
        fmean(cell.tokens for cell in answered) if answered else None,
        fmean(cell.seconds for cell in answered) if answered else None,
        sum(cell.prompt_tokens for cell in answered), sum(cell.tokens for cell in answered),
        tuple(Counter(cell.stop_reason or "" for cell in answered).most_common()),
        spread([*groups.values()]),
    )  # fmt: skip


def _by_check(
    plan: Plan, own: Iterable[Place], outcomes: Mapping[Place, Sequence[Outcome]]
) -> tuple[tuple[str, int, int], ...]:
    found: list[tuple[str, int, int]] = []
    for number, check in enumerate(plan.sheet.checks):
        marks = [outcomes[place][number].passed for place in own if place in outcomes]
        found.append((check.label, marks.count(True), marks.count(True) + marks.count(False)))
    return tuple(found)


def _rows(label: str, judged: Mapping[Place, bool | None]) -> dict[int, bool]:
    marks: dict[int, list[bool]] = {}
    for place, passed in judged.items():
        if place.lane == label and passed is not None:
            marks.setdefault(place.row, []).append(passed)
    return {row: 2 * sum(one) > len(one) for row, one in marks.items()}


def compare(
    first: str, theirs: Mapping[int, bool], lane: str, own: Mapping[int, bool]
) -> Comparison:
    """theirs, own: whether each row passes, by row."""
    both = theirs.keys() & own.keys()
    gained = sum(1 for row in both if own[row] and not theirs[row])
    lost = sum(1 for row in both if theirs[row] and not own[row])
    p = mcnemar(gained, lost)
    more = None
    if len(both) < FEWEST_ROWS:
        verdict = "too_few"
    elif not gained + lost:
        verdict = "same"
    elif p < LEVEL:
        verdict = "better" if gained > lost else "worse"
    else:
        verdict = "luck"
        needed = needed_pairs(gained, lost, len(both))
        more = None if needed is None else max(10, -10 * ((len(both) - needed) // 10))
    headline, text = _words(first, lane, len(both), gained, lost, p, verdict, more)
    return Comparison(lane, first, len(both), gained, lost, p, verdict, more, headline, text)


def _words(
    first: str, lane: str, rows: int, gained: int, lost: int, p: float, verdict: Verdict,
    more: int | None,
) -> tuple[str, str]:  # fmt: skip
    counts = (
        f"It passes {_rows_in_words(gained)} that {first} fails, and fails {lost:,} that {first} "
        "passes"
    )
    match verdict:
        case "too_few":
            return (
                f"Too few rows to compare {lane} with {first}.",
                f"Both have answered {_rows_in_words(rows)}; {FEWEST_ROWS} are needed for a "
                "verdict.",
            )
        case "same":
            return f"{lane} and {first} pass the same rows.", ""
        case "better" | "worse":
            return f"{lane} is {verdict} than {first}.", f"{counts}. {_luck(p)} {_p(p)}."
    maybe = "better" if gained > lost else "worse"
    if gained == lost:
        return f"{lane} is neither better nor worse than {first}.", f"{counts} {_p(p)}."
    tell = (
        f"About {more:,} more rows would tell."
        if more and more <= MOST_ROWS
        else ("No sheet has enough rows to tell so small a difference.")
    )
    return f"{lane} may be {maybe} than {first}, or it is luck.", f"{counts} {_p(p)}. {tell}"


def _rows_in_words(count: int) -> str:
    return f"{count:,} row" + "s" * (count != 1)


def _luck(p: float) -> str:
    """p: may be 0, where it is smaller than any float."""
    if p < RAREST:
        return "Luck alone would do this less than once in a million sheets"
    return f"Luck alone would do this about once in {_round(1 / p)} sheets"


def _round(number: float) -> str:
    """To two digits."""
    size = 10 ** max(0, len(str(int(number))) - 2)
    return f"{round(number / size) * size:,}"


def _p(p: float) -> str:
    return f"(McNemar, p = {p:.3f})" if p >= 0.0005 else "(McNemar, p < 0.001)"
