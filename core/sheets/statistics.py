"""How sure a rate is, whether two lanes differ, and whether reviewers agree: exact formulas.

Sheets and cells are not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist, fmean

LEVEL = 0.05  # below which a difference is not put down to luck
POWER = 0.8  # of the number of rows that would tell
Z = NormalDist().inv_cdf(1 - LEVEL / 2)
Z_POWER = NormalDist().inv_cdf(POWER)


def wilson(passed: float, count: float) -> tuple[float, float]:
    """The 95% interval of a rate (Wilson 1927), without continuity correction.

    Both may be fractions: so many independent answers as clustered ones are worth.
    """
    if count <= 0:
        return 0.0, 1.0
    rate = passed / count
    middle = (rate + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(rate * (1 - rate) / count + Z**2 / (4 * count**2))
    low = 0.0 if passed <= 0 else middle - half
    return max(0.0, low), 1.0 if passed >= count else min(1.0, middle + half)


def mcnemar(first_only: int, second_only: int) -> float:
    """The two-sided p of the exact test: of pairs that differ, half would go each way by luck."""
    count, fewer = first_only + second_only, min(first_only, second_only)
    tail = ways = 1  # ways: to choose k of `count`, from k = 0 on
    for k in range(fewer):
        ways = ways * (count - k) // (k + 1)
        tail += ways
    return min(1.0, 2 * tail / 2**count)


def needed_pairs(first_only: int, second_only: int, count: int) -> int | None:
    """How many pairs McNemar's test needs for a power of 80% if the rates stay as they are
    (Connor 1987); None where both are the same, which no number of pairs can tell apart.
    """
    if first_only == second_only or not count:
        return None
    differ, by = (first_only + second_only) / count, abs(first_only - second_only) / count
    return ceil((Z * sqrt(differ) + Z_POWER * sqrt(differ - by**2)) ** 2 / by**2)


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances of passing: between the answers of a row, and between rows.

    between: what is left of it once the rows' own chance is taken out; 0 where nothing is.
    """

    within: float
    between: float

    @property
    def of_rows(self) -> float:
        """The share that lies between rows, from 0 to 1: the intraclass correlation."""
        whole = self.within + self.between
        return self.between / whole if whole else 0.0


def spread(groups: Sequence[Sequence[bool]]) -> Spread | None:
    """One-way analysis of variance, a group for each row. None where no row has two answers."""
    sizes = [len(group) for group in groups if group]
    total, rows = sum(sizes), len(sizes)
    if rows < 2 or total <= rows:
        return None
    filled = [group for group in groups if group]
    means = [fmean(group) for group in filled]
    mean = sum(map(sum, filled)) / total
    inside = sum((one - m) ** 2 for group, m in zip(filled, means, strict=True) for one in group)
    across = sum(size * (m - mean) ** 2 for size, m in zip(sizes, means, strict=True))
    within = inside / (total - rows)
    usual = (total - sum(size**2 for size in sizes) / total) / (rows - 1)
    return Spread(within, max(0.0, (across / (rows - 1) - within) / usual))


def independent(groups: Sequence[Sequence[bool]]) -> float:
    """How many independent answers these are worth: those of one row are alike (the design effect
    of Kish 1965). As many as there are where each row has one; one where there is one row.
    """
    total, rows = sum(map(len, groups)), sum(1 for group in groups if group)
    found = spread(groups)
    if found is None:
        return float(rows)
    average = sum(len(group) ** 2 for group in groups) / total
    share = found.of_rows if found.within or found.between else 1.0
    return max(float(rows), total / (1 + (average - 1) * share))


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """How much two reviewers agree beyond luck (Cohen 1960): 1 wholly, 0 as much as luck would.
    pairs: what each said of the same thing. None where luck alone would always agree.
    """
    if not pairs:
        return None
    count = len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    same = sum(one == two for one, two in pairs) / count
    luck = sum(first[name] * second[name] for name in first) / count**2
    alike = len(first | second) == 1
    return None if alike else (same - luck) / (1 - luck)


def fleiss_kappa(groups: Sequence[Sequence[Hashable]]) -> float | None:
    """The same of any number of reviewers (Fleiss 1971). groups: what was said of each thing; of
    some it may be fewer reviewers, and those with less than two do not count.
    """
    judged = [Counter(group) for group in groups if len(group) > 1]
    if not judged:
        return None
    same = fmean(
        sum(n * (n - 1) for n in one.values()) / (one.total() * (one.total() - 1))
        for one in judged
    )  # fmt: skip
    said = sum(judged, Counter[Hashable]())
    luck = sum((n / said.total()) ** 2 for n in said.values())
    return None if len(said) == 1 else (same - luck) / (1 - luck)
