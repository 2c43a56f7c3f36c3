"""Stop strings end generation where Transformers does, and never become visible."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, StopStringCriteria

from engine.sampling.stopping import HeldBack, StopStrings, TokenBytes

LETTERS = st.text(alphabet="ab\n. ", min_size=1, max_size=4)


@pytest.fixture(scope="module")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder("lfm2"))


@pytest.fixture(scope="module")
def token_bytes(tokenizer) -> TokenBytes:
    return TokenBytes(tokenizer)


@pytest.mark.parametrize(
    "stop",
    [
        ("\n",),
        ("the",),
        (" a", "b."),
        ("中", "é"),
        ("<|im_end|>",),
        ("ing ",),
        ("🎉",),
        ("e", "th"),
    ],
)
def test_ends_at_the_same_token_as_transformers(tokenizer, token_bytes, stop) -> None:
    criterion = StopStringCriteria(tokenizer, list(stop))
    stops = StopStrings(stop, token_bytes)
    random = torch.Generator().manual_seed(5)
    texts = ["the thing\nis a b. The 中é 🎉 end<|im_end|>ing e", "ababab\n\n. the the", "x"]
    rows = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    rows += torch.randint(0, 2560, (40, 12), generator=random).tolist()
    for ids in rows:
        for end in range(1, len(ids) + 1):
            expected = bool(criterion(torch.tensor([ids[:end]]), ()))
            assert stops.ended_by(ids[:end]) is expected, (ids[:end], stop)


def test_without_stop_strings_nothing_ends(token_bytes) -> None:
    assert not StopStrings((), token_bytes).ended_by([5, 6, 7])


def test_a_token_beyond_the_vocabulary_has_no_bytes(token_bytes) -> None:
    assert token_bytes.of(10**6) == b""


def starts_of_matches(text: str, before: int, stop: tuple[str, ...]) -> list[int]:
    """Where stop strings start that end behind `before`."""
    return [
        start
        for string in stop
        for start in range(len(text))
        if text.startswith(string, start) and start + len(string) > before
    ]


@given(st.lists(LETTERS, max_size=8), st.lists(LETTERS, max_size=3), st.text("ab\n. ", max_size=5))
def test_what_is_shown_is_the_answer_before_the_stop_string(pieces, strings, prompt) -> None:
    stop = tuple(dict.fromkeys(strings))
    held = HeldBack(stop, prompt)
    shown, text = "", prompt
    for piece in pieces:
        matches = starts_of_matches(text + piece, len(text), stop)
        text += piece
        if matches:
            shown += held.end(piece, stopped=True)
            assert shown == text[len(prompt) : max(len(prompt), min(matches))]
            return
        shown += held.push(piece)
        assert text[len(prompt) :].startswith(shown)
    assert shown + held.end("", stopped=False) == text[len(prompt) :]


def test_the_beginning_of_a_stop_string_waits_until_it_is_decided() -> None:
    held = HeldBack(("END",), "")
    assert held.push("a E") == "a "
    assert held.push("N") == ""
    assert held.push("T") == "ENT"
    assert held.push("E") == ""
    assert held.end("", stopped=False) == "E"


def test_a_stop_string_in_the_prompt_cuts_nothing() -> None:
    held = HeldBack(("\n", "STOP"), "x\ny")
    assert held.push("ab") == "ab"
    assert held.end("STOPc", stopped=True) == ""
