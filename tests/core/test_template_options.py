"""Values of template options are read strictly, whoever sends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.template_options import MOST_OPTIONS, in_short, option_values


def test_values_are_kept_in_the_order_of_their_names():
    given = {"reasoning_effort": "high", "enable_thinking": False, "budget": 0.5}
    read = option_values(given)
    assert [name for name, _ in read] == ["budget", "enable_thinking", "reasoning_effort"]
    assert dict(read) == given
    assert option_values(None) == option_values({}) == ()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("enable_thinking", "an object"),
        ([["enable_thinking", True]], "an object"),
        ({f"a{n}": True for n in range(MOST_OPTIONS + 1)}, "32 are allowed"),
        ({"a b": 1}, "'a b'"),
        ({"": 1}, "''"),
        ({"class": 1}, "'class'"),
        ({"é": 1}, "letters, digits"),
        ({"x" * 65: 1}, "64 letters"),
        ({"x": None}, "x is None"),
        ({"x": ["a"]}, "true, false, a number or a text"),
        ({"x": {"a": 1}}, "true, false, a number or a text"),
        ({"x": float("nan")}, "from -1,000,000 to 1,000,000"),
        ({"x": float("inf")}, "from -1,000,000 to 1,000,000"),
        ({"x": 10**400}, "from -1,000,000 to 1,000,000"),
        ({"x": "y" * 1_001}, "1,001 characters"),
        ({"x": "\ud83d"}, "half of a character"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(value, named):
    with pytest.raises(InvalidInput, match=named):
        option_values(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


@given(JSON)
def test_any_json_is_read_or_refused_with_a_sentence(value):
    try:
        read = option_values(value)
    except InvalidInput as error:
        read = str(error)
    assert read.endswith(".") if isinstance(read, str) else option_values(dict(read)) == read


def test_values_in_words():
    assert [in_short(v) for v in (True, False, 3, "high")] == ["on", "off", "3", "high"]
    assert in_short(None) == "template default"
