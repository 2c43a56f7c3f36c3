"""What an editor of constraints offers to start from, and how an answer to a constraint begins."""

import json

import pytest

from core.constraint import Constraint, check_constraint
from core.constraint_examples import EXAMPLES, prefill_of


@pytest.mark.parametrize("key", EXAMPLES)
def test_every_example_can_be_used_as_it_stands(key):
    check_constraint(EXAMPLES[key].constraint)


@pytest.mark.parametrize(
    ("schema", "prefill"),
    [
        ({"type": "object", "properties": {"a b": {}, "c": {}}}, '{"a b":'),
        ({"type": "array", "items": {"properties": {"name": {}}}}, '[{"name":'),
        ({"type": "array"}, "["),
        ({"type": "object"}, "{"),
        ({"properties": 3}, "{"),
    ],
)
def test_a_prefill_ends_after_the_first_name(schema, prefill):
    assert prefill_of(Constraint("json_schema", json.dumps(schema))) == prefill


def test_json_and_what_can_not_be_read_begin_an_object():
    assert prefill_of(Constraint("json")) == prefill_of(Constraint("json_schema", "{")) == "{"
