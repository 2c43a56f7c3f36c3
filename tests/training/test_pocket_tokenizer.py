"""The tokenizer in the model folder: exact round trips, and pieces that do not depend on place."""

import pytest
from transformers import AutoTokenizer

from training.asking import FOLDER
from training.data.person_names import HELD_OUT
from training.tokenizer import SPECIAL, VOCABULARY, build_tokenizer

TEXTS = (
    "John is 30 years old.",
    "  two  spaces,\ttab,\n\n  lines \n",
    "🙂👩‍👩‍👧‍👦 flags 🇫🇷",
    "今日は天気がいいですね。 C. elegansとは何ですか？",
    "Zoë Ğül naïve cœur Ærø Straße İstanbul",
    "مرحبا שלום नमस्ते",
    '{\n  "name": "Mary-Jane O\'Neil",\n  "age": 7\n}',
    "McDonald HTTPServer iPhone ABC a1B2",
    "\r\n\x00\u200b\u00a0\ufeff",
    " don 't , . ! ?",
)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(FOLDER)


def pieces(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_byte_for_byte(tokenizer, text):
    assert tokenizer.decode(pieces(tokenizer, text)) == text


@pytest.mark.parametrize("word", [*HELD_OUT, "water", "cardiovascular", "2024"])
def test_a_word_has_the_same_pieces_after_a_space_a_quote_and_a_line_start(tokenizer, word):
    alone = pieces(tokenizer, word)
    for before, after in (("is ", " here"), ('"', '"'), ("a\n", "\n"), ("(", ",")):
        whole = pieces(tokenizer, before + word + after)
        head, tail = pieces(tokenizer, before), pieces(tokenizer, after)
        assert whole == head + alone + tail


def test_digits_come_one_by_one(tokenizer):
    assert len(pieces(tokenizer, "2024-03-08")) == 10


def test_special_tokens_have_the_numbers_of_lfm2(tokenizer):
    assert [tokenizer.convert_tokens_to_ids(token) for token in SPECIAL] == list(
        range(len(SPECIAL))
    )
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") == 7
    assert tokenizer.eos_token_id == 7
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id) == (0, 1)
    assert len(tokenizer) == VOCABULARY


def test_rendered_text_is_tokenised_with_exactly_one_start(tokenizer):
    text = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    assert pieces(tokenizer, text).count(tokenizer.bos_token_id) == 1
    assert tokenizer(text)["input_ids"].count(tokenizer.bos_token_id) == 1


def test_building_it_again_gives_the_tokenizer_that_was_shipped(tokenizer):
    assert build_tokenizer(seed=1).get_vocab() == tokenizer.get_vocab()
