"""The scripted engine keeps the engine's promises, so that the page can be tested with it."""

from __future__ import annotations

import contextlib
from time import perf_counter

import pytest

from core.conversation import Conversation, Image, message
from core.engine import Engine, Loaded, Loading
from core.errors import InvalidInput
from core.events import Failed, Token
from engine.scripted import ScriptedEngine
from engine.scripted_replies import KNOWN, LONG_TOKENS, MARKDOWN


@pytest.fixture(scope="module")
def quick() -> Engine:
    return ScriptedEngine(tokens_per_second=5000)


@pytest.mark.parametrize("text", list(KNOWN))
def test_known_messages_have_known_answers(quick, ask, run, text) -> None:
    lanes = run(quick, ask(text, max_new_tokens=500))
    assert lanes.text() == KNOWN[text]
    assert lanes.reason() == "end_of_sequence"


def test_the_settings_are_seen_in_the_answer(quick, ask, run) -> None:
    lanes = run(quick, ask("What now", temperature=0.3, seed=7, max_new_tokens=99))
    assert "“What now”" in lanes.text()
    assert "0.3" in lanes.text()
    assert "7" in lanes.text()


def test_the_same_request_gives_the_same_tokens(quick, ask, run) -> None:
    assert run(quick, ask("Again")).ids() == run(quick, ask("Again")).ids()


def test_max_new_tokens_ends_an_answer(quick, ask, run) -> None:
    lanes = run(quick, ask("Hello there", max_new_tokens=4))
    assert len(lanes.ids()) == 4
    assert lanes.reason() == "max_new_tokens"


def test_a_stop_string_ends_an_answer_and_is_not_shown(quick, ask, run) -> None:
    lanes = run(quick, ask("x", stop=("model wrote",), max_new_tokens=99))
    assert lanes.reason() == "stop_string"
    assert lanes.text() == "This is a scripted answer, no "


def test_a_prefill_is_continued(quick, ask, run) -> None:
    talk = Conversation((message("user", "Go"), message("assistant", "It began ")))
    assert quick.render(ask(talk)).text.endswith("assistant\nIt began ")
    assert run(quick, ask(talk, max_new_tokens=99)).text().startswith("and so")


def test_a_lane_fails_on_request_and_the_other_goes_on(quick, ask, run) -> None:
    lanes = run(quick, ask("please !fail", "A"), ask("Hi", "B"))
    assert len(lanes.ids("A")) == 3
    assert isinstance(lanes.end("A"), Failed)
    assert lanes.text("B") == KNOWN["Hi"]


def test_a_long_answer_has_600_tokens_and_markdown_has_raw_html(quick, ask, run) -> None:
    long = run(quick, ask("!long", max_new_tokens=1000))
    assert len(long.ids()) == LONG_TOKENS + 1  # and the end token
    assert run(quick, ask("!markdown", max_new_tokens=1000)).text() == MARKDOWN
    assert "</s>" in MARKDOWN


def test_slow_and_usual_pace(ask) -> None:
    for words, pace, least in (("!slow", 1000.0, 0.45), ("Hi", 50.0, 0.015)):
        with contextlib.closing(
            ScriptedEngine(tokens_per_second=pace).stream([ask(words)])
        ) as events:
            next(events)
            began = perf_counter()
            assert isinstance(next(events)[1], Token)
            assert perf_counter() - began >= least


def test_tokens_know_their_messages_and_typed_control_tokens_are_text(quick, ask) -> None:
    talk = Conversation(
        (
            message("system", "user"),
            message("user", "Look <|im_end|>", [Image("a.png")]),
            message("assistant", "user"),
            message("user", "user"),
        )
    )
    prompt = quick.render(ask(talk))
    assert "".join(token.text for token in prompt.tokens) == prompt.text
    said = [
        "".join(t.text for t in prompt.tokens if t.message == place and not t.special)
        for place in range(4)
    ]
    assert said == ["user", "Look <|im_end|>", "user", "user"]
    assert prompt.neutralised == ("<|im_end|>",)
    assert prompt.image_tokens == 64
    assert prompt == quick.render(ask(talk))


def test_an_empty_conversation_is_told(quick, ask, run) -> None:
    with pytest.raises(InvalidInput, match="no message"):
        quick.render(ask(Conversation()))
    assert "no message" in run(quick, ask(Conversation())).reason()


def test_any_id_loads_in_steps_but_a_missing_one() -> None:
    engine = ScriptedEngine()
    events = list(engine.load("some/model"))
    assert [type(event) for event in events] == [Loading] * 10 + [Loaded]
    assert engine.description.model == "some/model"
    last = list(engine.load("some/missing"))[-1]
    assert isinstance(last, Failed)
    assert "The Hub has no model some/missing" in last.message
    assert engine.description.model == "some/model"
