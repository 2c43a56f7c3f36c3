"""Pythonic calls are read as models write them, and nothing they write can hurt."""

import json
import keyword
from time import thread_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tools.call_reader import read_calls
from core.tools.tool_calls import LARGEST, ReadCalls, WrittenCall


def one(text: str) -> WrittenCall:
    read = read_calls(text)
    assert read.whole, read
    (call,) = read.calls
    return call


def arguments(text: str) -> dict[str, Any]:
    return dict(one(text).arguments)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('a="x", n=3', {"a": "x", "n": 3}),
        ("a='it is', b='say \"hi\"'", {"a": "it is", "b": 'say "hi"'}),
        ("a='it\\'s'", {"a": "it's"}),
        ("a=\"f(x)[0], {y}='z' )]\"", {"a": "f(x)[0], {y}='z' )]"}),
        ('a="one\ntwo\r\n\tthree"', {"a": "one\ntwo\r\n\tthree"}),
        ('a="one\\ntwo"', {"a": "one\ntwo"}),
        ('a="C:\\\\temp\\\\"', {"a": "C:\\temp\\"}),
        ('a="C:\\temp\\d"', {"a": "C:\temp\\d"}),
        ('a="C:\\"', {"a": "C:\\"}),
        ('a="C:\\", b="D:\\"', {"a": "C:\\", "b": "D:\\"}),
        ('a=["C:\\"]', {"a": ["C:\\"]}),
        ("a=-3, b=- 4, c=+5, d=-0.5, e=-1e-3", {"a": -3, "b": -4, "c": 5, "d": -0.5, "e": -0.001}),
        ("a=(1, 2), b=(), c=(3,), d=(4)", {"a": [1, 2], "b": [], "c": [3], "d": 4}),
        ('from="a", class=1, in=2, None=3', {"from": "a", "class": 1, "in": 2, "None": 3}),
        ("a=true, b=false, c=null", {"a": True, "b": False, "c": None}),
        ("a=True, b=False, c=None", {"a": True, "b": False, "c": None}),
        ('a={"b": [1, {"c": null}], "d": {}}', {"a": {"b": [1, {"c": None}], "d": {}}}),
        ("a={1: 2, true: 3}", {"a": {"1": 2, "true": 3}}),
        ("a={'x', 'y'}", {"a": ["x", "y"]}),
        ('größe="Zürich 北京 🎉"', {"größe": "Zürich 北京 🎉"}),
        (r'a="Z\u00fcrich \ud83c\udf89 \U0001F389 \x41"', {"a": "Zürich 🎉 🎉 A"}),
        ('a="""two\n"quoted" lines"""', {"a": 'two\n"quoted" lines'}),
        ('a="one " "text"', {"a": "one text"}),
        ('a=r"C:\\d"', {"a": "C:\\d"}),
        (" a = 1 ,\n b = 2 , ", {"a": 1, "b": 2}),
        ("a=0x1F, b=1_000, c=.5, d=2.", {"a": 31, "b": 1000, "c": 0.5, "d": 2.0}),
        ("", {}),
    ],
)
def test_arguments_are_read_as_they_are_written(written, wanted):
    assert arguments(f"[f({written})]") == wanted


def test_zero_padded_integers_are_numbers_and_it_is_said():
    call = one("[f(month=08, code=-007, zero=00, plain=80, half=0.5)]")
    assert dict(call.arguments) == {"month": 8, "code": -7, "zero": 0, "plain": 80, "half": 0.5}
    assert [note.split()[0] for note in call.notes] == ["08", "-007", "00"]


def test_names_may_have_dots_and_dashes():
    assert one("[maps.v2.find-place(q='x')]").name == "maps.v2.find-place"


@pytest.mark.parametrize("text", [" \n [ f ( a = 1 ) ] \n", "f(a=1)", "[f(a=1),]"])
def test_blanks_a_trailing_comma_and_missing_brackets_do_no_harm(text):
    assert one(text) == WrittenCall("f", (("a", 1),))


def test_several_calls_come_in_their_order():
    read = read_calls('[f(a="]"), g(), h(1, "two", k=3)]')
    assert [call.name for call in read.calls] == ["f", "g", "h"]
    assert read.calls[2].positional == (1, "two")
    assert read.calls[2].arguments == (("k", 3),)


def test_an_argument_that_is_given_twice_counts_last_and_it_is_said():
    call = one("[f(a=1, a=2)]")
    assert (call.arguments, len(call.notes)) == ((("a", 2),), 1)


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "f", "arguments": {"a": 1}}]',
        '[{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}]',
        '{"name": "f", "arguments": {"a": 1}}',
    ],
)
def test_calls_may_be_json_objects(text):
    assert one(text) == WrittenCall("f", (("a", 1),))


FULL = '[f(a="x", from=[1, {"k": -2.5}]), g(b=(1, 2), c=true, d=\'it\\\'s\')]'


@pytest.mark.parametrize("length", range(len(FULL)))
def test_a_call_that_is_still_written_is_unfinished_and_never_wrong(length):
    read = read_calls(FULL[:length])
    assert read.unfinished
    assert not read.error
    assert read_calls(FULL).whole
    for begun, full in zip(read.calls, read_calls(FULL).calls, strict=False):
        assert begun.name == full.name[: len(begun.name)]
        assert full.arguments[: len(begun.arguments)] == begun.arguments
        assert begun.complete == (begun == full)


@pytest.mark.parametrize(
    ("text", "character", "found"),
    [
        ("[f(a=celsius)]", 6, "celsius"),
        ("[f(a=1 b=2)]", 8, "b=2"),
        ("[f a=1]", 4, "a=1"),
        ("[f(a=1)", None, ""),
        ("[f(a=1e999)]", 6, "1e999"),
        ("[f(**{'a': 1})]", 4, "**"),
        ("[f(a=1)] and so on", 10, "and"),
        ("[f(a=open('x'))]", 6, "open"),
        ("[f(a=1+1)]", 7, "+1"),
        ('[f(a=f"{x}")]', 6, 'f"'),
        ("[f(a={[1]: 2})]", 10, ": 2"),
        ("[(1, 2)]", 2, "(1"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, character, found):
    read = read_calls(text)
    if character is None:
        assert read.unfinished
        return
    assert read.error.startswith(f"Character {character}: found “{found}")


def test_calls_before_a_mistake_are_kept():
    read = read_calls("[f(a=1), g(b=x)]")
    assert [call.name for call in read.calls] == ["f", "g"]
    assert [call.complete for call in read.calls] == [True, False]


# -- what any text may hold ----------------------------------------------------------------------
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from([*keyword.kwlist, "a", "größe", "snake_case", "x1", "true", "null"])


def by_template(value: Any) -> str:
    """As LFM2.5's chat template writes arguments: JSON texts, Python's constants."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {by_template(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(by_template, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    "write", [repr, json.dumps, by_template, lambda value: json.dumps(value, ensure_ascii=False)]
)
@given(given_arguments=st.dictionaries(NAMES, JSON, max_size=4))
def test_json_arguments_come_back_however_they_are_written(write, given_arguments):
    written = ", ".join(f"{name}={write(value)}" for name, value in given_arguments.items())
    assert arguments(f"[f({written})]") == given_arguments


ALMOST = st.text("[](){}=,'\"\\fa1-._ \n", max_size=60)


@given(ALMOST | TEXT)
def test_no_text_raises_and_what_is_read_is_json(text):
    read = read_calls(text)
    assert isinstance(read, ReadCalls)
    json.dumps([[dict(call.arguments), call.positional] for call in read.calls], allow_nan=False)


def test_reading_never_runs_what_it_reads(tmp_path):
    trap = tmp_path / "trap"
    for text in (f"[open({str(trap)!r}, 'w')]", f"[f(a=open({str(trap)!r}, 'w'))]"):
        read_calls(text)
    assert not trap.exists()


@pytest.mark.parametrize(
    "text",
    [
        "[f(a=" + "[" * 90_000, "[f(a=" + '{"a":' * 18_000, "[f(a=" + "(" * 90_000 + ")" * 9_000,
        "[f(a=" + "1" * 90_000 + "x)]", "[f(a=" + "1" * 90_000 + ")]",
        '[f(a="' + '\\",' * 30_000, '[f(a="' + '\\" ' * 30_000, '[f(a="' + "\\" * 90_001 + '")]',
        "[" + " " * 90_000, "[f(" + "a=1," * 22_000 + ")]", "[f(" + "1," * 45_000 + ")]",
        "[" + "f()," * 22_000 + "]", "[f(a='" + "x" * 90_000 + "')]", "a" * 90_000, "a." * 45_000,
    ],
)  # fmt: skip
def test_time_and_depth_are_bounded(text):
    assert len(text) <= LARGEST
    began = thread_time()
    read_calls(text)
    assert thread_time() - began < 2.0


def test_a_text_that_is_too_long_is_not_read():
    assert "at most 100,000" in read_calls("[" + "f()," * 30_000 + "]").error
