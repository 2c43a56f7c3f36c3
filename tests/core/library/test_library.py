"""The files in presets/: what is shipped, and how a mistake in one is named."""

import re
from dataclasses import replace

import pytest

from core.errors import InvalidInput
from core.lanes import Lane
from core.library.library import read_entry, read_library
from core.sampling import SamplingParams, settings
from core.vision import VisionBudget
from core.workspace import requests
from tests.shipped import FOLDER, LIBRARY

CHANGED = SamplingParams(
    temperature=0.7,
    top_k=7,
    top_p=0.7,
    min_p=0.07,
    typical_p=0.7,
    repetition_penalty=1.7,
    max_new_tokens=77,
    seed=7,
    stop=("7",),
)

PRESET = """\
kind: preset
name: Mine
order: 1
description: My own.
source: me
date: 2026-11-23
sampling:
  temperature: 0.5
"""
SCENARIO = """\
kind: scenario
name: Mine
order: 1
description: My own.
preset: mine
messages:
  - role: user
    content: Hello.
"""
HELD_TWICE = "tools: [{name: f}]\ntool_choice: f\nconstraint: {kind: json}\n"
FAMILY = """\
kind: family
name: Mine
order: 1
source: me
date: 2026-11-23
models:
- id: me/mine
  size: 1B
  context: 1024
"""


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_shipped_file_is_read():
    kinds = (
        LIBRARY.presets, LIBRARY.budgets, LIBRARY.scenarios, LIBRARY.families, LIBRARY.recipes,
    )  # fmt: skip
    entries = [key for kind in (*kinds, LIBRARY.sheets) for key in kind]
    assert sorted(entries) == sorted(path.stem for path in FOLDER.rglob("*.yaml"))


def test_shipped_entries_come_in_their_order_and_no_two_share_a_place():
    kinds = (LIBRARY.presets, LIBRARY.budgets, LIBRARY.scenarios, LIBRARY.families)
    for entries in (*kinds, LIBRARY.recipes):
        places = [entry.order for entry in entries.values()]
        assert places == sorted(set(places))


@pytest.mark.parametrize(
    "entry",
    [*LIBRARY.presets.values(), *LIBRARY.budgets.values(), *LIBRARY.families.values()],
)
def test_shipped_values_say_where_and_when_they_were_seen(entry):
    assert entry.source
    assert entry.date.year >= 2024


@pytest.mark.parametrize("scenario", LIBRARY.scenarios.values(), ids=lambda entry: entry.name)
def test_a_shipped_scenario_can_be_run_as_it_is(scenario):
    recipes = [LIBRARY.recipe_of(model) for model in scenario.models]
    own = next(filter(None, recipes), None) or LIBRARY.presets[scenario.preset]
    params = own.params(SamplingParams())
    lane = Lane(
        "A", replace(params, max_new_tokens=scenario.max_new_tokens),
        constraint=scenario.held_to, tool_choice=scenario.tool_choice,
    )  # fmt: skip
    assert len(requests(scenario.conversation, [lane])) == 1


def test_no_shipped_model_is_listed_twice():
    ids = [model.id for family in LIBRARY.families.values() for model in family.models]
    assert ids
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    ("preset", "values"),
    [
        (
            "lfm2.5-text",
            {"temperature": 0.1, "top_k": 50, "top_p": 0.1, "repetition_penalty": 1.05},
        ),
        ("lfm2-text", {"temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05}),
        ("lfm2-vl", {"temperature": 0.1, "min_p": 0.15, "repetition_penalty": 1.05}),
    ],
)
def test_a_family_has_the_values_of_liquids_prompting_page_and_every_other_sampler_off(
    preset, values
):
    assert LIBRARY.presets[preset].params(SamplingParams()) == SamplingParams(**values)


def test_the_vision_family_has_the_image_budget_of_liquids_prompting_page():
    changed = VisionBudget(min_image_tokens=1, max_image_tokens=2, do_image_splitting=False)
    assert LIBRARY.presets["lfm2-vl"].budget(changed) == VisionBudget(
        min_image_tokens=64, max_image_tokens=256, do_image_splitting=True
    )


@pytest.mark.parametrize("preset", ["lfm2.5-text", "lfm2-text", "greedy", "creative"])
def test_a_preset_without_image_values_leaves_the_budget_alone(preset):
    changed = VisionBudget(min_image_tokens=1, max_image_tokens=2, do_image_splitting=False)
    assert LIBRARY.presets[preset].budget(changed) == changed


def test_greedy_takes_the_likeliest_token_and_turns_every_other_sampler_off():
    params = LIBRARY.presets["greedy"].params(CHANGED)
    assert params.greedy
    assert params == replace(
        SamplingParams(temperature=0.0), max_new_tokens=77, seed=7, stop=("7",)
    )


def test_creative_samples_in_the_creative_range_and_cuts_the_tail_with_min_p():
    params = LIBRARY.presets["creative"].params(SamplingParams())
    assert 0.8 <= params.temperature <= 1.5
    assert params.min_p == 0.1
    assert params.repetition_penalty == 1.05


@pytest.mark.parametrize("preset", LIBRARY.presets.values(), ids=lambda preset: preset.name)
def test_a_preset_sets_what_it_names_turns_other_samplers_off_and_leaves_the_rest(preset):
    params = preset.params(CHANGED)
    for name, setting in settings().items():
        if name in preset.sampling:
            assert getattr(params, name) == preset.sampling[name]
        elif setting.off is not None:
            assert getattr(params, name) == setting.off
        else:
            assert getattr(params, name) == getattr(CHANGED, name)
    assert params.stop == CHANGED.stop


def test_a_preset_that_names_a_length_sets_it(tmp_path):
    folder = written(tmp_path, mine=PRESET + "  max_new_tokens: 99\n")
    assert read_library(folder).presets["mine"].params(CHANGED).max_new_tokens == 99


def test_applying_a_preset_twice_is_applying_it_once():
    for preset in LIBRARY.presets.values():
        once = preset.params(CHANGED)
        assert preset.params(once) == once


def test_files_are_found_in_every_folder_below_and_keyed_by_their_names(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    written(deep, mine=PRESET)
    written(tmp_path, hello=SCENARIO, models=FAMILY)
    library = read_library(tmp_path)
    assert library.presets["mine"].name == "Mine"
    assert library.scenarios["hello"].conversation.messages[0].text == "Hello."
    assert library.families["models"].models[0].id == "me/mine"


def test_a_folder_without_files_is_an_empty_library(tmp_path):
    library = read_library(tmp_path)
    assert (library.presets, library.scenarios, library.families) == ({}, {}, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PRESET + "colour: red\n", ["colour"]),
        (PRESET.replace("order: 1\n", ""), ["order", "missing"]),
        (PRESET.replace("order: 1", "order: first"), ["order", "integer"]),
        (PRESET.replace("0.5", "hot"), ["sampling.temperature", "number"]),
        (PRESET.replace("0.5", "yes"), ["sampling.temperature", "number"]),
        (PRESET.replace("0.5", "3"), ["temperature is 3", "0 to 2"]),
        (PRESET.replace("temperature", "temprature"), ["'temprature'", "repetition_penalty"]),
        (PRESET + "images: {colour: 3}\n", ["'colour'", "max_image_tokens"]),
        (PRESET + "images: {max_image_tokens: many}\n", ["max_image_tokens", "integer"]),
        (PRESET + "images: {min_image_tokens: 400}\n", ["400 to 256"]),
        (SCENARIO.replace("role: user", "role: robot"), ["Message 1", "'robot'"]),
        (SCENARIO + "max_new_tokens: 0\n", ["max_new_tokens is 0", "1 to 8192"]),
        (SCENARIO + "temperature: 1\n", ["temperature"]),
        (FAMILY + "  colour: red\n", ["models.0.colour"]),
        (PRESET.replace("kind: preset", "kind: receipt"), ["kind", "'receipt'", "'scenario'"]),
        (SCENARIO.replace("preset: mine\n", ""), ["either a preset, or models"]),
        (SCENARIO + "models: [me/mine]\n", ["either a preset, or models"]),
        (SCENARIO + "tool_choice: required\n", ["'required'", "there are no tools"]),
        (SCENARIO + "tools: [{name: f}]\ntool_choice: g\n", ["'g'", "one of f"]),
        (SCENARIO + "constraint: {kind: choice}\n", ["'choice'", "choices"]),
        (SCENARIO + "constraint: {kind: choices}\n", ["There are no choices"]),
        (SCENARIO + "constraint: {kind: json_schema, text: '{'}\n", ["line 1"]),
        (SCENARIO + HELD_TWICE, ["either a constraint or a tool_choice"]),
        (PRESET.replace("kind: preset\n", ""), ["kind"]),
        ("- a list\n", ["kind"]),
        ("", ["kind"]),
        ("name: [", ["line 1"]),
    ],
)
def test_a_mistake_in_a_file_is_named_with_the_file_and_the_field(tmp_path, text, words):
    with pytest.raises(InvalidInput) as caught:
        read_library(written(tmp_path, wrong=text))
    for word in ["wrong.yaml", *words]:
        assert word in str(caught.value)
    assert ".." not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    """The decoding error that ended the start did not say in which file."""
    (tmp_path / "wrong.yaml").write_bytes(PRESET.encode("utf-16"))
    with pytest.raises(InvalidInput, match="wrong.yaml: 'utf-8' codec can't decode"):
        read_library(tmp_path)


def test_a_scenario_with_an_unknown_preset_is_named_and_the_known_ones_are_listed(tmp_path):
    written(tmp_path, known=PRESET, hello=SCENARIO)
    with pytest.raises(InvalidInput, match="hello names the preset 'mine'; there are known"):
        read_library(tmp_path)


def test_two_files_of_one_kind_with_the_same_name_are_refused(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    written(tmp_path, mine=PRESET)
    written(other, mine=PRESET)
    with pytest.raises(InvalidInput, match=r"Two preset files are called mine\.yaml; rename one"):
        read_library(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: x", "field kind: it is missing"),
        ("kind: profile", "unknown kind 'profile'; use one of 'preset'"),
        ("- a", "the file must be a list of fields"),
        ("kind: budget\nname: x\ncolour: red", "it is missing"),
        ("kind: budget\nname: [1]", "field name: it must be a valid string"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_in_plain_words(text, sentence):
    with pytest.raises(InvalidInput, match=sentence) as wrong:
        read_entry(text, "f.yaml")
    assert not re.search("Input should|Unable to extract|Field required", str(wrong.value))
