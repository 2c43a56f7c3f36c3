"""The tests of draws: exact where there is a formula, and honest about their false alarms."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from core.conformance.goodness import (
    SLACK,
    binomial_tail,
    chi_square_tail,
    distance,
    fit,
    power,
    spread,
)

FOUR = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}


@pytest.mark.parametrize(
    ("value", "freedom", "tail"),
    [
        (3.841459, 1, 0.05), (5.991465, 2, 0.05), (7.814728, 3, 0.05), (18.307038, 10, 0.05),
        (27.877165, 9, 0.001), (10.827566, 1, 0.001), (124.342113, 100, 0.05), (0.0, 3, 1.0),
        (5.0, 0, 1.0),
    ],
)  # fmt: skip
def test_the_tail_of_chi_square_is_that_of_the_tables(value, freedom, tail):
    assert chi_square_tail(value, freedom) == pytest.approx(tail, rel=1e-5)


def test_the_tail_of_the_binomial_distribution_is_exact():
    assert binomial_tail(0, 10, 0.5) == 1.0
    assert binomial_tail(8, 10, 0.5) == pytest.approx((45 + 10 + 1) / 1024)


@pytest.mark.parametrize("draws", [50, 200])
def test_draws_of_the_shares_themselves_rarely_fail_and_not_more_often_than_is_said(draws):
    chance = random.Random(1)
    level, trials = 0.05, 1_000
    shares = {**FOUR, "e": 0.0, **{str(n): 0.0005 for n in range(20)}}
    shares["a"] -= 0.01
    alarms = sum(
        fit(Counter(chance.choices([*shares], [*shares.values()], k=draws)), shares) < level
        for _ in range(trials)
    )
    assert alarms / trials <= level + 0.015


def test_draws_of_other_shares_do_not_fit():
    even = dict.fromkeys("abcd", 0.25)
    assert power(FOUR, even, 200, 0.001) > 0.9
    assert power(FOUR, FOUR, 200, 0.01) < 0.05
    assert fit(Counter(a=200), FOUR) < 1e-9


def test_one_draw_across_an_edge_is_rounding_and_many_are_not():
    top_two = {"a": 0.6, "b": 0.4, "c": 0.0}
    assert fit(Counter(a=120, b=79, c=1), top_two) > 0.05
    assert fit(Counter(a=110, b=70, c=20), top_two) < 1e-6
    assert fit(Counter(a=200), {"a": 1.0}) == 1.0
    assert fit(Counter(a=180, z=20), {"a": 1.0}) < 1e-6
    assert fit(Counter(z=10), {"a": 1.0}) == 0.0
    assert 0 < SLACK < 0.01


def test_how_far_apart_and_how_wide_shares_are():
    assert distance(FOUR, {"a": 0.4, "b": 0.6}) == pytest.approx(0.3)
    assert distance({"a": 1.0}, {"b": 1.0}) == 1.0
    assert spread({"a": 1.0}) == 0.0
    assert spread(dict.fromkeys("ab", 0.5)) == 0.5
