"""The image budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.vision import MOST_IMAGE_TOKENS, VisionBudget


def test_the_default_budget_is_the_one_that_liquid_recommends():
    assert VisionBudget() == VisionBudget(
        min_image_tokens=64, max_image_tokens=256, do_image_splitting=True
    )


@given(st.integers(), st.integers())
def test_a_budget_is_from_one_token_to_the_most_and_its_minimum_is_not_above_its_maximum(low, high):
    if 1 <= low <= high <= MOST_IMAGE_TOKENS:
        assert VisionBudget(low, high).max_image_tokens == high
    else:
        with pytest.raises(InvalidInput):
            VisionBudget(low, high)


@pytest.mark.parametrize(("low", "high"), [(0, 256), (300, 256), (64, MOST_IMAGE_TOKENS + 1)])
def test_a_refused_budget_is_named_with_both_numbers_and_the_rule(low, high):
    with pytest.raises(InvalidInput) as caught:
        VisionBudget(low, high)
    assert f"{low} to {high}" in str(caught.value)
    assert "at least 1" in str(caught.value)
    assert f"at most {MOST_IMAGE_TOKENS}" in str(caught.value)
