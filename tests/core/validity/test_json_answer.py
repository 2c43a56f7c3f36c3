"""JSON is found in an answer as it was written, and what isn't JSON is told why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.validity.json_answer import find_json, whole, why_not_json


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ('{"a": 1}', ""),
        (' \n[1, 2.50]\n', ""),
        ("3", ""),
        ("", "The answer is empty."),
        ("\n ", "The answer is empty."),
        ("Sure! Here is the order:\n\n```json\n{}\n```",
         "There is text before the first brace, line 1."),
        ("\n\nSure: [1]", "There is text before the first brace, line 3."),
        ("```json\n{}\n```", "There is a Markdown fence before the first brace, line 1."),
        ("The order is ready.", "The answer is plain text."),
        ("3 red mugs", "The answer is plain text."),
        ('{"a": 1}\n\nI hope this helps.', "There is text after the JSON, line 3."),
        ('{"a": 1,\n"b" 2}', "Line 2, column 5: a colon is missing."),
        ('{"a": [1, 2}', "Line 1, column 12: a comma or a closing bracket is missing."),
        ("{'a': 1}", "Line 1, column 2: a name in double quotes is missing."),
        ('{"a": yes}', "Line 1, column 7: a value is missing."),
        ('["a\nb"]',
         "Line 1, column 4: a text contains a line break or another control character."),
        (r'["\x"]', "Line 1, column 3: a backslash begins an unknown escape."),
        ('{"a": "b', "The answer ends before the JSON is complete."),
        ('{"a": [1, ', "The answer ends before the JSON is complete."),
        ("[NaN]", "NaN is not a value of JSON."),
        ("[" * 100_000, "Lists and objects are nested too deeply."),
    ],
)  # fmt: skip
def test_why_an_answer_is_not_json(answer: str, why: str):
    assert why_not_json(answer) == why


def test_what_ended_the_answer_is_said_with_it():
    why = why_not_json('{"a": ', "it reached max_new_tokens (5)")
    assert why == "The answer ends before the JSON is complete: it reached max_new_tokens (5)."


def test_names_and_numbers_stay_as_they_were_written():
    found = find_json('{"10": 1.50, "2": 12345678901234567890123, "2": null}')
    assert found
    assert found.value == (("10", "1.50"), ("2", "12345678901234567890123"), ("2", None))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('Sure:\n```json\n{"a": 1}\n```\nBye.', '{"a": 1}\n'),
        ("```\n[1]\n```", "[1]\n"),
        ('```json\n{"a": 1}', '{"a": 1}'),
    ],
)
def test_a_fenced_block_is_found(answer: str, text: str):
    found = find_json(answer)
    assert found
    assert (found.fenced, found.text) == (True, text)


@pytest.mark.parametrize("answer", ["", "```", "no `json` here", "```json\nno\n```", "[" * 9_999])
def test_no_json_is_found_where_there_is_none(answer: str):
    assert find_json(answer) is None


@given(st.text(alphabet='{}[]",:\\ \n`truefalsnu0123.-eE\ud83d\u2028"', max_size=40))
def test_any_text_is_either_json_or_told_why(answer: str):
    try:
        json.loads(answer, parse_constant=lambda _: 1 / 0)
        is_json = True
    except (ValueError, ZeroDivisionError):
        is_json = False
    assert (why_not_json(answer) == "") == is_json


def test_half_of_a_character_is_replaced():
    assert whole("a\ud83db 😀") == "a\ufffdb 😀"
