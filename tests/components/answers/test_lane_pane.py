"""What the pane says of a run, and how an answer becomes a turn."""

from dataclasses import replace

import pytest

from components.answers.lane_pane import (
    MOST_BRACKETS,
    applied_parameters,
    lane_value,
    render_markdown,
)
from components.answers.replies import with_reply
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt
from core.runs.events import Event, Finished, Queued, Started, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from tests.model_capabilities import ALL


def run_of(*events: Event) -> Run:
    conversation = Conversation((message("user", "Hi"), message("assistant", "He")))
    params = SamplingParams(temperature=0.5, max_new_tokens=4, seed=7)
    request = Request("A", conversation, params, VisionBudget())
    return fold_all(Run(request), events)


def started(tokens: int, cached: int = 0) -> Started:
    prompt = RenderedPrompt("", (PromptToken(1, "a"),) * tokens, 4096)
    return Started(prompt, "m", 0.5, cached)


ANSWERED = (
    Token(5, "llo", -0.1, 1.0),
    Token(6, "!", -0.2, 1.5),
    Finished("end_of_sequence", "", 1.5),
)


def test_the_figures_of_a_run_are_shown_apart_and_with_units():
    value = lane_value(run_of(started(10), *ANSWERED))
    assert value["metrics"] == [
        ("prompt tokens", "10"), ("tokens", "2"), ("first token", "1.0 s"),
        ("prefill", "20.0 tok/s"), ("total", "1.5 s"),
    ]  # fmt: skip
    assert value["speed"] == "2.0 tok/s"
    assert (value["prefill"], value["text"]) == ("He", "llo!")
    assert value["fraction"] == 0.5


def test_a_queued_lane_shows_its_place_and_no_figures_yet():
    value = lane_value(run_of(Queued(3, 0.1), Queued(2, 0.4)))
    assert (value["status"], value["place"], value["metrics"]) == ("queued", 2, [])


def test_cached_tokens_and_the_wait_are_figures_of_their_own():
    value = lane_value(run_of(Queued(1, 0.1), started(1024, 1000), *ANSWERED))
    assert value["place"] is None
    assert value["metrics"] == [
        ("prompt tokens", "1,024"),
        ("cached", "1,000 of 1,024", "cached 1,000 of 1,024 prompt tokens"),
        ("tokens", "2"), ("waited", "500 ms", "for other answers"),
        ("first token", "1.0 s"), ("prefill", "48.0 tok/s"), ("total", "1.5 s"),
    ]  # fmt: skip


def test_a_prompt_that_was_cached_whole_shows_no_prefill_speed():
    labels = [label for label, *_ in lane_value(run_of(started(10, 10), *ANSWERED))["metrics"]]
    assert labels == ["prompt tokens", "cached", "tokens", "first token", "total"]


def test_a_lane_that_was_stopped_in_the_queue_says_how_long_it_waited():
    value = lane_value(run_of(Queued(2, 0.1), Finished("stopped", "", 2.0)))
    assert value["metrics"] == [("waited", "2.0 s", "for other answers")]


def test_only_parameters_that_take_part_are_shown():
    params = SamplingParams(temperature=0.3, min_p=0.15, max_new_tokens=9, seed=5, stop=("\n",))
    assert applied_parameters(params) == [
        "temperature 0.3", "min_p 0.15", "max_new_tokens 9", "seed 5", "stop '\\n'",
    ]  # fmt: skip


def test_greedy_hides_what_it_ignores_and_keeps_the_repetition_penalty():
    params = SamplingParams(temperature=0, top_k=50, top_p=0.1, repetition_penalty=1.05, seed=5)
    assert applied_parameters(params) == [
        "greedy (temperature 0)",
        "repetition_penalty 1.05",
        "max_new_tokens 512",
        "seed 5",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
        "![x](http://example.com/x.png)", "<b onclick=alert(1)>", "`</code><script>`",
    ],
)  # fmt: skip
def test_markdown_of_a_model_can_neither_run_nor_fetch(text):
    html = render_markdown(text)
    for markup in ("<script", "<img", "<b", 'href="javascript'):
        assert markup not in html


def test_markdown_renders_what_models_write():
    html = render_markdown("# T\n\n- **a**\n\n| x |\n|---|\n| y |\n\n```\n<b>\n```")
    for markup in ("<h1>T", "<strong>a", "<td>y", "&lt;b&gt;"):
        assert markup in html


def test_a_reply_continues_the_prefill_that_still_stands():
    rows = (message("user", "Hi"), message("assistant", "He"))
    lane = {"text": "llo", "prefill": "He", "stop_reason": "max_new_tokens"}
    assert [row.text for row in with_reply(rows, lane)] == ["Hi", "Hello"]


def test_a_reply_that_ended_leaves_room_for_the_next_user_turn():
    lane = {"text": "Hello", "prefill": "", "stop_reason": "end_of_sequence"}
    rows = with_reply((message("user", "Hi"),), lane)
    assert [(r.role, r.text) for r in rows] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", ""),
    ]


def test_a_prefill_that_was_changed_meanwhile_is_left_alone():
    rows = (message("user", "Hi"), message("assistant", "Good"))
    lane = {"text": "llo", "prefill": "He", "stop_reason": "stopped"}
    assert [row.text for row in with_reply(rows, lane)] == ["Hi", "Good", "Hello"]


@pytest.mark.parametrize("lane", [None, {}, "x", {"text": ""}])
def test_a_lane_without_an_answer_is_told_so(lane):
    with pytest.raises(InvalidInput, match="no answer yet"):
        with_reply((), lane)


def test_what_would_take_seconds_to_parse_stays_text():
    assert render_markdown("[" * (MOST_BRACKETS + 1) + "<b>") == (
        f"<pre>{'[' * (MOST_BRACKETS + 1)}&lt;b&gt;</pre>"
    )
    assert "<strong>" in render_markdown("[" * 100 + " **a**")


# -- what a model can do -----------------------------------------------------------------------
FEW = replace(ALL, samplers=frozenset({"temperature"}), seeds=False, prefill=False)


def test_what_was_not_sent_is_told_and_no_longer_shown_as_applied():
    value = lane_value(run_of(replace(started(10), capabilities=FEW), *ANSWERED))
    assert value["not_sent"] == "Not sent: seed 7 and the prefill. m does not accept them."
    assert value["parameters"] == ["m", "temperature 0.5", "max_new_tokens 4"]
    assert (value["seed"], value["prefill"], value["text"]) == (None, "", "llo!")
    assert lane_value(run_of(started(10), *ANSWERED))["not_sent"] == ""


def test_a_prompt_that_is_not_reported_has_no_figure():
    value = lane_value(run_of(Started(None, "m", 0.5), *ANSWERED))
    assert [label for label, *_ in value["metrics"]] == ["tokens", "first token", "total"]


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ({}, None),
        ({"distributions": False}, "m doesn't report the other tokens it could have chosen."),
    ],
)
def test_why_answers_diverge_is_asked_only_where_it_can_be_found(lost, told):
    begun = replace(started(10), capabilities=replace(ALL, **lost))
    first = run_of(begun, *ANSWERED)
    other = run_of(begun, ANSWERED[0], Token(9, "?", -0.2, 1.5), ANSWERED[2])
    other = replace(other, request=replace(other.request, lane="B"))
    assert lane_value(other, first)["divergence"].get("unexplained") == told


def test_without_token_ids_the_characters_show_where_answers_diverge():
    begun = Started(None, "m", 0.5, capabilities=replace(ALL, exact_prompt=False))
    ended = Finished("end_of_sequence", "", 2.0)
    first = run_of(begun, Token(None, "one two", None, 1.0), ended)
    other = run_of(begun, Token(None, "one ", None, 1.0), Token(None, "too", None, 1.5), ended)
    other = replace(other, request=replace(other.request, lane="B"))
    assert lane_value(other, first)["divergence"] == {
        "offset": 4, "length": 3, "place": 1, "unexplained": "m doesn't report token ids.",
    }  # fmt: skip
