"""What fails a schema is said in words, and is what jsonschema itself finds."""

import json
from datetime import date

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.validity.schema_check import Refused, matches, problems

TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
ITEM = {"type": "object", "properties": {"name": TEXT, "quantity": NUMBER}, "required": ["name"]}
ORDER = {
    "type": "object",
    "properties": {"customer": TEXT, "items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
    "required": ["customer", "items"],
    "$defs": {"item": ITEM},
}


def of(schema):
    return {"type": "object", "properties": {"a": schema}}


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (ORDER, {"customer": "M", "items": [{"name": "mug", "quantity": 3}]}, ""),
        (ORDER, {"customer": "M", "items": [{"name": "x"}, {"name": "y", "quantity": "one"}]},
         "items[1].quantity is text, the schema wants a number."),
        (ORDER, {"customer": "M", "items": [{}]}, "items[0].name is missing."),
        (ORDER, {"items": []}, "customer is missing."),
        (ORDER, [], "The answer is a list, the schema wants an object."),
        (of(WHOLE), {"a": 2.5}, "a is 2.5, the schema wants a whole number."),
        (of(WHOLE), {"a": 2.0}, ""),
        (of(WHOLE), {"a": True}, "a is true, the schema wants a whole number."),
        (of(TEXT), {"a": None}, "a is null, the schema wants text."),
        (of({"type": ["string", "null"]}), {"a": 1},
         "a is a number, the schema wants text or null."),
        (of({"anyOf": [TEXT, {"type": "null"}]}), {"a": {}},
         "a is an object, the schema wants text or null."),
        (of({"anyOf": [ITEM, {"type": "null"}]}), {"a": {"name": 7}},
         "a.name is a number, the schema wants text."),
        (of({"anyOf": [{"minimum": 5}, {"maximum": 1}]}), {"a": 3},
         "a fits none of the schema's 2 alternatives."),
        (of({"oneOf": [NUMBER, WHOLE]}), {"a": 3},
         "a fits more than one of the schema's 2 alternatives."),
        (of({"enum": ["red", "blue"]}), {"a": "green"},
         "a is “green”, the schema allows “red” or “blue”."),
        (of({"enum": [*range(9)]}), {"a": 9},
         "a is 9, the schema allows 0, 1, 2, 3, 4 or 4 others."),
        (of({"const": "x"}), {"a": "y"}, "a is “y”, the schema wants “x”."),
        (of({"minimum": 10}), {"a": 5}, "a is 5, the schema wants at least 10."),
        (of({"exclusiveMaximum": 5}), {"a": 5}, "a is 5, the schema wants less than 5."),
        (of({"multipleOf": 2}), {"a": 5}, "a is 5, the schema wants a multiple of 2."),
        (of({"minLength": 5}), {"a": "abc"}, "a has 3 characters, the schema wants at least 5."),
        (of({"maxItems": 0}), {"a": [1]}, "a has 1 item, the schema wants at most 0."),
        (of({"format": "date"}), {"a": "5 December"},
         "a is “5 December”, the schema wants a date such as 2026-12-05."),
        (of({"format": "date"}), {"a": "2026-12-05"}, ""),
        (of({"format": "date-time"}), {"a": "2026-12-05 09:30"},
         "a is “2026-12-05 09:30”, the schema wants a date and time such as 2026-12-05T09:30:00Z."),
        (of({"format": "time"}), {"a": "09:30:00Z"}, ""),
        (of({"pattern": "^x+$"}), {"a": "y"}, "a is “y”, which does not match the pattern ^x+$."),
        (of({"uniqueItems": True}), {"a": [1, 1.0]}, "a has the same item twice."),
        (of(False), {"a": 1}, "The answer contains 1, which the schema does not allow."),
        (of({"prefixItems": [TEXT], "items": False}), {"a": ["x", "y"]},
         "a has more items than the schema allows."),
        (of({"not": TEXT}), {"a": "x"}, "a does not fit “not” of the schema."),
        ({**of(TEXT), "additionalProperties": False}, {"a": "", "b c": 1},
         '["b c"] is not in the schema.'),
        ({"propertyNames": {"maxLength": 3}}, {"long one": 1},
         "The answer has the name “long one”, which the schema does not allow."),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "items": [TEXT, NUMBER]},
         ["x", "y"], "[1] is text, the schema wants a number."),
        (of({"maxLength": 1}), {"a": "x" * 1000},
         "a has 1,000 characters, the schema wants at most 1."),
        (of({"const": 1}), {"a": "x" * 100}, f"a is “{'x' * 39}…”, the schema wants 1."),
    ],
)  # fmt: skip
def test_the_first_place_that_fails_is_said_in_words(schema, value, said: str):
    found = problems(schema, value)
    assert (" ".join(found[0][1:]) if found else "") == said
    cls = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    checker = jsonschema.FormatChecker()
    if "time" not in str(schema):  # which that library reads otherwise without another one
        assert cls(schema, format_checker=checker).is_valid(value) == (not found)


def test_places_are_in_the_order_of_the_answer_each_once():
    value = {"items": [{"quantity": "x"}, 7], "customer": 1, "other/~": 1}
    strict = {**ORDER, "additionalProperties": False}
    assert [pointer for pointer, *_ in problems(strict, value)] == [
        "/items/0/quantity", "/items/0/name", "/items/1", "/customer", "/other~1~0",
    ]  # fmt: skip


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3) | st.floats(-2, 2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)
SCHEMAS = st.recursive(
    st.sampled_from([
        {}, True, False, TEXT, NUMBER, WHOLE, {"type": ["null", "array"]}, {"enum": ["a", 1, None]},
        {"minimum": 1}, {"maxLength": 1}, {"uniqueItems": True}, {"required": ["a"]},
        {"pattern": "^a"}, {"maxProperties": 1}, {"const": {"a": 1}},
    ]),
    lambda inner: st.fixed_dictionaries({}, optional={
        "properties": st.dictionaries(st.sampled_from("ab"), inner),
        "additionalProperties": inner, "items": inner, "not": inner, "contains": inner,
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "allOf": st.lists(inner, min_size=1, max_size=2), "propertyNames": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["a", "b$"]), inner, max_size=1),
    }),
    max_leaves=6,
)  # fmt: skip


@given(SCHEMAS.filter(lambda schema: isinstance(schema, dict)), VALUES)
@example({"anyOf": [False]}, None)
def test_something_is_said_exactly_if_the_library_finds_something(schema, value):
    found = problems(schema, value)
    assert jsonschema.Draft202012Validator(schema).is_valid(value) == (not found)
    assert all(words.endswith(".") and "\n" not in words for *_, words in found)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": 5}, "The schema has a mistake at #/type."),
        ({"properties": {"a": {"minLength": "x"}}}, "mistake at #/properties/a/minLength"),
        ({"$ref": "#/$defs/none"}, "refers to “/$defs/none”, which isn't in it"),
        ({"$ref": "https://example.com/schema.json"}, "example.com/schema.json”, which isn't"),
        ({"$ref": "file:///etc/passwd"}, "which isn't in it"),
        ({"$ref": "#"}, "refers to itself endlessly"),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
         "refers to itself endlessly"),
    ],
)  # fmt: skip
def test_a_schema_that_can_not_be_used_is_refused_and_nothing_is_fetched(schema, said: str):
    with pytest.raises(Refused, match=said.replace("$", r"\$").replace("#", r"\#")):
        problems(schema, {"a": 1})


def test_a_text_fits_an_expression_only_as_a_whole():
    assert matches("[a-z]+", "abc")
    assert not matches("[a-z]+", "abc ")
    for odd in ("(", "[[:alpha:]]", "a{9999999999}"):
        with pytest.raises(Refused):
            matches(odd, "a")


def test_dates_are_those_of_the_calendar():
    assert problems(of({"format": "date"}), {"a": date.today().isoformat()}) == []
    assert problems(of({"format": "date"}), {"a": "2026-02-30"})
    assert json.dumps(problems(of(TEXT), {"a": 1}))
