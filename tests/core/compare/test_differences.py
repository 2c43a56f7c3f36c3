"""Where answers differ: the first token, the words, the settings, the groups."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compare.differences import (
    MOST_EXACT_WORDS,
    agreement,
    first_divergence,
    mean_logprob,
    settings_diff,
    word_diff,
)
from core.conversation import Conversation, message
from core.runs.events import Finished, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

WORDS = st.lists(st.sampled_from(["one ", "two ", "\n", "three\t", "x"]), max_size=30).map("".join)
IDS = st.lists(st.integers(0, 3), max_size=12)
ASKED = Request("A", Conversation((message("user", "Hi"),)), SamplingParams(seed=1), VisionBudget())


def answered(ids, lane="A", **params):
    """A run whose token n has n characters, so that offsets are told from positions."""
    request = replace(ASKED, lane=lane, params=replace(ASKED.params, **params))
    events = [Token(i, "ab"[i % 2] * i, -0.5 * i, 0.1) for i in ids]
    return fold_all(Run(request), [*events, Finished("end_of_sequence", "", 1.0)])


def saying(text, lane="A"):
    return fold_all(
        Run(replace(ASKED, lane=lane)),
        [Token(1, text, 0.0, 0.1), Finished("end_of_sequence", "", 1.0)],
    )


@given(IDS, IDS)
def test_the_divergence_is_the_first_place_with_two_different_tokens(one, other):
    found = first_divergence(answered(one), answered(other, "B"))
    shorter, longer = sorted((one, other), key=len)
    assert (found is None) == (longer[: len(shorter)] == shorter)
    if found:
        place = found.position
        assert one[:place] == other[:place]
        assert one[place] != other[place]
        assert found.offset == found.reference_offset == sum(one[:place])
        assert (found.reference_token.token_id, found.token.token_id) == (one[place], other[place])


@given(WORDS, WORDS)
def test_a_word_diff_loses_nothing_of_either_text(old, new):
    pieces = word_diff(old, new)
    assert "".join(p.text for p in pieces if p.kind != "added") == old
    assert "".join(p.text for p in pieces if p.kind != "removed") == new
    assert (old == new) == all(p.kind == "same" for p in pieces)


def test_words_that_stay_are_not_marked():
    pieces = word_diff("The red fox runs.", "The brown fox runs.")
    assert [(p.kind, p.text) for p in pieces] == [
        ("same", "The "), ("removed", "red "), ("added", "brown "), ("same", "fox runs."),
    ]  # fmt: skip


def test_very_long_texts_are_still_compared():
    old = "word " * (MOST_EXACT_WORDS + 5)
    assert "".join(p.text for p in word_diff(old, old + "end") if p.kind == "added") == "end"


def test_settings_name_only_what_differs_and_say_off_in_words():
    talk = Conversation((message("system", "Be brief."), message("user", "Hi")))
    other = replace(
        ASKED,
        lane="B",
        conversation=talk,
        params=SamplingParams(seed=1, temperature=0.3, top_k=20, stop=("END",)),
        budget=VisionBudget(32, 64, False),
        model="/somewhere/private/my-model",
    )
    rows = {row.name: row.values for row in settings_diff([ASKED, other])}
    assert rows == {
        "temperature": ("off", "0.3"),
        "top_k": ("off", "20"),
        "stop": ("none", "'END'"),
        "min_image_tokens": ("64", "32"),
        "max_image_tokens": ("256", "64"),
        "do_image_splitting": ("on", "off"),
        "system prompt": ("none", "'Be brief.'"),
        "model": ("in use", "my-model"),
    }
    assert settings_diff([ASKED, replace(ASKED, lane="B")]) == ()
    assert settings_diff([]) == ()


def test_equal_answers_are_one_group_and_the_largest_group_comes_first():
    runs = [saying("two", "A"), saying(" one\n", "B"), saying("one", "C"), Run(ASKED)]
    assert [(g.text, g.lanes) for g in agreement(runs)] == [("one", ("B", "C")), ("two", ("A",))]


def test_the_mean_logprob_counts_every_token():
    assert mean_logprob(answered([1, 3])) == pytest.approx(-1.0)
    assert mean_logprob(Run(ASKED)) is None
