"""An answer taken apart loses nothing, whether it is thought, said or called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tools.answer_parts import answer_parts, without_thoughts
from core.tools.thinking import opening_of

CALL = '<|tool_call_start|>[f(a="x")]<|tool_call_end|>'


def shown(text: str, opening: str = "") -> list[tuple[str, str]]:
    return [(part.kind, text[part.start : part.end]) for part in answer_parts(text, opening)]


@pytest.mark.parametrize(
    ("text", "opening", "wanted"),
    [
        ("Hello\n ", "", [("text", "Hello\n ")]),
        ("", "", []),
        ("<think>hm</think>\n\nYes", "", [("thought", "hm"), ("text", "Yes")]),
        (" \n<think>\nhm\n</think>Yes", "", [("thought", "hm"), ("text", "Yes")]),
        ("<think>hm", "", [("thought", "hm")]),
        ("", "<think>", [("thought", "")]),
        ("hm", "<think>", [("thought", "hm")]),
        ("hm</think>Yes", "<think>", [("thought", "hm"), ("text", "Yes")]),
        ("<think>hm</think>Yes", "<think>", [("thought", "hm"), ("text", "Yes")]),
        ("</think>\n\nYes", "", [("thought", ""), ("text", "Yes")]),
        ("hm\n</think>\n\nYes", "", [("thought", "hm"), ("text", "Yes")]),
        ("<think></think>Yes", "", [("thought", ""), ("text", "Yes")]),
        ("Close it with `</think>`.", "", [("text", "Close it with `</think>`.")]),
        ("a <think> b </think> c", "", [("text", "a <think> b </think> c")]),
        ("<think>a</think>b</think>c", "", [("thought", "a"), ("text", "b</think>c")]),
        ("<|cot_start|>1+1<|cot_end|>2", "", [("thought", "1+1"), ("text", "2")]),
        (CALL, "", [("calls", CALL)]),
        (f"Let me see.\n{CALL}Checking…", "",
         [("text", "Let me see."), ("calls", CALL), ("text", "Checking…")]),
        (f"<think>x</think>{CALL}\n<think>y</think>{CALL}", "",
         [("thought", "x"), ("calls", CALL), ("thought", "y"), ("calls", CALL)]),
        (f"<think>perhaps {CALL}</think>No.", "",
         [("thought", f"perhaps {CALL}"), ("text", "No.")]),
        ("Now <|tool_call_start|>[f(", "", [("text", "Now"), ("calls", "<|tool_call_start|>[f(")]),
        ("<tool_call>\n<function=f>\n</function>\n</tool_call>", "",
         [("calls", "<tool_call>\n<function=f>\n</function>\n</tool_call>")]),
    ],
)  # fmt: skip
def test_the_parts_of_an_answer(text, opening, wanted):
    assert shown(text, opening) == wanted


def test_an_open_thought_and_an_open_call_are_known_to_be_open():
    assert [part.closed for part in answer_parts(f"<think>a</think>{CALL}")] == [True, True]
    assert [part.closed for part in answer_parts("<think>a")] == [False]
    (part,) = answer_parts(CALL[:-5])
    assert not part.closed


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Plain ", "Plain "),
        ("<think>hm</think>\n\nYes", "Yes"),
        (f"<think>hm</think>\n{CALL}\nChecking", f"{CALL}\nChecking"),
        (f"{CALL}<think>hm</think>Checking", f"{CALL}\n\nChecking"),
        ("</think>\nYes", "Yes"),
        ("<think>hm", ""),
    ],
)
def test_thoughts_can_be_left_out(text, wanted):
    assert without_thoughts(text, answer_parts(text)) == wanted


@pytest.mark.parametrize(
    ("prompt", "opening"),
    [("assistant\n<think>", "<think>"), ("assistant\n<think>\n", "<think>"), ("assistant\n", ""),
     ("<think>x</think>", "")],
)  # fmt: skip
def test_the_tag_at_the_end_of_a_prompt_is_seen(prompt, opening):
    assert opening_of(prompt) == opening


PIECES = st.sampled_from(
    ["<think>", "</think>", "<|tool_call_start|>", "<|tool_call_end|>", "<tool_call>",
     "</tool_call>", "[f(", ")]", " ", "\n", "`", "word", "🎉"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(["", "<think>"]))
def test_only_white_space_and_tags_are_outside_of_the_parts(text, opening):
    parts = answer_parts(text, opening)
    outside, place = "", 0
    for part in parts:
        assert place <= part.start <= part.end <= len(text)
        outside += text[place : part.start] + " "
        place = part.end
    outside += text[place:]
    assert outside.replace("<think>", "").replace("</think>", "").strip() == ""
