"""The plan of an image: what the documentation and the tables of the reference say."""

import pytest

from core.errors import InvalidInput
from core.vision import VisionBudget, changed, plan_image, splitting_trap

HIGH = VisionBudget(128, 256)
BALANCED = VisionBudget(64, 128)
FAST = VisionBudget(32, 64)


@pytest.mark.parametrize(
    ("width", "height", "budget", "image", "special"),
    [
        (384, 256, VisionBudget(), 96, 2),
        (256, 384, VisionBudget(), 96, 2),
        (3000, 1000, VisionBudget(), 1011, 6),  # the documentation says 1,020: see the decisions
        (1000, 3000, VisionBudget(), 1011, 6),
        (512, 512, FAST, 1088, 7),
        (512, 512, VisionBudget(), 256, 2),
        (768, 512, BALANCED, 1653, 9),
        (1920, 1080, HIGH, 2300, 11),
        (1920, 1080, changed(HIGH, {"do_image_splitting": False}), 252, 2),
        (1280, 720, changed(VisionBudget(), {"use_thumbnail": False}), 512, 4),
        (64, 64, HIGH, 144, 2),
    ],
)
def test_an_image_costs_what_the_processor_makes_of_it(width, height, budget, image, special):
    plan = plan_image(width, height, budget)
    assert (plan.image_tokens, plan.special_tokens) == (image, special)
    assert plan.tokens == image + special


def test_tiles_have_rows_columns_and_sizes():
    plan = plan_image(1000, 3000, VisionBudget())
    assert (plan.rows, plan.columns, plan.tiles) == (3, 1, 3)
    assert (plan.grid, plan.whole, plan.has_thumbnail) == ((512, 1536), (288, 864), True)
    whole = plan_image(300, 200, VisionBudget())
    assert (whole.rows, whole.columns, whole.tiles, whole.grid) == (1, 1, 0, None)


def test_a_lower_maximum_with_splitting_is_a_trap():
    trap = splitting_trap([(512, 512)], FAST)
    assert (trap.split, trap.whole, trap.default) == (1095, 66, 258)
    assert splitting_trap([(512, 512)], changed(FAST, {"do_image_splitting": False})) is None
    assert splitting_trap([(200, 200)], FAST) is None
    assert splitting_trap([(3000, 3000)], VisionBudget()) is None
    assert splitting_trap([], FAST) is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"max_image_tokens": 0}, "the minimum must be at least 1"),
        ({"min_image_tokens": 300}, "not above the maximum"),
        ({"min_tiles": 1}, "switch splitting off"),
        ({"max_tiles": 65}, "at most 64"),
        ({"tile_size": 500}, "multiple of 32"),
        ({"tile_size": 4096}, "to 2048"),
        ({"max_pixels_tolerance": 0.0}, "from 0.1 to 100"),
        ({"tiles": 3}, "Unknown image setting 'tiles'"),
        ({"max_tiles": "many"}, "must be a whole number"),
        ({"max_tiles": True}, "must be a whole number"),
        ({"use_thumbnail": 1}, "must be on or off"),
    ],
)
def test_impossible_budgets_are_named(values, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        changed(VisionBudget(), values)


def test_nothing_has_no_size():
    with pytest.raises(InvalidInput, match="0 x 5"):
        plan_image(0, 5, VisionBudget())
