"""The shipped model folder: small, loadable without special casing, and able to do its tasks."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from core.constraint_grammar import constraint_source
from engine.constraints.grammars import grammar_of
from tests.shipped import LIBRARY
from training.asking import FOLDER, GREEDY, LFM2, LFM25, Pocket, answer, prompt
from training.data.extraction import PREFILL, page_style
from training.data.turns import assistant, user
from training.evaluate import Figure, page_dates
from training.holding import calls_grammar, held_answers


@pytest.fixture(scope="module")
def processor():
    return AutoProcessor.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def pocket(processor):
    model = AutoModelForImageTextToText.from_pretrained(FOLDER)
    return Pocket(model, processor.tokenizer)


def test_the_folder_is_at_most_twelve_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 12_000_000


def test_the_text_part_mixes_convolution_and_full_attention(pocket):
    assert set(pocket.model.config.text_config.layer_types) == {"conv", "full_attention"}
    assert pocket.model.config.text_config.max_position_embeddings >= 4096


def test_generation_stops_at_the_end_of_a_turn(pocket):
    settings = pocket.model.generation_config
    assert (settings.pad_token_id, settings.bos_token_id, settings.eos_token_id) == (0, 1, 7)


@pytest.mark.parametrize("sampling", [GREEDY, LFM25, LFM2])
def test_the_documentation_s_dates_are_answered_in_the_shown_style(pocket, sampling):
    torch.manual_seed(1)
    given = answer(pocket, [prompt(pocket, page_dates())], sampling)[0]
    assert given.text == "March 8, 2024"
    assert given.stopped


@pytest.mark.parametrize("sampling", [GREEDY, LFM25, LFM2])
def test_the_documentation_s_prefill_is_completed_to_the_right_json(pocket, sampling):
    torch.manual_seed(1)
    talk = page_style({"name": "John", "age": 30})
    given = answer(pocket, [prompt(pocket, talk, PREFILL)], sampling)[0]
    assert json.loads(PREFILL + given.text) == {"name": "John", "age": 30}
    assert given.stopped


def test_a_hot_story_differs_from_time_to_time_and_ends(pocket):
    torch.manual_seed(1)
    ask = prompt(pocket, (user("Tell me a short story about a fox."), assistant("")))
    given = answer(pocket, [ask] * 4, {"do_sample": True, "temperature": 1.0, "top_k": 0}, 250)
    assert len({one.text for one in given}) == 4
    assert all("fox" in one.text for one in given)


@pytest.mark.parametrize(("size", "tokens"), [((256, 256), 64), ((1200, 600), 2 * 256 + 11 * 22)])
def test_it_accepts_an_image_whole_or_in_tiles(pocket, processor, size, tokens):
    content = [
        {"type": "image", "image": Image.new("RGB", size, (200, 30, 30))},
        {"type": "text", "text": "What is in this image?"},
    ]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt",
    )  # fmt: skip
    places = inputs["input_ids"] == pocket.model.config.image_token_id
    assert int(places.sum()) == tokens
    row = pocket.model.generate(**inputs, max_new_tokens=60, do_sample=False)[0]
    assert processor.decode(row[inputs["input_ids"].shape[1] :], skip_special_tokens=True).strip()


def held(pocket, card):
    asked = pocket.tokenizer.apply_chat_template(
        card.messages, tokenize=False, add_generation_prompt=True
    )
    return held_answers(pocket, [asked], [grammar_of(constraint_source(card.held_to))])[0]


def test_the_card_with_a_schema_is_filled_in_right(pocket):
    card = LIBRARY.scenarios["schema"]
    answered = held(pocket, card)
    facts = {"city": "Bergen", "name": "Ingrid", "age": 41, "job": "nurse"}
    assert list(json.loads(answered).items()) == list(facts.items())
    assert card.expected in answered


@pytest.mark.parametrize(("thing", "colour"), [("grass", "Green"), ("the sky", "Blue")])
def test_the_card_with_choices_is_right_about_more_than_its_own_question(pocket, thing, colour):
    card = LIBRARY.scenarios["choice"]
    question = {"role": "user", "content": f"What colour is {thing}?"}
    if thing == "grass":
        assert (card.messages, card.expected) == ([question], colour)
    assert held(pocket, replace(card, messages=[question])) == colour


@pytest.mark.parametrize(("key", "city"), [("tool-call", "Paris"), ("required-call", "Osaka")])
def test_the_cards_with_tools_are_answered_by_the_right_call(pocket, key, city):
    card = LIBRARY.scenarios[key]
    asked = pocket.tokenizer.apply_chat_template(
        card.messages, tools=card.tools, tokenize=False, add_generation_prompt=True
    )
    (free,) = answer(pocket, [asked], GREEDY, markers=True)
    call = f'get_weather(location="{city}")'
    assert free.text == f"<|tool_call_start|>[{call}]<|tool_call_end|>"
    assert city in card.expected
    (required,) = held_answers(pocket, [asked], [calls_grammar(pocket, card.tools)])
    assert required == free.text


def test_a_greeting_under_tools_needs_no_call(pocket):
    card = LIBRARY.scenarios["tool-call"]
    asked = pocket.tokenizer.apply_chat_template(
        [card.messages[0], {"role": "user", "content": "Hello!"}],
        tools=card.tools, tokenize=False, add_generation_prompt=True,
    )  # fmt: skip
    (given,) = answer(pocket, [asked], GREEDY, markers=True)
    assert given.stopped
    assert "<|tool_call_start|>" not in given.text


def test_the_model_card_states_the_measured_figures():
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    figures = json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))
    assert len(figures) > 20
    for figure in figures:
        assert Figure(**figure).row() in card
