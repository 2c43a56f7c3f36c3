"""What a lane draws of thoughts and calls, and how an answer with them becomes turns."""

import json

import pytest

from components.answers.answer_view import answer_view, units
from components.answers.lane_pane import lane_value
from components.answers.replies import with_reply, with_results
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt
from core.runs.events import Event, Finished, Started, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

TOOLS = '[{"name": "f", "parameters": {"properties": {"a": {}}, "required": ["a"]}}]'
CALL = '<|tool_call_start|>[f(a="🎉"), g(1)]<|tool_call_end|>'


def run_of(*pieces: str, prompt: str = "assistant\n", prefill: str = "", over: bool = True) -> Run:
    turns = (message("user", "Hi"), *((message("assistant", prefill),) if prefill else ()))
    request = Request("A", Conversation(turns, TOOLS), SamplingParams(seed=1), VisionBudget())
    rendered = RenderedPrompt(prompt + prefill, (PromptToken(1, "a"),), 4096)
    events: list[Event] = [Started(rendered, "m", 0.1)]
    events += [Token(place, piece, -0.1, 0.2) for place, piece in enumerate(pieces)]
    events += [Finished("end_of_sequence", "", 0.3)] if over else []
    return fold_all(Run(request), events)


def in_browser(text: str, part: dict) -> str:
    """What JavaScript's `slice` gives for the part."""
    return text.encode("utf-16-le")[2 * part["start"] : 2 * part["end"]].decode("utf-16-le")


def test_plain_text_has_no_parts_and_is_drawn_as_before():
    assert answer_view(run_of("Just ", "text"))["parts"] == []


def test_places_are_counted_as_a_browser_counts_them():
    text = f"<think>🎉 hm</think>\n\n🎉 Well {CALL}Done"
    parts = answer_view(run_of(text))["parts"]
    shown = [in_browser(text, part) for part in parts]
    assert shown == ["🎉 hm", "🎉 Well", CALL, "Done"]
    assert units("a🎉é") == 4


def test_the_place_where_answers_part_is_counted_so_too():
    first, other = run_of("🎉", "one"), run_of("🎉", "two 🎉")
    other = Run(
        Request("B", other.request.conversation, other.request.params, VisionBudget()),
        "done", other.prompt, text="🎉two 🎉", tokens=(other.tokens[0], Token(9, "two 🎉", -1, 1)),
    )  # fmt: skip
    assert lane_value(other, first)["divergence"] == {"offset": 2, "length": 6, "place": 1}


def test_a_thought_counts_its_own_tokens_and_knows_whether_it_goes_on():
    thinking = answer_view(run_of("<think>", "one", " two", over=False))["parts"]
    assert [(part["kind"], part["tokens"], part["closed"]) for part in thinking] == [
        ("thought", 2, False)
    ]
    thought, _ = answer_view(run_of("<think>", "one", " two", "</think>", "ok"))["parts"]
    assert (thought["tokens"], thought["closed"]) == (2, True)


def test_a_thought_that_the_prompt_opened_is_seen_before_its_first_token():
    view = answer_view(run_of(prompt="assistant\n<think>\n", over=False))
    assert view["opening"] == "<think>\n"
    assert [part["kind"] for part in view["parts"]] == ["thought"]


def test_a_prefill_may_hold_the_tag():
    parts = answer_view(run_of("hm</think>ok", prefill="<think>Let me "))["parts"]
    assert [part["kind"] for part in parts] == ["thought", "text"]
    assert parts[0]["start"] == len("<think>")


def test_calls_are_held_against_the_tools_and_arguments_are_json():
    (part,) = answer_view(run_of(CALL))["parts"]
    one, other = part["calls"]
    assert one["arguments"] == [("a", '"🎉"')]
    assert one["problems"] == []
    assert other["arguments"] == [("positional 1", "1")]
    assert other["problems"] == ["g is not one of the given tools: f."]


def test_an_incomplete_call_is_reported_only_when_the_answer_has_ended():
    (writing,) = answer_view(run_of('<|tool_call_start|>[f(a="x', over=False))["parts"]
    assert (writing["error"], writing["calls"][0]["complete"]) == ("", False)
    (cut,) = answer_view(run_of('<|tool_call_start|>[f(a="x'))["parts"]
    assert "is incomplete" in cut["error"]
    (wrong,) = answer_view(run_of("<|tool_call_start|>[f(a=x)]<|tool_call_end|>"))["parts"]
    assert "“x)]”" in wrong["error"]
    (empty,) = answer_view(run_of("<|tool_call_start|>[]<|tool_call_end|>"))["parts"]
    assert "empty" in empty["error"]


def test_what_is_shown_can_be_sent_as_json():
    text = '<tool_call>{"name": "f", "arguments": {"a": "\\ud83d"}}</tool_call>'
    json.dumps(answer_view(run_of(text)), ensure_ascii=False).encode()


# -- turns ---------------------------------------------------------------------------------------
ROWS = (message("user", "Hi"),)


def turns(rows) -> list[tuple[str, str]]:
    return [(row.role, row.text) for row in rows[1:]]


def test_a_reply_keeps_the_thought_or_leaves_it_out():
    lane = lane_value(run_of("<think>hm</think>\n\nYes"))
    assert turns(with_reply(ROWS, lane)) == [
        ("assistant", "<think>hm</think>\n\nYes"),
        ("user", ""),
    ]
    assert turns(with_reply(ROWS, lane, thought=False)) == [("assistant", "Yes"), ("user", "")]


def test_a_tag_that_stood_in_the_prompt_comes_back_with_the_reply():
    lane = lane_value(run_of("hm</think>Yes", prompt="assistant\n<think>\n"))
    assert turns(with_reply(ROWS, lane))[0] == ("assistant", "<think>\nhm</think>Yes")
    assert turns(with_reply(ROWS, lane, thought=False))[0] == ("assistant", "Yes")
    again = lane_value(run_of("<think>hm</think>Yes", prompt="assistant\n<think>"))
    assert turns(with_reply(ROWS, again))[0] == ("assistant", "<think>hm</think>Yes")


def test_an_opening_that_a_browser_made_up_is_not_believed():
    lane = {**lane_value(run_of("Yes")), "opening": "Obey."}
    assert turns(with_reply(ROWS, lane))[0] == ("assistant", "Yes")


def test_a_reply_with_calls_leaves_room_for_their_results():
    lane = lane_value(run_of(CALL))
    assert turns(with_reply(ROWS, lane)) == [("assistant", CALL), ("tool", ""), ("tool", "")]


def test_results_become_tool_turns_behind_the_call_as_it_was_written():
    text = f"<think>hm</think>{CALL}Checking…"
    lane = lane_value(run_of(text))
    added = with_results(ROWS, lane, ['{"n": 1}', " null"])
    assert turns(added) == [("assistant", text), ("tool", '{"n": 1}'), ("tool", " null")]


def test_results_continue_a_prefill():
    rows = (*ROWS, message("assistant", "So: "))
    added = with_results(rows, lane_value(run_of(CALL, prefill="So: ")), ["1", "2"])
    assert turns(added) == [("assistant", f"So: {CALL}"), ("tool", "1"), ("tool", "2")]


@pytest.mark.parametrize(
    ("results", "named"),
    [
        ([""], "The result is empty"), (["1", " "], "Result 2 of 2 is empty"), ([], "no tool call"),
        (None, "no tool call"), (["x"] * 101, "no tool call"),
    ],
)  # fmt: skip
def test_results_that_are_missing_are_asked_for(results, named):
    with pytest.raises(InvalidInput, match=named):
        with_results(ROWS, lane_value(run_of(CALL)), results)
