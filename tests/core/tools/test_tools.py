"""The tools' JSON: both forms are taken, mistakes are named, and calls are held against it."""

import json

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lanes import Lane
from core.tools.schemas import parse_tools, problems
from core.tools.tool_calls import WrittenCall
from core.tools.xml_calls import read_xml_calls
from core.workspace import requests

FLAT = {
    "name": "get_weather",
    "description": "Current weather.",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer"},
            "near": {"type": ["number", "null"]},
        },
        "required": ["location"],
    },
}
WRAPPED = {"type": "function", "function": FLAT}
TOOLS = parse_tools(json.dumps([FLAT]))


@pytest.mark.parametrize("entry", [FLAT, WRAPPED])
def test_both_forms_are_read_and_kept_as_they_were_typed(entry):
    (tool,) = parse_tools(json.dumps([entry]))
    assert tool.given == entry
    assert (tool.name, tool.required) == ("get_weather", ("location",))
    assert list(tool.properties) == ["location", "unit", "days", "near"]


@pytest.mark.parametrize("text", ["", " \n", "[]"])
def test_no_tools_are_no_mistake(text):
    assert parse_tools(text) == ()


def test_a_tool_needs_no_more_than_a_name():
    assert parse_tools('[{"name": "now"}, {"name": "stop", "parameters": null}]')[1].required == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[{"name": "f",}]', r"line 1, column 15.*Fix"),
        ('[\n{"name": "f"}\n{"name": "g"}]', "line 3, column 1"),
        ('{"name": "f"}', "must be a JSON list. Put \\["),
        ("[3]", "Tool 1 must be an object"),
        ('[{"name": "f"}, {"description": "x"}]', "Tool 2 has no name"),
        ('[{"function": "f"}]', "Tool 1 must be an object"),
        ('[{"name": "f", "parameters": []}]', "'f': parameters must be"),
        ('[{"name": "f", "parameters": {"properties": 3}}]', "'f': parameters must be"),
        ('[{"name": "f", "parameters": {"required": "a"}}]', "required is 'a'"),
        ('[{"name": "f", "parameters": {"required": ["a"]}}]', "'a' is required but is not a prop"),
        ('[{"name": "f"}, {"name": "f"}]', "Two tools are called 'f'"),
        ('[{"name": "f", "x": NaN}]', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + " " * 200_000 + "]", "at most 200,000"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, named):
    with pytest.raises(InvalidInput, match=named):
        parse_tools(text)


def test_a_run_with_wrong_tools_is_refused_before_it_starts():
    conversation = Conversation((message("user", "Hi"),), "[{")
    with pytest.raises(InvalidInput, match="line 1"):
        requests(conversation, [Lane()])


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"location": "Paris"}, []),
        ({"location": "Paris", "unit": "celsius", "days": 3, "near": None}, []),
        ({"location": "Paris", "days": 3.0, "near": 2}, []),
        ({}, ["location is required and missing."]),
        ({"location": 3}, ["location is 3, but must be of type string."]),
        ({"location": "P", "days": True}, ["days is true, but must be of type integer."]),
        ({"location": "P", "near": "x"}, ['near is "x", but must be of type number or null.']),
        ({"location": "P", "unit": "K"}, ['unit is "K", but must be one of "celsius", "fahr']),
        (
            {"location": "P", "city": "x"},
            ["city is not an argument of get_weather; it takes location"],
        ),
    ],
)
def test_a_call_is_held_against_its_tools_schema(arguments, wanted):
    found = problems(WrittenCall("get_weather", tuple(arguments.items())), TOOLS)
    assert len(found) == len(wanted)
    assert all(one.startswith(start) for one, start in zip(found, wanted, strict=True))


def test_an_unknown_tool_is_said_and_without_tools_nothing_is():
    assert problems(WrittenCall("get_wether"), TOOLS) == (
        "get_wether is not one of the given tools: get_weather.",
    )
    assert problems(WrittenCall("get_wether"), ()) == ()


def test_nothing_is_missing_while_a_call_is_written():
    assert problems(WrittenCall("get_weather", complete=False), TOOLS) == ()


def test_positional_arguments_are_said():
    call = WrittenCall("get_weather", (("location", "P"),), (1,))
    assert problems(call, TOOLS) == (
        "Positional arguments have no name; the tool takes named ones.",
    )


# -- LFM3's form ---------------------------------------------------------------------------------
XML = """
<function=get_weather>
<parameter=location>
Paris,
France
</parameter>
<parameter=days>
3
</parameter>
</function>
"""


def test_tagged_calls_are_read_with_the_types_of_the_schema():
    read = read_xml_calls(XML, TOOLS)
    assert read.whole
    assert read.calls == (
        WrittenCall("get_weather", (("location", "Paris,\nFrance"), ("days", 3))),
    )


def test_without_a_schema_values_are_texts():
    assert dict(read_xml_calls(XML).calls[0].arguments)["days"] == "3"


@pytest.mark.parametrize("length", range(len(XML.rstrip())))
def test_a_tagged_call_that_is_still_written_is_unfinished_and_never_wrong(length):
    read = read_xml_calls(XML[:length], TOOLS)
    assert read.unfinished
    assert not read.error


@pytest.mark.parametrize(
    ("text", "named"),
    [("<tool=f>", "<function=name>"), ("{x}", "not JSON"), ("{}", "must be an object")],
)
def test_what_is_wrong_with_a_tagged_call_is_named(text, named):
    assert named in read_xml_calls(text).error


def test_a_tagged_call_may_be_json():
    text = '{"name": "f", "arguments": {"a": [1]}}'
    assert read_xml_calls(text).calls == (WrittenCall("f", (("a", [1]),)),)
