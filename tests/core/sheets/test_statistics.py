"""The formulas give what the literature gives, and what counting all cases gives."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sheets.statistics import (
    Z,
    independent,
    mcnemar,
    needed_pairs,
    spread,
    wilson,
)


@pytest.mark.parametrize(
    ("passed", "count", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I: method 3, the score interval
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(passed, count, low, high):
    assert [round(end, 4) for end in wilson(passed, count)] == [low, high]


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_wilsons_interval_are_where_the_score_test_gives_five_percent(counts):
    passed, count = counts
    rate = passed / count
    low, high = wilson(passed, count)
    assert 0 <= low <= rate <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert isclose(abs(rate - end) / sqrt(end * (1 - end) / count), Z, rel_tol=1e-6)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (9, 2, 134 / 2048),  # 2 (1 + 11 + 55) / 2^11
        (11, 2, 184 / 8192),  # 2 (1 + 13 + 78) / 2^13
        (6, 0, 0.03125),
        (5, 0, 0.0625),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemars_exact_p_is_that_of_the_binomial_table(first, second, p):
    assert mcnemar(first, second) == p
    assert mcnemar(second, first) == p


@pytest.mark.parametrize("count", range(1, 11))
def test_mcnemars_p_is_what_counting_all_outcomes_gives(count):
    for seen in range(count + 1):
        far = abs(2 * seen - count)
        alike = sum(abs(2 * sum(one) - count) >= far for one in product((0, 1), repeat=count))
        assert mcnemar(seen, count - seen) == Fraction(alike, 2**count)


def test_many_pairs_are_no_trouble():
    assert mcnemar(5_000, 5_000) == 1.0
    assert 0 <= mcnemar(0, 10_000) < 1e-300
    assert isclose(mcnemar(4_900, 5_100), 0.0466, abs_tol=5e-4)  # normal: z = 1.99, corrected


def power(rows: int, gained: float, lost: float) -> float:
    """Of the asymptotic test, by adding up all outcomes of pairs that differ."""
    total, differ = 0.0, gained + lost
    for d in range(1, rows + 1):
        weight = comb(rows, d) * differ**d * (1 - differ) ** (rows - d)
        if weight < 1e-12:
            continue
        for b in range(d + 1):
            if abs(2 * b - d) >= Z * sqrt(d):
                total += weight * comb(d, b) * (gained / differ) ** b * (lost / differ) ** (d - b)
    return total


def test_so_many_rows_as_are_said_tell_four_times_in_five():
    for gained, lost in ((20, 5), (11, 2), (30, 15)):
        rows = needed_pairs(gained, lost, 100)
        assert rows is not None
        assert 0.76 < power(rows, gained / 100, lost / 100) < 0.86
    assert needed_pairs(5, 5, 100) is None
    assert needed_pairs(0, 0, 0) is None


def test_the_spread_is_told_apart():
    rows = [[True] * 4, [False] * 4] * 5
    found = spread(rows)
    assert found is not None
    assert (found.within, found.of_rows) == (0, 1)
    mixed = [[True, False]] * 10
    found = spread(mixed)
    assert found is not None
    assert (found.between, found.of_rows) == (0, 0)
    assert spread([[True], [False]]) is None
    assert spread([]) is None


def test_the_shares_are_those_of_an_analysis_of_variance_by_hand():
    # Means 1, 2/3, 1/3, of 3 each: MSB 1/3, MSW (0 + 2/3 + 2/3) / 6 = 2/9; (MSB - MSW) / 3 = 1/27
    found = spread([[True, True, True], [True, True, False], [True, False, False]])
    assert found is not None
    assert isclose(found.within, 2 / 9)
    assert isclose(found.between, 1 / 27)
    assert isclose(found.of_rows, (1 / 27) / (2 / 9 + 1 / 27))


def test_answers_of_one_row_are_worth_as_much_as_they_differ():
    assert independent([[True], [False], [True]]) == 3
    assert independent([[True] * 5, [False] * 5] * 10) == 20
    assert isclose(independent([[True, False]] * 30), 60)
    assert independent([]) == 0
    assert independent([[True] * 20]) == independent([[True, False] * 10, []]) == 1  # one row
    assert independent([[True, True]] * 30) == 30  # all alike: nothing tells how much
