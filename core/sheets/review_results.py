"""What the judgements of a blind review come to: wins, ratings, and whether reviewers agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from core.sheets.cell import Place
from core.sheets.checking import PASSED, Outcome
from core.sheets.review import Item, Judgement, Scores
from core.sheets.statistics import cohen_kappa, fleiss_kappa, wilson

LEAST_RATING = 3  # of 1 to 5, with which an answer passes
HALF = 0.5  # of the wins, with which one of two answers passes
MOST_NAMED = 12  # rows that are named as disagreements


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An item with its judgements. apart: how far these differ; 0 where all say the same."""

    item: Item
    judgements: tuple[Judgement, ...]
    apart: int

    def share(self, lane: str) -> float:
        """The lane's wins against the other answers, from 0 to 1; a tie is half of one."""
        return fmean(_wins(one.scores, lane) for one in self.judgements)

    def rating(self, lane: str) -> float:
        return fmean(dict(one.scores)[lane] for one in self.judgements)

    def score(self, lane: str) -> float:
        """The share of two lanes, else the rating."""
        return self.share(lane) if self.item.is_pair else self.rating(lane)


@dataclass(frozen=True, slots=True)
class LaneReview:
    """share, low, high: of wins, with the 95% interval; None with one lane. rating: the mean;
    None with two lanes.
    """

    lane: str
    share: float | None
    low: float | None
    high: float | None
    rating: float | None

    @property
    def sentence(self) -> str:
        parts: list[str] = []
        if self.share is not None and self.low is not None and self.high is not None:
            span = f"{100 * self.low:.0f}–{100 * self.high:.0f}"
            parts.append(f"{100 * self.share:.0f}% of wins (95% interval {span}%)")
        if self.rating is not None:
            parts.append(f"mean rating {self.rating:.1f} of 5")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Agreement:
    """count: judgements that two or more gave of the same. same: of those, all said the same.
    kappa: None where all say the same of everything. kind: Cohen's or Fleiss' kappa.
    """

    count: int
    same: int
    kappa: float | None
    kind: str

    @property
    def sentence(self) -> str:
        said = f"They agree in {self.same} of {self.count} judgements"
        if self.kappa is None:
            return f"{said}."
        return f"{said} ({self.kind} κ = {f'{self.kappa:.2f}'.replace('-', '−')})."


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """total: items that can be reviewed. unit: whether they are rows or samples, in words. settled:
    pairs of equal answers, which nobody is asked about. reviewers: each with a count of judgements.
    reviewed: those that disagree most first.
    """

    total: int
    unit: str
    settled: int
    reviewers: tuple[tuple[str, int], ...]
    lanes: tuple[LaneReview, ...]
    agreement: Agreement | None
    reviewed: tuple[Reviewed, ...]

    @property
    def disagreements(self) -> list[Reviewed]:
        return [one for one in self.reviewed if one.apart]

    @property
    def disputed(self) -> frozenset[int]:
        """The numbers of the rows of which reviewers disagree."""
        return frozenset(one.item.number for one in self.disagreements)

    @property
    def sentences(self) -> list[str]:
        """Empty without a judgement."""
        if not self.reviewed:
            return []
        names = [f"{name} ({count})" for name, count in self.reviewers]
        who = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        said = [f"{who} judged {len(self.reviewed)} of {self.total} {self.unit}."]
        if self.settled:
            said.append(f"{self.settled} with identical answers were left out.")
        if self.agreement:
            said.append(self.agreement.sentence)
        if numbers := [*dict.fromkeys(str(one.item.number) for one in self.disagreements)]:
            more = f" and {len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else ""
            rows = "rows" if len(numbers) > 1 else "row"
            said.append(f"They disagree in {rows} {', '.join(numbers[:MOST_NAMED])}{more}.")
        return said


def review_result(items: Sequence[Item], judgements: Iterable[Judgement]) -> ReviewResult:
    """Judgements of answers that are no longer there do not count."""
    by_item: defaultdict[str, list[Judgement]] = defaultdict(list)
    lanes = [lane for lane, _ in items[0].answers] if items else []
    for one in judgements:
        if [lane for lane, _ in one.scores] == lanes:
            by_item[one.item].append(one)
    asked = [item for item in items if not item.is_settled]
    reviewed = [_reviewed(item, by_item[item.key]) for item in asked if item.key in by_item]
    reviewed.sort(key=lambda one: (-one.apart, one.item.row, one.item.sample))
    counts: dict[str, int] = {}
    for one in reviewed:
        for judgement in one.judgements:
            counts[judgement.reviewer] = counts.get(judgement.reviewer, 0) + 1
    return ReviewResult(
        len(asked), "samples" if any(item.sample for item in items) else "rows",
        len(items) - len(asked), tuple(counts.items()),
        tuple(_lane(lane, len(lanes), reviewed) for lane in lanes if reviewed),
        _agreement(reviewed, [*counts]),
        tuple(reviewed),
    )  # fmt: skip


def review_outcomes(items: Iterable[Item], result: ReviewResult) -> dict[Place, Outcome]:
    """For the check "review": of two answers the one passes that wins at least half, else one that
    is rated 3 or more. Identical ones both pass: a tie.
    """
    found: dict[Place, Outcome] = {}
    for item in items:
        if item.is_settled:
            found |= {Place(item.row, lane, item.sample): PASSED for lane, _ in item.answers}
    for one in result.reviewed:
        for lane, _ in one.item.answers:
            found[Place(one.item.row, lane, one.item.sample)] = _outcome(one, lane)
    return found


def _outcome(one: Reviewed, lane: str) -> Outcome:
    if one.item.is_pair:
        better = one.share(lane) >= HALF
        return PASSED if better else Outcome(False, "Reviewers preferred the other answer.")
    if (rating := one.rating(lane)) >= LEAST_RATING:
        return PASSED
    return Outcome(False, f"Reviewers rated it {rating:.1f}; {LEAST_RATING} are needed.")


def _reviewed(item: Item, judgements: Sequence[Judgement]) -> Reviewed:
    apart = max((max(said) - min(said) for said in _units(judgements)), default=0)
    return Reviewed(item, tuple(judgements), apart)


def _lane(lane: str, lanes: int, reviewed: Sequence[Reviewed]) -> LaneReview:
    """The interval takes each row for one independent answer, however many reviewers and samples
    it has: those are alike.
    """
    share = low = high = None
    if lanes > 1:
        share = fmean(one.share(lane) for one in reviewed)
        rows = len({one.item.row for one in reviewed})
        low, high = wilson(share * rows, rows)
    rating = fmean(one.rating(lane) for one in reviewed) if lanes != 2 else None
    return LaneReview(lane, share, low, high, rating)


def _agreement(reviewed: Sequence[Reviewed], reviewers: Sequence[str]) -> Agreement | None:
    shared = [one for one in reviewed if len(one.judgements) > 1]
    units = [unit for one in shared for unit in _units(one.judgements)]
    if not units:
        return None
    same = sum(len({*unit}) == 1 for unit in units)
    if len(reviewers) > 2:
        return Agreement(len(units), same, fleiss_kappa(units), "Fleiss’")
    ordered = (sorted(one.judgements, key=lambda said: said.reviewer) for one in shared)
    pairs = [(first, second) for both in ordered for first, second in _units(both)]
    return Agreement(len(units), same, cohen_kappa(pairs), "Cohen’s")


def _units(judgements: Sequence[Judgement]) -> list[list[int]]:
    """What is compared between reviewers, each a list with a value for each: which of two lanes is
    better (1, 0, -1), for all pairs of lanes; with one lane its rating.
    """
    lanes = [lane for lane, _ in judgements[0].scores]
    said = [dict(one.scores) for one in judgements]
    if len(lanes) == 1:
        return [[one[lanes[0]] for one in said]]
    return [[_sign(one[a] - one[b]) for one in said] for a, b in combinations(lanes, 2)]


def _wins(scores: Scores, lane: str) -> float:
    own = dict(scores)[lane]
    others = [score for name, score in scores if name != lane]
    return fmean((1 + _sign(own - other)) / 2 for other in others)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
