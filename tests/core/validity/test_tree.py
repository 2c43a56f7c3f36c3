"""The JSON of an answer becomes rows with types, and what fails is marked where it stands."""

import json

import pytest

from core.validity.json_answer import read_json
from core.validity.tree import MOST_ROWS, Tree, tree_of

ORDER = """{"customer": "Maria", "deliver_by": "2026-12-05", "paid": false, "note": null,
"items": [{"name": "mug", "quantity": 3.0}], "tags": [], "more": {}}"""
DATE = {"type": "string", "format": "date"}


def tree(text: str, schema: object = None, *problems: tuple[str, str]) -> Tree:
    return tree_of(read_json(text).value, schema, problems)


def drawn(found: Tree) -> list[str]:
    return [
        f"{'  ' * row['depth']}{row['name']}: {row['value']} ({row['type']})"
        + (f" {row['problem']}" if "problem" in row else "")
        for row in found["rows"]
    ]


def test_names_values_and_types_in_the_order_of_the_text():
    schema = {"properties": {"deliver_by": {"$ref": "#/$defs/d"}}, "$defs": {"d": DATE}}
    assert drawn(tree(ORDER, schema)) == [
        "customer: Maria (text)",
        "deliver_by: 2026-12-05 (date)",
        "paid: false (true/false)",
        "note: null (null)",
        "items: 1 (list)",
        "  items[0]:  (object)",
        "    name: mug (text)",
        "    quantity: 3.0 (number)",
        "tags: empty (list)",
        "more: empty (object)",
    ]


def test_what_fails_is_marked_and_what_is_missing_stands_where_it_should():
    found = tree('{"a": [{"b/c": 1}]}', None, ("/a/0/b~1c", "is bad."), ("/a/0/d", "is missing."),
                 ("/e", "is missing."))  # fmt: skip
    assert drawn(found) == [
        "a: 1 (list)",
        "  a[0]:  (object)",
        "    b/c: 1 (number) This is bad.",
        "    d: missing () This is missing.",
        "e: missing () This is missing.",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"items": DATE}, {"prefixItems": [DATE]}, {"anyOf": [{"type": "null"}, {"items": DATE}]},
        {"allOf": [{"$ref": "#/$defs/a~1b"}], "$defs": {"a/b": {"items": {"oneOf": [DATE]}}}},
    ],
)  # fmt: skip
def test_a_date_is_known_through_references_and_alternatives(schema):
    assert drawn(tree('["2026-12-05"]', schema)) == ["[0]: 2026-12-05 (date)"]


@pytest.mark.parametrize(
    "schema",
    [
        True, 7, {"items": {"$ref": "#"}, "$ref": "#"}, {"$ref": "#/items", "items": 3},
        {"anyOf": [{"$ref": "#"}] * 99}, {"properties": [], "prefixItems": {}, "allOf": {}},
        {"$ref": 7, "format": ["date"]}, {"items": {"format": {"a": 1}}},
    ],
)  # fmt: skip
def test_a_hostile_schema_only_loses_the_types(schema):
    assert drawn(tree('["x", {"a": 1}]', schema))[0] == "[0]: x (text)"


def test_a_value_alone_is_one_row_and_a_deep_one_has_all():
    assert drawn(tree('"x"')) == [": x (text)"]
    deep = tree("[" * 500 + "]" * 500)
    assert (len(deep["rows"]), deep["rows"][-1]["depth"], deep["more"]) == (499, 498, 0)


def test_only_so_many_rows_are_made_and_the_others_counted():
    found = tree(json.dumps([{"a": n} for n in range(MOST_ROWS)]))
    assert len(found["rows"]) == MOST_ROWS
    assert found["more"] == MOST_ROWS


def test_half_of_a_character_reaches_no_row():
    json.dumps(tree(r'{"\ud83d": "\ude00"}'), ensure_ascii=False).encode()
