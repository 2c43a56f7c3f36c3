"""Variables are replaced by values, and nothing else of a text ever changes."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.constraint import Constraint
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.lanes import Lane
from core.variables import (
    MARK,
    doubtful,
    fill,
    fill_conversation,
    fill_lane,
    left_as_is,
    marks,
    texts_of,
    variables,
)

VALUES = {"name": "Ada", "city": "Köln", "user.name": "ada", "größe": "7", "empty": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{name}} in {{ city }}.\r\n", "Hi Ada in Köln.\r\n"),
        ("{{item.name}}, {{user.name}}, {{größe}}", "Ada, ada, 7"),
        ("{{empty}}", ""),
        ('{{ "{{" }}name{{ "}}" }}', "{{name}}"),
        ("{{ '{{' }}", "{{"),
        ('{"a": {{größe}}}', '{"a": 7}'),
        ("{{{name}}}", "{Ada}"),
        ("{% if name %}{# no #}{{name}}", "{% if name %}{# no #}Ada"),
        ("{{name}}{{name}}", "AdaAda"),
    ],
)
def test_names_become_values(text, filled):
    assert fill(text, VALUES) == filled


def test_a_value_is_not_read_again():
    assert fill("{{name}}", {"name": "{{city}}"}) == "{{city}}"


@given(st.text(st.sampled_from("{}ab .\"'%#|\r\n"), max_size=40) | st.text())
def test_a_text_without_variables_is_never_touched(text):
    if not MARK.search(text):
        assert fill(text, {}) == text


@given(st.lists(st.sampled_from(["{{name}}", "{{ city }}", '{{ "{{" }}', "x", "\n", "} }", "é"])))
def test_what_is_filled_is_what_jinja_makes_of_it(parts):
    text = "".join(parts)
    jinja = ImmutableSandboxedEnvironment(keep_trailing_newline=True)
    assert fill(text, VALUES) == jinja.from_string(text).render(VALUES)


@pytest.mark.parametrize(
    ("text", "line", "column", "shown"),
    [
        ('{{name}}\n  {{"a": 1}}', 2, 3, '{{"a": 1}}'),
        ("{{name}} {{ name | upper }}", 1, 10, "{{ name | upper }}"),
        ("{{name}} {{a b}}", 1, 10, "{{a b}}"),
        ("{{name}} {{}}", 1, 10, "{{}}"),
        ("{{name}} {{name.__class__()}}", 1, 10, "{{name.__class__()}}"),
    ],
)
def test_what_only_looks_like_a_variable_is_named_with_its_place(text, line, column, shown):
    (one,) = doubtful(text)
    assert (one.line, one.column, one.text) == (line, column, shown)
    with pytest.raises(InvalidInput, match=f"line {line}, column {column}: .*not a variable"):
        fill(text, VALUES)


@given(st.text(st.sampled_from('{}ab "|\n'), max_size=40))
def test_a_text_that_is_left_as_it_is_is_sent_as_it_looks(text):
    kept = left_as_is(text, variables([text]))
    if '"{{"' not in text and '"}}"' not in text:
        assert fill(kept, {}) == text


def test_names_are_listed_once_in_order():
    assert variables(["{{b}} {{a}}", "{{ a }} {{item.c}}", "none"]) == ("b", "a", "c")
    assert [(one.start, one.end, one.name) for one in marks("x {{ a }}")] == [(2, 9, "a")]


def test_missing_values_are_named():
    with pytest.raises(InvalidInput, match="No value for variable town. Give one"):
        fill("{{town}}", VALUES)
    with pytest.raises(InvalidInput, match="the variables a, b, c, d, e and 2 more"):
        fill("{{a}}{{b}}{{c}}{{d}}{{e}}{{f}}{{g}}", {})


def test_all_of_a_prompt_is_filled():
    picture = Image("a.png")
    talk = Conversation(
        (message("system", "Be {{a}}."), message("user", "{{b}}?", [picture])), '["{{c}}"]'
    )
    schema = Constraint("json_schema", '{"const": "{{d}}"}')
    lane = Lane("B", system="{{e}}", prefill="{{f}}", constraint=schema)
    assert variables(texts_of(talk, [lane])) == tuple("abcefd")
    values = {letter: letter.upper() for letter in "abcdef"}
    filled = fill_conversation(talk, values)
    assert [turn.text for turn in filled.messages] == ["Be A.", "B?"]
    assert filled.messages[1].images == (picture,)
    assert filled.tools == '["C"]'
    assert fill_lane(lane, values) == replace(
        lane, system="E", prefill="F", constraint=replace(schema, text='{"const": "D"}')
    )
    with pytest.raises(InvalidInput, match="No value for variable b"):
        fill_conversation(talk, {"a": ""})


def test_a_prompt_that_would_become_too_large_is_not_made():
    began = thread_time()
    with pytest.raises(InvalidInput, match="would have 100,000,500,000 characters"):
        fill("{{a}}" * 100_000, {"a": "x" * 1_000_000})
    many = Conversation(tuple(message("user", "{{a}}") for _ in range(9)))
    with pytest.raises(InvalidInput, match="the first 5 messages have 5,000,000"):
        fill_conversation(many, {"a": "x" * 1_000_000})
    with pytest.raises(InvalidInput, match="has 1,000 characters; 64 are"):
        fill("{{" + "a" * 1_000 + "}}", {})
    for hostile in ("{{" * 500_000, "{{ " * 300_000, "{{" + " " * 1_000_000, "{{a." * 250_000):
        assert fill(hostile, {}) == hostile
    assert thread_time() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "{{}}" * 50_000, "{" * 500_000, "{" * 500_000 + "}}", "{{\n}}" * 100_000,
        ("{{" + "a b" * 60) * 5_000, ("{{" * 99 + "\n}}") * 5_000, "{{a}}{{}}" * 50_000,
    ],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_many_braces_are_read_soon(text):
    began = thread_time()
    count = sum(1 for _ in doubtful(text))
    left = left_as_is(text)
    assert thread_time() - began < 1.5
    assert len(left) == len(text) + 8 * count  # {{ "{{" }} instead of {{


@given(
    st.text(st.sampled_from("{}a\n")) | st.integers(195, 205).map(lambda n: "{{" + " b" * n + "}}")
)
def test_what_looks_like_a_variable_is_what_an_expression_finds_between_the_variables(text):
    found: list[tuple[int, int, str]] = []
    begin = 0
    for end, after in (*((one.start, one.end) for one in marks(text)), (len(text), len(text))):
        for like in re.finditer(r"\{\{[^\n]{0,200}?\}\}", text[begin:end]):
            start = begin + like.start()
            before = text[:start].split("\n")
            found.append((len(before), len(before[-1]) + 1, like[0]))
        begin = after
    assert [(one.line, one.column, one.text) for one in doubtful(text)] == found


def test_only_as_many_doubtful_places_are_looked_for_as_are_named():
    began = thread_time()
    assert [one.column for one in islice(doubtful("{{}}" * 1_000_000), 2)] == [1, 5]
    assert thread_time() - began < 0.5
