"""Lanes: what they change of the sidebar, and templates."""

from dataclasses import replace

import pytest

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lane_templates import LANE_TEMPLATES, Situation
from core.lanes import LABELS, LaneSettings, as_values, lane_settings
from core.sampling import SamplingParams, settings
from core.vision import VisionBudget
from core.workspace import Workspace, unseeded
from tests.shipped import LIBRARY

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


def test_a_prefill_of_the_lane_takes_the_place_of_the_messages_own():
    talk = Conversation((message("user", "Hi"), message("assistant", "[")))

    def asked(**values):
        return unseeded(talk, lane(**values)).conversation.prefill

    assert asked().text == "["
    assert asked(prefill="{").text == "{"
    assert asked(prefill="") is None
    assert lane_settings(as_values(LaneSettings(prefill=""))).prefill == ""


def test_the_template_of_schemas_uses_what_is_set_and_says_what_is_in_its_way():
    template, ready = LANE_TEMPLATES["schema"], replace(ALL, constraint=Constraint("json"))
    assert [one.prefill for one in template.lanes(ready)] == [None, "{", None]
    shared = replace(ready, has_prefill=True)
    assert [one.prefill for one in template.lanes(shared)] == ["", None, ""]
    assert template.shared(Workspace(constraint=Constraint("json"))).constraint.kind == "json"
    assert template.missing(replace(ALL, constraint=Constraint("regex", "a")))
    assert template.missing(replace(ALL, tool_choice="required"))


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
        {"prefill": ["{"]},
        {"images": {"min_image_tokens": 9, "max_image_tokens": 3}},
    ],
)
def test_wrong_values_are_refused(values):
    with pytest.raises(InvalidInput):
        lane_settings(values)


@pytest.mark.parametrize("garbage", [None, 3, "text", [], {"sampling": 3, "images": "x"}])
def test_what_a_browser_could_not_mean_is_no_change(garbage):
    assert lane_settings(garbage) == LaneSettings()


@pytest.mark.parametrize("key", LANE_TEMPLATES)
def test_every_template_fills_two_to_four_valid_lanes(key):
    found = LANE_TEMPLATES[key].lanes(ALL)
    assert not LANE_TEMPLATES[key].missing(ALL)
    assert 2 <= len(found) <= len(LABELS)
    for settings_of_lane in found:
        assert lane_settings(as_values(settings_of_lane)) == settings_of_lane
    page = LANE_TEMPLATES[key].shared(Workspace(params=SIDEBAR, budget=BUDGET)).with_lanes(found)
    lanes = {replace(page.lane(label, PRESETS), label="") for label in page.labels}
    assert len(lanes) == len(found)


def test_neutral_is_off_in_every_sampler():
    params = LANE_TEMPLATES["neutral"].lanes(ALL)[1].lane("B", SIDEBAR, BUDGET, PRESETS).params
    assert params == SamplingParams(max_new_tokens=99, seed=7, stop=("END",))
    assert all(getattr(params, n) == s.off for n, s in settings().items() if s.off is not None)


def test_templates_say_what_is_missing():
    bare = Situation("", tuple(PRESETS), False, False, ("one",))
    missing = {key for key, template in LANE_TEMPLATES.items() if template.missing(bare)}
    assert missing == {"budgets", "system", "models"}
    assert LANE_TEMPLATES["neutral"].lanes(bare)[0].preset in PRESETS
