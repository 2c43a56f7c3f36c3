"""Text that appears while tokens arrive adds up to what decoding all of them gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoTokenizer

from engine.sampling.detokeniser import Detokeniser


@pytest.fixture(scope="module")
def pocket(folder) -> Tokenizer:
    return AutoTokenizer.from_pretrained(folder("lfm2")).backend_tokenizer


@pytest.fixture(scope="module")
def sentencepiece_like() -> Tokenizer:
    """Words begin with `▁`, and characters outside of the vocabulary are bytes (as in Llama 2)."""
    letters = ["▁", *"abc", "▁a", "▁b", "ab"]
    names = [*(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    vocabulary = {name: place for place, name in enumerate(names)}
    model = models.BPE(vocab=vocabulary, merges=[("▁", "a"), ("▁", "b")], byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
         decoders.Strip(" ", 1, 0)]
    )  # fmt: skip
    return tokenizer


def decoder(tokenizer: Tokenizer) -> Callable[[list[int]], str]:
    return lambda ids: tokenizer.decode(ids, skip_special_tokens=False)


def parts(tokenizer: Tokenizer, ids: list[int], prompt: list[int]) -> list[str]:
    detokeniser = Detokeniser(decoder(tokenizer), prompt)
    return [*(detokeniser.push(i) for i in ids), detokeniser.flush()]


@given(st.lists(st.integers(0, 2559), max_size=60))
def test_pieces_of_any_tokens_add_up(pocket, ids) -> None:
    assert "".join(parts(pocket, ids, [])) == decoder(pocket)(ids)


@given(st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_prompt_and_pieces_add_up_to_the_text(pocket, answer, prompt) -> None:
    before = pocket.encode(prompt, add_special_tokens=False).ids
    ids = pocket.encode(answer, add_special_tokens=False).ids
    assert "".join(parts(pocket, ids, before)) == decoder(pocket)(ids)


@pytest.mark.parametrize("text", ["中文", "🎉🏳️‍🌈", "é", "naïve – “quoted”", "한국어"])
def test_a_character_of_several_tokens_comes_out_whole(pocket, text) -> None:
    pieces = parts(pocket, pocket.encode(text, add_special_tokens=False).ids, [])
    assert "".join(pieces) == text
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)
    assert "" in pieces


def test_an_incomplete_character_at_the_end_is_given_out_by_flush(pocket) -> None:
    ids = pocket.encode("ok 🎉", add_special_tokens=False).ids[:-1]
    pieces = parts(pocket, ids, [])
    assert "".join(pieces[:-1]) == "ok "
    assert pieces[-1] == "\N{REPLACEMENT CHARACTER}"


def test_a_space_at_the_start_of_the_answer_is_kept_behind_a_prompt(sentencepiece_like) -> None:
    """Decoding the answer alone would drop it: `Strip` removes a text's first space."""
    a, b = (sentencepiece_like.token_to_id(name) for name in ("▁a", "▁b"))
    assert "".join(parts(sentencepiece_like, [b], [a])) == " b"
    assert "".join(parts(sentencepiece_like, [b], [])) == "b"


def test_bytes_that_are_no_character_do_not_stop_the_stream(sentencepiece_like) -> None:
    """tokenizers' DecodeStream raised "Invalid prefix encountered" on this sequence."""
    a = sentencepiece_like.token_to_id("▁a")
    pieces = parts(sentencepiece_like, [0xE4, 0xB8, 0xAD, 0xFF, a, a], [a])
    assert "".join(pieces).startswith("中")
    assert "".join(pieces).endswith(" a a")
