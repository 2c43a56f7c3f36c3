"""An answer taken apart while it is written comes to the same as the whole one."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.completions.answer_reader import AnswerReader
from core.tools.answer_parts import answer_parts

PIECES = (
    "<think>", "</think>", "`</think>`", "`", "<thi", "a", " b", "\n\n", " ", "<|tool_call_start|>",
    "<|tool_call_end|>", '[f(x="1")]', "[g(", "<|", "<",
)  # fmt: skip


def read(text: str, size: int = 10_000, tools=(), opening="", prefill="") -> tuple[str, str, list]:
    reader = AnswerReader(tools, opening, prefill)
    pieces = [
        piece
        for start in range(0, len(text), size)
        for piece in reader.push(text[start : start + size])
    ]
    pieces += reader.end()
    calls = [call["function"] for piece in pieces for call in piece.calls]
    return (
        "".join(piece.text for piece in pieces), "".join(piece.thought for piece in pieces), calls,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said", "thought", "calls"),
    [
        ("Hello, you. ", "Hello, you. ", "", 0),
        (" Hello", " Hello", "", 0),
        ("<think>\nwell\n</think>\n\nYes", "Yes", "well", 0),
        ("<think>well", "", "well", 0),
        ("<think></think>Yes", "Yes", "", 0),
        ("<think>a `</think>` b</think>c", "c", "a `</think>` b", 0),
        ('A \n<|tool_call_start|>[f(x="1"), g()]<|tool_call_end|> B', "A\n\nB", "", 2),
        ("<|tool_call_start|>[f(x=1)", "<|tool_call_start|>[f(x=1)", "", 0),
        ("<|tool_call_start|>[f(x=1)]", "", "", 1),
        ("<|tool_call_start|>[f(1)]<|tool_call_end|>", "<|tool_call_start|>[f(1)]<|tool_call_end|>",
         "", 0),
        ("a < b <think> c", "a < b <think> c", "", 0),
        ("<think>a</think>b<|tool_call_start|>[f()]<|tool_call_end|><think>c</think>d",
         "b\n\nd", "a\n\nc", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_text_thoughts_and_calls_are_told_apart(text, said, thought, calls, size):
    found = read(text, size)
    assert found[:2] == (said, thought)
    assert len(found[2]) == calls


def test_calls_have_openais_form():
    _, _, (call,) = read('<|tool_call_start|>[f(x="é", n=3)]<|tool_call_end|>')
    assert (call["name"], json.loads(call["arguments"])) == ("f", {"x": "é", "n": 3})


def test_without_tools_calls_stay_text():
    text = "<|tool_call_start|>[f()]<|tool_call_end|>"
    assert read(text, 1, tools=None) == (text, "", [])


@pytest.mark.parametrize(
    ("opening", "prefill", "text", "said", "thought"),
    [
        ("<think>\n", "", "well</think>\n\nYes", "Yes", "well"),
        ("<think>", "", "<think>well</think>Yes", "Yes", "well"),
        ("", '{"name": ', ' "Jo"}', ' "Jo"}', ""),
        ("", "<think>So", " it is</think> Yes", "Yes", " it is"),
        ("", "<think>So</think>\n\nYes", " no", " no", ""),
        ("", "So ", "it is", "it is", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_an_answer_goes_on_where_prompt_and_prefill_leave_off(
    opening, prefill, text, said, thought, size
):
    assert read(text, size, (), opening, prefill)[:2] == (said, thought)


def test_a_call_that_the_prefill_begins_is_read_whole():
    assert len(read("(x=1)]<|tool_call_end|>", 1, prefill="<|tool_call_start|>[f")[2]) == 1


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.integers(1, 7))
@example("<think>\n\n<think>", 1)
def test_how_the_text_arrives_plays_no_part(text, size):
    assert read(text, size) == read(text)


@given(st.lists(st.sampled_from([p for p in PIECES if "</think>" not in p] + ["<think>x</think>"]),
                max_size=8).map("".join))  # fmt: skip
@example("<think><think>a")
def test_it_says_what_the_parts_of_the_whole_answer_say(text):
    parts = answer_parts(text)
    calls = [p.read for p in parts if p.kind == "calls"]
    if not all(one and one.whole and one.calls for one in calls):
        return  # what can't be read is given out as text
    said, thought, found = read(text, 2)
    for kind, given_out in (("text", said), ("thought", thought)):
        whole = " ".join(text[p.start : p.end] for p in parts if p.kind == kind)
        assert "".join(given_out.split()) == "".join(whole.split())
    assert len(found) == sum(len(one.calls) for one in calls if one)
