"""The recipes in presets/recipes: one for every model, and exact where it matters."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.advice.linter import Asked, lint
from core.errors import InvalidInput
from core.library.library import read_library
from core.library.recipe import Recipe, SystemPrompt
from core.library.recipe_table import BEGIN, END, PAGE, recipe_table, with_table
from core.sampling import SamplingParams, samplers, settings
from core.vision import VisionBudget
from tests.model_capabilities import ALL
from tests.shipped import LIBRARY

ROOT = Path(__file__).parents[3]
MODELS = [model for family in LIBRARY.families.values() for model in family.models]
RECIPES = list(LIBRARY.recipes.values())
NANOS = LIBRARY.families["liquid-nanos"].models
RANGES = {name: row.setting for name, row in samplers().items()}
CHANGED = SamplingParams(
    **{
        name: one.maximum if one.minimum == one.off else one.minimum for name, one in RANGES.items()
    },
    max_new_tokens=77,
    seed=7,
    stop=("7",),
)
RECIPE = """\
kind: recipe
model: me/mine
order: 1
source: me
date: 2026-11-23
layout: As it comes.
sampling:
  temperature: 0.5
"""


def recipe(name: str) -> Recipe:
    return LIBRARY.recipes[name]


def name_of(one: Recipe) -> str:
    return one.name


def test_every_model_of_the_picker_has_one_recipe_and_no_recipe_is_for_another():
    assert sorted(one.model for one in RECIPES) == sorted(model.id for model in MODELS)


@pytest.mark.parametrize("key", LIBRARY.recipes)
def test_a_recipe_is_called_as_its_model(key):
    assert recipe(key).name.lower() == key


@pytest.mark.parametrize("one", RECIPES, ids=name_of)
def test_a_recipe_says_where_and_when_it_was_seen_and_how_messages_are_laid_out(one):
    assert "http" in one.source or one.third_party or one.inferred
    assert one.date >= date(2026, 11, 1)
    assert one.layout.endswith(".")
    assert not one.note or one.note.endswith(".")


@pytest.mark.parametrize("one", RECIPES, ids=name_of)
def test_a_recipe_sets_what_it_names_and_turns_every_other_sampler_off(one):
    params = one.params(CHANGED)
    for name, setting in settings().items():
        if name in one.sampling:
            assert getattr(params, name) == one.sampling[name]
        elif setting.off is not None:
            assert getattr(params, name) == setting.off
        else:
            assert getattr(params, name) == getattr(CHANGED, name)
    assert one.params(params) == params


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("lfm2.5-1.2b-instruct", {"temperature": 0.1, "top_k": 50, "repetition_penalty": 1.05}),
        ("lfm2.5-1.2b-thinking", {"temperature": 0.05, "top_k": 50, "repetition_penalty": 1.05}),
        (
            "lfm2.5-8b-a1b",
            {"temperature": 0.2, "top_k": 80, "repetition_penalty": 1.05, "max_new_tokens": 8192},
        ),
        ("lfm2-24b-a2b", {"temperature": 0.1, "top_k": 50, "repetition_penalty": 1.05}),
        ("lfm2-700m", {"temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05}),
        ("lfm2.5-1.2b-jp", {"temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05}),
        ("lfm2.5-vl-3b", {"temperature": 0.2, "top_k": 50}),
        (
            "lfm2-350m-math",
            {"temperature": 0.6, "top_p": 0.95, "min_p": 0.1, "repetition_penalty": 1.05},
        ),
        ("lfm2-2.6b-transcript", {"temperature": 0.3}),
        ("lfm2.5-vl-450m-extract", {"temperature": 0.0, "max_new_tokens": 512}),
        ("lfm3-1.7b", {"temperature": 0.1, "top_k": 50, "repetition_penalty": 1.1}),
    ],
)
def test_values_are_those_that_the_models_page_names_and_all_else_is_off(key, values):
    assert recipe(key).params(SamplingParams()) == SamplingParams(**values)


def test_where_sources_disagree_the_family_keeps_its_button_and_the_file_says_so():
    button = LIBRARY.presets["lfm2.5-text"].params(SamplingParams())
    own = recipe("lfm2.5-1.2b-instruct")
    assert (button.top_p, own.params(SamplingParams()).top_p) == (0.1, 1.0)
    for one in RECIPES:
        if one.preset == "lfm2.5-text" and one.turns != "completion" and not one.inferred:
            assert "top_p 0.1" in one.note, one.name


def test_what_no_page_names_is_marked():
    inferred = {one.name: one.inferred for one in RECIPES if one.inferred}
    assert inferred["LFM2.5-24B-A2B"] == ["sampling"]
    assert inferred["LFM3-VL-2B"] == ["sampling"]
    assert inferred["LFM2-2.6B-Transcript"] == ["turns"]
    assert inferred["LFM2.5-VL-1.6B-Extract"] == ["images"]
    third_party = [one.name for one in RECIPES if one.third_party]
    assert third_party == ["LFM3-1.7B", "LFM2-350M-ENJP-MT"]


def test_the_450m_vision_model_has_its_own_lower_bound():
    assert recipe("lfm2.5-vl-450m").budget(VisionBudget()).min_image_tokens == 32
    assert recipe("lfm2-vl-450m").budget(VisionBudget()).min_image_tokens == 64


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("lfm2-350m-enjp-mt", ["Translate to Japanese.", "Translate to English."]),
        (
            "lfm2-350m-pii-extract-jp",
            ["Extract <address>, <company_name>, <email_address>, <human_name>, <phone_number>"],
        ),
        (
            "lfm2-2.6b-transcript",
            [
                "You are an expert meeting analyst. Analyze the transcript carefully and provide "
                "clear, accurate information based on the content."
            ],
        ),
        ("lfm2.5-350m", ["You are a helpful assistant trained by Liquid AI."]),
        ("lfm2.5-vl-1.6b", ["You are a helpful multimodal assistant by Liquid AI."]),
    ],
)
def test_system_prompts_are_exact(key, texts):
    assert recipe(key).system.texts == texts


@pytest.mark.parametrize("model", NANOS, ids=lambda model: model.id)
def test_a_nano_has_a_rule_for_its_system_prompt(model):
    own = LIBRARY.recipe_of(model.id)
    assert own is not None
    assert own.system.rule != "free"
    assert own.system.texts or own.system.rule == "unwanted"


def test_the_tools_of_the_example_are_the_list_that_the_recipe_shows():
    tools = json.loads(LIBRARY.scenarios["call-tool"].conversation.tools)
    listed = ", ".join(json.dumps(tool) for tool in tools)
    expected = f"List of tools: <|tool_list_start|>[{listed}]<|tool_list_end|>"
    assert recipe("lfm2-1.2b-tool").system.texts == [expected]


@pytest.mark.parametrize("one", RECIPES, ids=name_of)
def test_every_model_has_an_example_that_its_own_linter_finds_nothing_in(one):
    examples = LIBRARY.examples_of(one)
    assert examples
    for key, scenario in examples.items():
        images = [LIBRARY.pictures[name] for name in scenario.images]
        assert len(images) == (1 if one.images or one.name.startswith("LFM3-VL") else 0), key
        found = lint(
            Asked(
                scenario.conversation,
                one.params(SamplingParams()),
                recipe=one,
                model=one.name,
                can=replace(ALL, images=bool(images)),
            )
        )
        usual = {"not-a-chat-model"} if one.turns == "completion" else set()
        usual |= {"image-missing"} if one.one_image else set()  # the click attaches it
        assert {finding.rule for finding in found} == usual


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("LiquidAI/LFM2-350M", "LFM2-350M"),
        ("/home/me/models/LFM2-350M", "LFM2-350M"),
        ("/cache/models--LiquidAI--LFM2-350M/snapshots/abc", "LFM2-350M"),
        ("LFM2-350M", "LFM2-350M"),
        ("LiquidAI/LFM2-350M-ENJP-MT", "LFM2-350M-ENJP-MT"),
        ("someone/LFM2-350M", None),
        ("/home/me/models/pocket", None),
        ("", None),
    ],
)
def test_a_recipe_is_found_by_hub_id_or_by_a_folders_name(model, found):
    recipe_found = LIBRARY.recipe_of(model)
    assert (recipe_found.name if recipe_found else None) == found


def test_the_page_of_recipes_has_the_table_that_the_files_make():
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert with_table(page, recipe_table(LIBRARY)) == page


def test_the_table_has_a_row_for_each_model_with_all_its_values():
    rows = recipe_table(LIBRARY).splitlines()[2:]
    assert len(rows) == len(RECIPES)
    for row, one in zip(rows, RECIPES, strict=True):
        assert row.startswith(f"| `{one.name}` |")
        assert row.count("|") == 6
        for name, value in one.sampling.items():
            assert f"{name} {value:g}" in row
        assert ("inferred" in row) == bool(one.inferred)


def test_a_page_without_the_markers_is_named():
    with pytest.raises(InvalidInput, match=r"recipes\.md has no place"):
        with_table(f"{END} {BEGIN}", "table")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RECIPE + "colour: red\n", ["colour"]),
        (RECIPE.replace("0.5", "3"), ["temperature is 3", "0 to 2"]),
        (RECIPE + "turns: three\n", ["turns", "'single'"]),
        (RECIPE + "inferred: [all]\n", ["inferred", "'sampling'"]),
        (RECIPE + "system: {rule: exact}\n", ["system", "needs a text"]),
        (RECIPE + "system: {rule: unwanted, texts: [a]}\n", ["unwanted"]),
        (RECIPE + "system: {rule: form, begins: b, texts: [a]}\n", ["its own form"]),
        (RECIPE + "preset: other\n", ["names the preset 'other'"]),
    ],
)
def test_a_mistake_in_a_recipe_is_named(tmp_path, text, words):
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_library(tmp_path)
    for word in ["wrong", *words]:
        assert word in str(caught.value)


def test_an_example_for_an_unknown_model_is_named(tmp_path):
    example = "kind: scenario\nname: Mine\norder: 1\ndescription: My own.\nmodels: [me/other]\n"
    (tmp_path / "hello.yaml").write_text(example + "messages: []\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.raises(InvalidInput, match="hello names 'me/other'; there are me/mine"):
        read_library(tmp_path)


def test_a_form_is_a_beginning_a_middle_and_an_end():
    system = SystemPrompt("form", texts=["a\nb\nc"], begins="a", contains="\nb\n", ends="c")
    assert system.has_form("a, x\nb\nc")
    assert not system.has_form("a, x, c")
