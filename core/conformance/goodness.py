"""Whether draws fit the shares that they should have, and how surely a misfit would be noticed.

Models and samplers are not known here. Shares are probabilities by key and add up to 1.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping
from math import comb, erfc, exp, gamma, sqrt

Shares = Mapping[Hashable, float]
LEAST = 5.0  # draws that a class must expect for the chi-square distribution to hold
# Of the draws that may be of a key whose share is 0: rounding can move a token across an edge.
SLACK = 0.005
NOTHING = 1e-9  # a share below this is 0
TRIALS = 200  # of a power


def chi_square_tail(value: float, freedom: int) -> float:
    """The probability of at least this value, exactly; freedom: 0 gives 1."""
    if freedom < 1 or value <= 0:
        return 1.0
    half = value / 2
    if freedom % 2:
        total, term, step = erfc(sqrt(half)), exp(-half) * sqrt(half) / gamma(1.5), 1.5
    else:
        total, term, step = 0.0, exp(-half), 1.0
    for place in range(freedom // 2):
        total += term
        term *= half / (step + place)
    return min(1.0, total)


def binomial_tail(count: int, draws: int, share: float) -> float:
    """The probability of at least so many, exactly."""
    below = sum(comb(draws, k) * share**k * (1 - share) ** (draws - k) for k in range(count))
    return max(0.0, min(1.0, 1 - below))


def fit(counts: Mapping[Hashable, int], shares: Shares) -> float:
    """The p of these draws: small where they do not fit. A key that is missing has the share 0.

    Two tests share it, each with half of the chance of a false alarm: that next to nothing was
    drawn of what has no share, exactly; and Pearson's chi-square over the rest, in classes of which
    each expects at least 5 draws.
    """
    draws = sum(counts.values())
    without = sum(count for key, count in counts.items() if shares.get(key, 0.0) < NOTHING)
    if without == draws:
        return 0.0 if draws else 1.0
    kept = draws - without
    statistic, classes = 0.0, _classes(counts, shares, kept)
    for seen, expected in classes:
        statistic += (seen - expected) ** 2 / expected
    p = min(binomial_tail(without, draws, SLACK), chi_square_tail(statistic, len(classes) - 1))
    return min(1.0, 2 * p)


def _classes(
    counts: Mapping[Hashable, int], shares: Shares, draws: int
) -> list[tuple[float, float]]:
    """Draws seen and expected of each class; keys that expect few share the last one."""
    classes: list[tuple[float, float]] = []
    seen = expected = 0.0
    for key, share in sorted(shares.items(), key=lambda item: -item[1]):
        if share < NOTHING:
            break
        seen, expected = seen + counts.get(key, 0), expected + share * draws
        if expected >= LEAST:
            classes.append((seen, expected))
            seen = expected = 0.0
    if expected and classes:
        last = classes.pop()
        seen, expected = seen + last[0], expected + last[1]
    return [*classes, (seen, expected)] if expected else classes


def distance(one: Shares, other: Shares) -> float:
    """Total variation, from 0 to 1: the share of the draws by which they differ."""
    keys = {**one, **other}
    return sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in keys) / 2


def spread(shares: Shares) -> float:
    """The probability that two draws differ."""
    return 1 - sum(share**2 for share in shares.values())


def power(shares: Shares, instead: Shares, draws: int, level: float) -> float:
    """How often so many draws of `instead` would not fit `shares`: by simulation, always alike."""
    chance = random.Random(0)
    keys, weights = list(instead), list(instead.values())
    noticed = (
        fit(Counter(chance.choices(keys, weights, k=draws)), shares) < level for _ in range(TRIALS)
    )
    return sum(noticed) / TRIALS
