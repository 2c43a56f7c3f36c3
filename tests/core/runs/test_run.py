"""Events folded into one run."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation import Conversation, message
from core.prompt import PromptToken, RenderedPrompt
from core.runs.events import Failed, Finished, Queued, Started, Token
from core.runs.run import Run, fold, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from tests.model_capabilities import ALL

PROMPT = RenderedPrompt("abcd", tuple(PromptToken(i, c) for i, c in enumerate("abcd")), 100)
SECONDS = st.floats(0, 1000)
TOKENS = st.builds(Token, st.integers(0), st.text(), st.floats(max_value=0), SECONDS)
FINISHED = st.builds(Finished, st.just("end_of_sequence"), st.text(), SECONDS)
EVENTS = st.one_of(
    st.builds(Queued, st.integers(1), SECONDS),
    st.builds(Started, st.just(PROMPT), st.text(), SECONDS, st.integers(0, 4)),
    TOKENS,
    FINISHED,
    st.builds(Failed, st.text(), SECONDS),
)


def request(*turns):
    return Request("A", Conversation(turns), SamplingParams(seed=0), VisionBudget())


ASKED = request(message("user", "a"))


def run_of(*events):
    return fold_all(Run(ASKED), events)


@given(st.lists(EVENTS))
def test_the_text_of_a_run_is_the_text_of_its_events_one_after_the_other(events):
    texts = [event.text for event in events if isinstance(event, Token | Finished)]
    assert run_of(*events).text == "".join(texts)


@given(st.lists(EVENTS))
def test_a_run_keeps_every_token_in_order(events):
    tokens = tuple(event for event in events if isinstance(event, Token))
    run = run_of(*events)
    assert run.tokens == tokens
    assert run.token_ids == tuple(token.token_id for token in tokens)


@given(st.lists(EVENTS, min_size=1))
def test_the_last_event_gives_the_status_and_the_time(events):
    status = {
        Queued: "queued", Started: "prefill", Token: "streaming", Finished: "done",
        Failed: "failed",
    }  # fmt: skip
    run = run_of(*events)
    assert run.status == status[type(events[-1])]
    assert run.seconds == events[-1].seconds


@given(st.lists(EVENTS))
def test_all_events_at_once_give_what_one_after_the_other_gives(events):
    run = Run(ASKED)
    for event in events:
        run = fold(run, event)
    assert fold_all(Run(ASKED), events) == run


@given(st.lists(EVENTS))
def test_a_run_has_a_place_only_while_it_is_queued(events):
    run = run_of(*events)
    assert (run.place is not None) == (run.status == "queued")


@given(st.lists(EVENTS))
def test_folding_changes_no_earlier_run(events):
    before = Run(ASKED)
    run = before
    for event in events:
        run = fold(run, event)
    assert before == Run(ASKED)


def test_a_run_before_its_first_event_waits_and_knows_no_times():
    run = Run(ASKED)
    assert run.status == "waiting"
    assert run.text == ""
    assert run.prompt_tokens == 0
    assert run.time_to_first_token is None
    assert run.prefill_seconds is None
    assert run.decode_seconds is None
    assert run.prefill_tokens_per_second is None
    assert run.decode_tokens_per_second is None


def test_started_brings_the_prompt_and_the_model():
    run = run_of(Started(PROMPT, "pocket", 0.5))
    assert run.prompt == PROMPT
    assert run.model == "pocket"
    assert run.prompt_tokens == 4


def test_times_and_speeds_come_from_the_seconds_of_the_events():
    run = run_of(
        Started(PROMPT, "pocket", 0.5),
        Token(1, "a", -0.1, 1.0),
        Token(2, "b", -0.1, 1.5),
        Token(3, "c", -0.1, 2.0),
        Finished("end_of_sequence", "", 2.5),
    )
    assert run.time_to_first_token == 1.0
    assert run.prefill_seconds == 0.5
    assert run.prefill_tokens_per_second == 4 / 0.5
    assert run.decode_seconds == 1.0
    assert run.decode_tokens_per_second == 2 / 1.0
    assert run.seconds == 2.5


def test_a_queued_run_knows_its_place_and_how_long_it_waits():
    run = run_of(Queued(2, 0.25), Queued(1, 1.0))
    assert (run.status, run.place) == ("queued", 1)
    assert run.waited_seconds == 1.0


def test_the_wait_ends_where_the_run_has_its_place_in_the_batch():
    run = run_of(
        Queued(2, 0.25), Queued(1, 1.0), Started(PROMPT, "pocket", 1.5), Token(1, "a", -0.1, 2.0)
    )
    assert (run.status, run.place) == ("streaming", None)
    assert run.waited_seconds == 1.5
    assert run.prefill_seconds == 0.5
    assert run.time_to_first_token == 2.0


def test_a_run_that_was_stopped_in_the_queue_waited_all_its_time():
    run = run_of(Queued(2, 0.25), Finished("stopped", "", 3.0))
    assert (run.status, run.place, run.waited_seconds) == ("done", None, 3.0)


def test_a_run_that_met_no_queue_did_not_wait_even_if_its_prompt_took_a_while():
    assert Run(ASKED).waited_seconds is None
    assert run_of(Started(PROMPT, "pocket", 0.5)).waited_seconds is None


def test_the_speed_of_the_prefill_counts_no_token_that_was_cached():
    started = Started(PROMPT, "pocket", 0.5, cached_tokens=3)
    run = run_of(started, Token(1, "a", -0.1, 1.0))
    assert (run.prompt_tokens, run.cached_tokens) == (4, 3)
    assert run.prefill_tokens_per_second == 1 / 0.5


def test_a_prompt_that_was_cached_whole_has_no_prefill_speed():
    run = run_of(Started(PROMPT, "pocket", 0.5, cached_tokens=4), Token(1, "a", -0.1, 1.0))
    assert run.prefill_tokens_per_second is None


def test_a_single_token_has_no_decode_speed():
    run = run_of(Started(PROMPT, "pocket", 0.0), Token(1, "a", -0.1, 1.0))
    assert run.decode_seconds is None
    assert run.decode_tokens_per_second is None


def test_tokens_at_the_same_moment_have_no_speed_rather_than_an_infinite_one():
    run = run_of(Started(PROMPT, "pocket", 1.0), Token(1, "a", -0.1, 1.0), Token(2, "b", -0.1, 1.0))
    assert run.prefill_tokens_per_second is None
    assert run.decode_tokens_per_second is None


def test_finished_adds_the_text_that_was_held_back_and_the_reason():
    run = run_of(Token(1, "a", -0.1, 1.0), Finished("stop_string", "b", 2.0))
    assert run.text == "ab"
    assert run.status == "done"
    assert run.stop_reason == "stop_string"


def test_failed_keeps_what_was_answered_so_far():
    run = run_of(Token(1, "a", -0.1, 1.0), Failed("The memory is full.", 2.0))
    assert run.text == "a"
    assert run.status == "failed"
    assert run.error == "The memory is full."
    assert run.stop_reason is None


def test_the_prefill_is_what_the_person_wrote_and_the_text_is_what_the_model_added():
    asked = request(message("user", "Extract."), message("assistant", '{"name": '))
    run = fold_all(Run(asked), [Token(1, '"Ann"}', -0.1, 1.0)])
    assert run.prefill_text == '{"name": '
    assert run.text == '"Ann"}'


def test_a_conversation_without_a_prefill_has_an_empty_one():
    assert Run(ASKED).prefill_text == ""


@pytest.mark.parametrize("junk", [None, "token", 5, ("A", Failed("a", 0.0)), PROMPT])
def test_what_is_no_event_is_a_bug_and_raises(junk):
    with pytest.raises(TypeError, match="is not an event of a run"):
        fold(Run(ASKED), junk)
    with pytest.raises(TypeError, match="is not an event of a run"):
        fold_all(Run(ASKED), [junk])


# -- what a model can do -----------------------------------------------------------------------
def test_a_run_knows_what_its_model_was_not_given():
    asked = request(message("user", "a"), message("assistant", "He"))
    asked = replace(asked, params=SamplingParams(top_k=40, seed=0))
    can = replace(ALL, prefill=False, samplers=frozenset({"temperature"}))
    before = Run(asked)
    assert (before.not_sent, before.sent, before.prefill_text) == ((), asked, "He")
    run = fold(before, Started(PROMPT, "m", 0.1, capabilities=can))
    assert run.not_sent == ("top_k", "prefill")
    assert run.sent.params == SamplingParams(seed=0)
    assert run.prefill_text == ""  # the answer doesn't continue what was never sent


def test_without_all_ids_there_are_none():
    run = run_of(Token(1, "a", -0.1, 1.0), Token(None, "b", None, 2.0))
    assert (run.text, run.token_ids) == ("ab", ())


def test_a_prompt_that_nobody_tells_does_not_make_a_started_run_wait():
    run = run_of(Queued(1, 0.5), Started(None, "m", 1.5), Token(None, "a", None, 2.0))
    assert (run.waited_seconds, run.prefill_seconds, run.prompt_tokens) == (1.5, 0.5, 0)
    assert run.prefill_tokens_per_second is None
