"""The scripted engine keeps the engine's promises, so that the page can be tested with it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from time import perf_counter

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.runs.engine import Engine, Loaded, Loading
from core.runs.events import Failed, Finished, Queued, Started, Token
from core.runs.scores import Scoring
from core.runs.verification import Verifying
from core.sampling import SamplingParams
from engine.scripted.scripted_engine import ALL, ScriptedEngine
from engine.scripted.scripted_replies import KNOWN, LONG_TOKENS, MARKDOWN


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


def test_tokens_know_their_messages_and_typed_control_tokens_are_text(quick, ask, picture) -> None:
    talk = Conversation(
        (
            message("system", "user"),
            message("user", "Look <|im_end|>", [picture(96, 64)]),
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
    assert prompt.image_tokens == 70  # 96 x 64 pixels, enlarged to 10 x 7 tokens
    assert prompt == quick.render(ask(talk))


def started(engine, request) -> Started:
    with contextlib.closing(engine.stream([request])) as events:
        return next(event for _, event in events if isinstance(event, Started))


def test_a_queued_lane_moves_up_and_then_starts(quick, ask) -> None:
    with contextlib.closing(quick.stream([ask("!queue", max_new_tokens=1)], "Ann")) as events:
        said = [event for _, event in events]
    assert [event.place for event in said if isinstance(event, Queued)] == [2, 1]
    assert [type(event) for event in said] == [Queued, Queued, Started, Token, Finished]
    assert said[2].seconds >= 1.2


def test_a_prompt_that_was_there_before_counts_as_cached(ask) -> None:
    engine = ScriptedEngine()
    first, again = started(engine, ask("Hello there")), started(engine, ask("Hello there"))
    assert first.cached_tokens == 0
    assert again.cached_tokens == len(again.prompt.tokens)


def test_of_a_prompt_that_goes_on_the_known_messages_count_as_cached(ask) -> None:
    engine = ScriptedEngine()
    talk = (message("system", "Be brief."), message("user", "Hi"))
    started(engine, ask(Conversation(talk)))
    longer = started(engine, ask(Conversation((*talk, message("assistant", "Yes?"), *talk[1:]))))
    known = "".join(token.text for token in longer.prompt.tokens[: longer.cached_tokens])
    assert known.endswith("user\nHi<|im_end|>\n")
    other = started(engine, ask(Conversation((talk[0], message("user", "Help")))))
    known = "".join(token.text for token in other.prompt.tokens[: other.cached_tokens])
    assert known.endswith("Be brief.<|im_end|>\n")


def test_lanes_of_one_run_find_nothing_of_each_other(ask) -> None:
    with contextlib.closing(ScriptedEngine().stream([ask("Hi", "A"), ask("Hi", "B")])) as events:
        first = [next(events)[1] for _ in "AB"]
    assert [event.cached_tokens for event in first if isinstance(event, Started)] == [0, 0]


def test_an_empty_conversation_is_told(quick, ask, run) -> None:
    with pytest.raises(InvalidInput, match="No message"):
        quick.render(ask(Conversation()))
    assert "No message" in run(quick, ask(Conversation())).reason()


def test_any_id_loads_in_steps_but_a_missing_one() -> None:
    engine = ScriptedEngine()
    events = list(engine.load("some/model"))
    assert [type(event) for event in events] == [Loading] * 10 + [Loaded]
    assert engine.description.model == "some/model"
    assert engine.description.weights == ""
    last = list(engine.load("some/missing", weights="int8"))[-1]
    assert isinstance(last, Failed)
    assert "The Hub has no model some/missing" in last.message
    assert engine.description.model == "some/model"


def test_weights_that_do_not_exist_are_named() -> None:
    last = list(ScriptedEngine().load("some/model", weights="int3"))[-1]
    assert isinstance(last, Failed)
    assert "'int3'" in last.message
    assert "int4" in last.message


def test_verify_derives_the_answer_anew_and_compares(quick, ask, run) -> None:
    asked = ask("Hello there", temperature=0.5, max_new_tokens=10, stop=("scripted",))
    ids = run(quick, asked).ids()
    *progress, last = quick.verify(asked, ids)
    assert [type(event) for event in progress] == [Verifying] * len(ids)
    assert last.sentence == f"Reproduced: {len(ids)} of {len(ids)} tokens are the same."
    *_, other = quick.verify(asked, [*ids[:-1], 5])
    assert other.difference.place == len(ids) - 1
    *_, failed = quick.verify(ask("!fail"), ids)
    assert isinstance(failed, Failed)


# -- an engine that can do less ----------------------------------------------------------------
def test_what_it_cannot_do_is_left_out_and_said(ask, run) -> None:
    engine = ScriptedEngine(tokens_per_second=5000, capabilities=replace(ALL, prefill=False))
    talk = Conversation((message("user", "Hi"), message("assistant", "It began ")))
    lanes = run(engine, ask(talk, max_new_tokens=99))
    assert lanes.text() == KNOWN["Hi"]  # and not "and so it goes on"
    assert lanes.start().capabilities == engine.description.capabilities
    assert "It began" not in engine.render(ask(talk)).text


def test_what_it_does_not_tell_is_none(ask, run) -> None:
    can = replace(ALL, exact_prompt=False, logprobs=False, candidates=0)
    engine = ScriptedEngine(tokens_per_second=5000, capabilities=can)
    lanes = run(engine, ask("Hi"))
    assert lanes.start().prompt is None
    assert {(token.token_id, token.logprob) for token in lanes.tokens()} == {(None, None)}
    with pytest.raises(InvalidInput, match="scripted doesn't report its prompt"):
        engine.render(ask("Hi"))
    assert run(engine, ask("Hi")).tokens()[0].candidates == ()


def test_without_the_capability_a_verification_fails_with_a_sentence(ask) -> None:
    (only,) = ScriptedEngine(capabilities=replace(ALL, verification=False)).verify(ask("Hi"), [1])
    assert isinstance(only, Failed)
    assert "can't be verified" in only.message


def test_a_verification_is_read_without_waiting_too(quick, ask, run) -> None:
    checked = quick.verify(ask("Hi"), run(quick, ask("Hi")).ids())
    checked.start()
    seen, ended = [], False
    with contextlib.closing(checked):
        while not ended:
            more, ended = checked.drain()
            seen += more
    assert seen[-1].sentence.startswith("Reproduced: ")


def test_every_token_of_a_script_has_a_trace_that_its_samplers_made(quick, ask, run) -> None:
    lanes = run(quick, ask("Hi", top_k=2, max_new_tokens=5))
    for token in lanes.tokens():
        assert token.trace.rank == 1
        assert token.trace.entropy > 0
        assert [one.removed_by for one in token.candidates] == ["", ""] + ["top_k"] * 5
        assert token.candidates[0].token_id == token.token_id
        assert token.candidates[0].logprob == pytest.approx(token.logprob)
        assert sum(one.probability for one in token.candidates) == pytest.approx(1)


def test_a_script_goes_on_after_the_tokens_that_a_request_begins_with(quick, ask, run) -> None:
    ids = run(quick, ask("Hi", max_new_tokens=50)).ids()
    begun = replace(ask("Hi", max_new_tokens=50), begins_with=tuple(ids[:3]))
    lanes = run(quick, begun)
    assert lanes.ids() == ids
    assert lanes.text() == KNOWN["Hi"]
    assert [token.given for token in lanes.tokens()] == [n < 3 for n in range(len(ids))]
    *_, verdict = quick.verify(begun, ids)
    assert verdict.sentence.startswith("Reproduced")


def test_a_script_scores_text_and_tells_distributions(quick, ask, run) -> None:
    *steps, found = quick.score(ask("Hi"), "Hello there")
    assert all(isinstance(step, Scoring) for step in steps)
    assert "".join(token.text for token in found.continuation) == "Hello there"
    assert [token.logprob is None for token in found.tokens] == [
        place == 0 for place in range(len(found.tokens))
    ]
    ids = run(quick, ask("Hi")).ids()
    (place,) = quick.distribution(ask("Hi"), ids[:1])
    steps = quick.sampler_steps(place, SamplingParams(temperature=0.5, top_k=3, top_p=0.9))
    assert [step.name for step in steps.steps] == ["", "temperature", "top_k", "top_p"]
    assert steps.token_ids[0] == ids[1]
    assert "!" in steps.texts[0]
    for one, share in zip(steps.candidates, steps.steps[-1].probabilities, strict=True):
        assert (one.probability, bool(one.removed_by)) == (share, share == 0)
    for step in steps.steps:
        assert sum(step.probabilities) == pytest.approx(1)
        assert sum(share > 0 for share in step.probabilities) == step.survivors
    less = ScriptedEngine(capabilities=replace(ALL, scores=False, distributions=False))
    for answer in (less.score(ask("Hi"), "x"), less.distribution(ask("Hi"), ())):
        (only,) = answer
        assert only.message.startswith("scripted can't ")
