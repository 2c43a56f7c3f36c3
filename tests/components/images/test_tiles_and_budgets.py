"""Budgets and tiles as the page shows them, and samples as images of a message."""

import pytest
from PIL import Image as Pictures

from components.images.budget_panel import active_budget, budget_of, budget_values, trap_warning
from components.images.samples import sample_image, with_pictures
from components.images.tile_view import OTHER_PROCESSOR, SeenImage, tiles_value
from components.uploads import uploaded_file
from core.conversation import Image, message
from core.errors import InvalidInput
from core.vision import ImageFacts, VisionBudget, changed
from tests.shipped import LIBRARY

BUDGETS = LIBRARY.budgets
FAST = BUDGETS["fast"].budget(VisionBudget())
SPLIT_FAST = changed(FAST, {"do_image_splitting": True})


def seen(width=512, height=512, moves=False):
    return SeenImage("url", "a.png", "message 1, user", ImageFacts(width, height, moves))


def test_controls_and_budget_are_each_others_inverse():
    for budget in (VisionBudget(), FAST, VisionBudget(5, 700, False, 3, 7, False, 256, 1.5)):
        values = budget_values(budget)
        assert budget_of(values) == budget


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("min_image_tokens", None, "min_image_tokens is empty"),
        ("max_image_tokens", "many", "max_image_tokens is 'many'"),
        ("max_image_tokens", 99.5, "whole number"),
        ("max_image_tokens", float("inf"), "max_image_tokens is inf"),
        ("max_tiles", float("nan"), "max_tiles is nan"),
        ("max_tiles", 10**400, "Tiles|max_tiles"),
        ("max_pixels_tolerance", float("nan"), "max_pixels_tolerance is nan"),
        ("max_pixels_tolerance", 10**400, "max_pixels_tolerance is 1000"),
        ("tile_size", 500, "multiple of 32"),
    ],
)
def test_wrong_numbers_are_named_or_mended(name, value, sentence):
    values = {**budget_values(VisionBudget()), name: value}
    with pytest.raises(InvalidInput, match=sentence):
        budget_of(values)
    assert budget_of(values, repair=True) == VisionBudget()


def test_a_tolerance_that_a_browser_sent_as_a_whole_number_is_one_that_the_processor_takes():
    """JavaScript writes 2.0 as 2; Lfm2VlProcessor refused the int, so every image failed."""
    for budget in (
        budget_of({**budget_values(VisionBudget()), "max_pixels_tolerance": 2}),
        changed(VisionBudget(), {"max_pixels_tolerance": 2}),
    ):
        assert type(budget.max_pixels_tolerance) is float
        assert budget == VisionBudget()


def test_a_draft_of_an_older_version_lacks_the_advanced_values():
    values = {"min_image_tokens": 32, "max_image_tokens": 64, "do_image_splitting": False}
    assert budget_of({**values, "tile_size": None, "use_thumbnail": None}) == FAST


def test_a_button_is_pressed_while_its_values_stand_whatever_the_advanced_ones_are():
    assert active_budget(BUDGETS, FAST) == "fast"
    assert active_budget(BUDGETS, changed(FAST, {"max_tiles": 4})) == "fast"
    assert active_budget(BUDGETS, SPLIT_FAST) == ""


def test_no_shipped_budget_is_a_trap_and_fast_with_splitting_is_one():
    sizes = [(512, 512)]
    for key in ("high", "fast", "family"):
        assert trap_warning(sizes, BUDGETS[key].budget(VisionBudget())) == ""
    assert "1,095 tokens" in trap_warning(sizes, SPLIT_FAST)
    assert trap_warning(sizes * 3, SPLIT_FAST).startswith("These 3 images cost 3,285 tokens")
    assert trap_warning([], SPLIT_FAST) == ""


def test_lanes_with_the_same_budget_share_a_picture():
    value = tiles_value([seen()], {"A": VisionBudget(), "B": FAST, "C": VisionBudget()})
    assert [plan["lanes"] for plan in value[0]["plans"]] == ["A, C", "B"]
    assert [plan["whole_tokens"] for plan in value[0]["plans"]] == [256, 64]


def test_what_has_no_size_or_no_budget_has_no_plan():
    bad = SeenImage("url", "a.png", "message 1, user", None, "It is empty.")
    assert tiles_value([bad], {"A": FAST})[0]["plans"] == []
    other = tiles_value([seen()], {})[0]
    assert (other["plans"], other["note"]) == ([], OTHER_PROCESSOR)
    assert "an animation" in tiles_value([seen(moves=True)], {"A": FAST})[0]["note"]


def test_a_sample_is_an_image_that_may_be_sent(tmp_path):
    picture = tmp_path / "sample-for-a-test.png"
    Pictures.new("RGB", (8, 8)).save(picture)
    image = sample_image(picture)
    assert uploaded_file(image["path"])
    assert image["url"].endswith(image["path"])
    asked, answered = message("user", "What is this?"), message("assistant", "A cat")
    added = Image(image["path"], image["name"])
    assert with_pictures([asked, answered], [picture]) == (asked.with_images([added]), answered)
    assert with_pictures([answered], [picture]) == (answered,)
