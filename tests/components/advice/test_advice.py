"""What the page advises: recipes are offered, findings name lanes, quick_fixes put them right."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.advice.advice import Found, findings, offers
from components.advice.lint_view import lint_rows
from components.advice.quick_fixes import recipe_for, with_quick_fix, with_recipe
from components.advice.recipe_box import marks, offer_value
from components.scenarios.scenario_cards import cards
from core.conversation import Image
from core.lanes import LaneSettings
from core.sampling import SamplingParams
from core.workspace import Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import LIBRARY, snapshot
from tests.components.snapshots import workspace as state

TRANSLATOR = "LiquidAI/LFM2-350M-ENJP-MT"
EXTRACTOR = "LiquidAI/LFM2-350M-PII-Extract-JP"
HOT = SamplingParams(0.9, top_k=40)
IDLE = SamplingParams(0.0, top_k=40, min_p=0.1)


def found(engine: ScriptedEngine, page: Workspace) -> Found:
    return findings(snapshot(page, engine))


def rows(engine: ScriptedEngine, page: Workspace) -> list[dict]:
    return lint_rows(found(engine, page), page.labels)


def rules(engine: ScriptedEngine, page: Workspace) -> dict[str, tuple[str, ...]]:
    return {finding.rule: lanes for finding, lanes in found(engine, page)}


# -- offers --------------------------------------------------------------------------------------
def test_a_chosen_model_is_offered_before_it_is_loaded_and_changes_nothing():
    engine = ScriptedEngine()
    page = state(("user", "Hi"), params=HOT)
    offered = [(one.name, why) for one, why in offers(engine, LIBRARY, TRANSLATOR)]
    assert offered == [("LFM2-350M-ENJP-MT", "chosen, not loaded")]
    assert found(engine, page) == []  # the model in use has no recipe


def test_the_model_in_use_is_offered_too_and_once():
    engine = ScriptedEngine(EXTRACTOR)
    assert [why for _, why in offers(engine, LIBRARY, EXTRACTOR)] == ["in use"]
    both = [(one.name, why) for one, why in offers(engine, LIBRARY, TRANSLATOR)]
    assert both == [
        ("LFM2-350M-ENJP-MT", "chosen, not loaded"),
        ("LFM2-350M-PII-Extract-JP", "in use"),
    ]
    assert offers(ScriptedEngine(), LIBRARY, "") == []


@pytest.mark.parametrize("key", LIBRARY.recipes)
def test_an_offer_is_set_exactly_when_its_values_are(key):
    recipe = LIBRARY.recipes[key]
    page = state(params=replace(HOT, max_new_tokens=99))
    before = offer_value(snapshot(page), recipe, "")
    page = with_recipe(page, recipe)
    after = offer_value(snapshot(page), recipe, "")
    assert (before["set"], after["set"]) == (False, True)
    assert after["examples"]
    assert recipe.date.isoformat() in after["seen"]


def test_an_offer_says_what_is_not_the_makers_own_word():
    words = {one.name: marks(one) for one in LIBRARY.recipes.values() if marks(one)}
    assert words["LFM3-VL-2B"] == ["values inferred"]
    assert words["LFM2-350M-ENJP-MT"] == ["third-party values"]
    assert words["LFM2.5-VL-3B"] == ["image values inferred"]
    assert words["LFM2-2.6B-Transcript"] == ["single turn inferred"]
    assert "LFM2.5-1.2B-Instruct" not in words


def test_examples_of_a_model_are_cards_only_while_it_is_offered():
    general = [card["key"] for card in cards(LIBRARY)]
    assert "dates" in general
    assert not {"to-japanese", "meeting-topics"} & set(general)
    recipe = LIBRARY.recipe_of(TRANSLATOR)
    assert recipe is not None
    own = [card["key"] for card in cards(LIBRARY, [recipe])]
    assert own == ["to-japanese", "to-english", *general]
    assert len(cards(LIBRARY, [recipe, recipe])) == len(own)


def test_an_example_takes_the_values_of_the_model_that_is_chosen():
    ask = LIBRARY.scenarios["ask"]
    used = ScriptedEngine("LiquidAI/LFM2-700M")

    def name(chosen: str, engine: ScriptedEngine = used) -> str:
        recipe = recipe_for(engine, LIBRARY, chosen, ask)
        return recipe.name if recipe else ""

    assert name("LiquidAI/LFM2.5-2.6B") == "LFM2.5-2.6B"
    assert name("") == "LFM2-700M"
    assert name("", ScriptedEngine()) == ask.models[0].partition("/")[2]
    assert recipe_for(used, LIBRARY, "", LIBRARY.scenarios["dates"]) is None


# -- findings ------------------------------------------------------------------------------------
def test_the_shipped_demo_model_has_no_finding_with_the_shipped_cards():
    engine = ScriptedEngine("/somewhere/models/pocket")
    for key, scenario in LIBRARY.scenarios.items():
        if scenario.preset:
            params = LIBRARY.presets[scenario.preset].params(SamplingParams())
            turns = [(turn.role, turn.text) for turn in scenario.conversation.messages]
            page = state(*turns, preset=scenario.preset, params=params)
            assert found(engine, page) == [], key


def test_a_finding_of_some_lanes_names_them_and_one_of_all_does_not():
    engine = ScriptedEngine()
    lanes = (LaneSettings(), LaneSettings(sampling=(("temperature", 0.0),)), LaneSettings())
    page = state(("user", "Hi"), params=SamplingParams(0.5, top_k=40), lanes=lanes)
    (row,) = rows(engine, page)
    assert row["lanes"] == "Lane B"
    (row,) = rows(engine, replace(page, params=IDLE))[:1]
    assert row["text"].startswith("The temperature is 0, so top_k 40 and min_p 0.1")
    assert row["lanes"] == ""


def test_lanes_are_judged_by_their_own_models_and_system_prompts():
    engine = ScriptedEngine("LiquidAI/LFM2-700M")
    list(engine.load(TRANSLATOR, alongside=True))
    lanes = (
        LaneSettings(),
        LaneSettings(model=TRANSLATOR),
        LaneSettings(model=TRANSLATOR, system="Translate to English."),
        LaneSettings(model=TRANSLATOR, system="Translate."),
    )
    page = state(("user", "Hi"), lanes=lanes)
    assert rules(engine, page) == {"system-missing": ("B",), "system-not-exact": ("D",)}


def test_an_image_in_a_row_is_seen_by_the_linter_only_where_it_matters():
    engine = ScriptedEngine("LiquidAI/LFM2.5-VL-450M-Extract")
    page = with_recipe(
        state(("system", LIBRARY.recipes["lfm2.5-vl-450m-extract"].system.texts[0]), ("user", "")),
        LIBRARY.recipes["lfm2.5-vl-450m-extract"],
    )
    assert list(rules(engine, page)) == ["image-missing"]


# -- quick fixes -----------------------------------------------------------------------------------
LANE = st.builds(
    LaneSettings,
    preset=st.sampled_from(["", "lfm2-text", "greedy"]),
    sampling=st.sampled_from([(), (("temperature", 0.0),), (("top_k", 7), ("temperature", 0.8))]),
    system=st.sampled_from([None, "", "Translate to English.", "Be brief."]),
)
# Not with two prefills: a click removes the last one.
TURNS = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant"]), st.sampled_from(["", "a", "<b>"])),
    max_size=5,
).filter(lambda turns: [r for r, _ in turns if r != "system"][-2:] != ["assistant"] * 2)


@given(
    model=st.sampled_from(sorted(one.model for one in LIBRARY.recipes.values())),
    turns=TURNS,
    lanes=st.lists(LANE, max_size=4).filter(lambda lanes: len(lanes) != 1),
    params=st.sampled_from([SamplingParams(), HOT, IDLE]),
    preset=st.sampled_from(["", *LIBRARY.presets]),
)
def test_every_remedy_puts_its_finding_right_and_leaves_other_lanes_alone(
    model, turns, lanes, params, preset
):
    engine = ScriptedEngine(model)
    page = state(*turns, lanes=tuple(lanes), params=params, preset=preset)
    for finding, labels in found(engine, page):
        for quick_fix in finding.quick_fixes:
            after = with_quick_fix(
                page, quick_fix, labels, LIBRARY.recipe_of(model), LIBRARY.presets
            )
            still = rules(engine, after).get(finding.rule, ())
            assert not set(still) & set(labels), (finding, quick_fix)
            if quick_fix.act in ("system", "values", "off"):
                before, now = (snapshot(one).lanes for one in (page, after))
                for old, new in zip(before, now, strict=True):
                    assert old == new or old.label in labels, (finding, quick_fix)
                old, new = (one.conversation.messages for one in (page, after))
                kept = [turn for turn in new if turn.role != "system"]
                assert kept == [turn for turn in old if turn.role != "system"]


def test_a_system_prompt_that_is_set_keeps_the_row_and_goes_first():
    engine = ScriptedEngine(TRANSLATOR)
    page = state(("user", "Hi"), ("system", "translate to english"), ("system", "Be brief."))
    ((finding, lanes),) = found(engine, page)
    quick_fix = finding.quick_fixes[1]
    after = with_quick_fix(page, quick_fix, lanes, LIBRARY.recipe_of(TRANSLATOR), LIBRARY.presets)
    assert [(turn.id, turn.role, turn.text) for turn in after.conversation.messages] == [
        ("m1", "system", "Translate to English."),
        ("m0", "user", "Hi"),
    ]


def test_only_the_last_user_message_stays_and_images_go_where_that_is_asked_for():
    engine = ScriptedEngine(EXTRACTOR)
    page = state(
        ("system", "Extract <address>"), ("user", "a"), ("assistant", "b"), ("user", "c"),
        params=SamplingParams(0.0),
    )  # fmt: skip
    messages = [turn.with_images([Image("a.png", "a")]) for turn in page.conversation.messages]
    page = page.with_messages(messages)
    ((finding, lanes),) = found(engine, page)
    after = with_quick_fix(page, finding.quick_fixes[0], lanes, None, LIBRARY.presets)
    assert after.conversation.messages == (messages[0], messages[3])
