"""Lanes: what they change of the sidebar, and set-ups."""

from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.lanes import LABELS, LaneSettings, as_values, lane_settings
from core.library.library import read_library
from core.sampling import SamplingParams, settings
from core.set_ups import SET_UPS, Situation
from core.vision import VisionBudget

LIBRARY = read_library(Path(__file__).parents[2] / "presets")
PRESETS = LIBRARY.presets
BUDGETS = tuple(tuple(budget.images.items()) for budget in LIBRARY.budgets.values())
SIDEBAR = SamplingParams(temperature=0.6, max_new_tokens=99, seed=7, stop=("END",))
BUDGET = VisionBudget(100, 200, True)
ALL = Situation("creative", tuple(PRESETS), True, True, ("one", "two"), BUDGETS)


def lane(**values):
    return lane_settings(values).lane("B", SIDEBAR, BUDGET, PRESETS)


def test_without_changes_a_lane_is_as_the_sidebar():
    found = lane()
    assert (found.label, found.params, found.budget) == ("B", SIDEBAR, BUDGET)
    assert (found.system, found.model) == (None, "")


def test_a_preset_sets_samplers_and_leaves_length_seed_and_stop():
    found = lane(preset="creative").params
    assert found == PRESETS["creative"].params(SIDEBAR)
    assert (found.max_new_tokens, found.seed, found.stop) == (99, 7, ("END",))


def test_own_values_win_over_the_preset():
    found = lane(preset="creative", sampling={"temperature": 0.25, "seed": 3})
    assert (found.params.temperature, found.params.seed) == (0.25, 3)
    assert found.params.top_p == PRESETS["creative"].params(SIDEBAR).top_p


def test_an_empty_field_changes_nothing():
    assert lane(sampling={"temperature": None}) == lane()


def test_a_maximum_below_the_sidebars_minimum_lowers_it():
    assert lane(images={"max_image_tokens": 50}).budget == VisionBudget(50, 50, True)
    assert lane(images={"min_image_tokens": 250}).budget == VisionBudget(250, 250, True)


@pytest.mark.parametrize(
    "values",
    [
        {"sampling": {"temperature": 9}},
        {"sampling": {"heat": 1}},
        {"images": {"max_image_tokens": "many"}},
        {"images": {"tiles": 3}},
        {"images": {"min_image_tokens": 9, "max_image_tokens": 3}},
    ],
)
def test_wrong_values_are_refused(values):
    with pytest.raises(InvalidInput):
        lane_settings(values)


@pytest.mark.parametrize("garbage", [None, 3, "text", [], {"sampling": 3, "images": "x"}])
def test_what_a_browser_could_not_mean_is_no_change(garbage):
    assert lane_settings(garbage) == LaneSettings()


@pytest.mark.parametrize("key", SET_UPS)
def test_every_set_up_fills_two_to_four_valid_lanes(key):
    found = SET_UPS[key].lanes(ALL)
    assert not SET_UPS[key].missing(ALL)
    assert 2 <= len(found) <= len(LABELS)
    for settings_of_lane in found:
        assert lane_settings(as_values(settings_of_lane)) == settings_of_lane
    lanes = {s.lane("A", SIDEBAR, BUDGET, PRESETS) for s in found}
    assert len(lanes) == len(found)


def test_neutral_is_off_in_every_sampler():
    params = SET_UPS["neutral"].lanes(ALL)[1].lane("B", SIDEBAR, BUDGET, PRESETS).params
    assert params == SamplingParams(max_new_tokens=99, seed=7, stop=("END",))
    assert all(getattr(params, n) == s.off for n, s in settings().items() if s.off is not None)


def test_set_ups_say_what_is_missing():
    bare = Situation("", tuple(PRESETS), False, False, ("one",))
    missing = {key for key, set_up in SET_UPS.items() if set_up.missing(bare)}
    assert missing == {"budgets", "system", "models"}
    assert SET_UPS["neutral"].lanes(bare)[0].preset in PRESETS
