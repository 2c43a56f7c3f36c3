"""Ranges, off values and the errors of sampling parameters."""

import math
import re
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.sampling import (
    LARGEST_SEED,
    SamplingParams,
    in_order,
    in_use,
    is_on,
    samplers,
    sampling_params,
    settings,
)

NUMBERS = list(settings())
WHOLE = ["top_k", "max_new_tokens", "seed"]


def values_in_range(name):
    setting = settings()[name]
    if name in WHOLE:
        return st.integers(int(setting.minimum), int(setting.maximum))
    return st.floats(setting.minimum, setting.maximum)


def test_every_number_is_annotated_with_its_setting():
    assert [*NUMBERS, "stop"] == [field.name for field in fields(SamplingParams)]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_setting_has_a_label_a_help_text_and_a_range(name):
    setting = settings()[name]
    assert setting.label
    assert setting.help.endswith(".")
    assert setting.minimum < setting.maximum
    assert setting.step > 0


@pytest.mark.parametrize("name", samplers())
def test_a_sampler_is_off_by_default_and_its_help_names_the_off_value(name):
    setting = settings()[name]
    assert getattr(SamplingParams(), name) == setting.off
    assert f"Off: {setting.off:g}" in setting.help


def test_each_sampler_has_a_place_of_its_own_in_the_order():
    assert len({row.order for row in samplers().values()}) == len(samplers())
    assert in_order()[0] == "repetition_penalty"
    assert in_order()[1:] == ("temperature", "top_k", "top_p", "min_p", "typical_p")


def test_what_works_with_temperature_0_comes_before_what_does_not():
    """The engine applies the first to all rows at once and the second to those that draw."""
    ignored = [samplers()[name].ignored_when_greedy for name in in_order()]
    assert ignored == sorted(ignored)


def test_only_what_is_ignored_when_greedy_removes_tokens():
    """Else temperature 0 would not be the only reason why a greedy lane loses a token."""
    assert all(row.ignored_when_greedy for row in samplers().values() if row.keeps)


@pytest.mark.parametrize("name", [name for name, row in samplers().items() if row.keeps])
@given(data=st.data())
def test_the_rule_of_a_cut_leaves_a_token(name, data):
    weights = data.draw(st.lists(st.floats(0.01, 1), min_size=1, max_size=8))
    probabilities = {i: weight / sum(weights) for i, weight in enumerate(weights)}
    row = samplers()[name]
    kept = row.keeps(
        probabilities, data.draw(values_in_range(name).filter(lambda v: v != row.setting.off))
    )
    assert kept
    assert kept <= probabilities.keys()


def test_temperature_0_leaves_only_what_works_then_too():
    params = SamplingParams(temperature=0, top_k=5, repetition_penalty=1.2)
    assert in_use(params) == ("repetition_penalty",)
    assert is_on(params, "top_k")
    assert in_use(replace(params, temperature=1.0)) == tuple(samplers())


@pytest.mark.parametrize("name", ["max_new_tokens", "seed"])
def test_a_length_and_a_seed_have_no_off_value(name):
    assert settings()[name].off is None


@given(st.fixed_dictionaries({}, optional={name: values_in_range(name) for name in NUMBERS}))
def test_values_in_range_are_read_as_they_are_and_the_rest_stays_at_its_default(values):
    params = sampling_params(values)
    for name in NUMBERS:
        assert getattr(params, name) == values.get(name, getattr(SamplingParams(), name))


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_belong_to_it(name):
    for end in (settings()[name].minimum, settings()[name].maximum):
        assert getattr(sampling_params({name: end}), name) == end


@pytest.mark.parametrize("name", NUMBERS)
@given(value=st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_a_number_is_read_or_refused_with_its_name_its_value_and_the_range(name, value):
    setting = settings()[name]
    in_range = setting.minimum <= value <= setting.maximum
    if in_range and (name not in WHOLE or value == int(value)):
        assert getattr(sampling_params({name: value}), name) == value
    else:
        span = f"{setting.minimum:g} to {setting.maximum:.10g}"
        with pytest.raises(InvalidInput, match=f"^{name} is {re.escape(str(value))}; .*{span}"):
            sampling_params({name: value})


def test_a_number_too_large_for_a_float_is_refused_like_any_other():
    """math.isnan(10**400) raises OverflowError, so such a number from the API was a crash."""
    with pytest.raises(InvalidInput, match="top_k is 1000.*the allowed range is 0 to 200"):
        sampling_params({"top_k": 10**400})


def test_an_error_names_a_large_seed_digit_by_digit():
    """It once said `seed is 4.29497e+09; the allowed range is 0 to 4294967295`."""
    with pytest.raises(InvalidInput, match="seed is 4294967296; .* 0 to 4294967295"):
        sampling_params({"seed": LARGEST_SEED + 1})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [True, False, "0.5", [1], math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_finite_number_is_refused(name, value):
    with pytest.raises(InvalidInput, match=f"{name} is "):
        sampling_params({name: value})


@pytest.mark.parametrize("name", [name for name in NUMBERS if name != "seed"])
def test_only_the_seed_may_be_none(name):
    assert sampling_params({"seed": None}).seed is None
    with pytest.raises(InvalidInput, match=f"{name} is empty"):
        sampling_params({name: None})


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_number_may_be_written_as_a_float_and_becomes_an_int(name):
    value = getattr(sampling_params({name: 7.0}), name)
    assert value == 7
    assert type(value) is int


@pytest.mark.parametrize("name", WHOLE)
def test_a_fraction_is_refused_where_a_whole_number_is_meant(name):
    with pytest.raises(InvalidInput, match=f"{name} is 7.5; it must be a whole number"):
        sampling_params({name: 7.5})


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(InvalidInput) as caught:
        sampling_params({"temprature": 1})
    for name in ("'temprature'", *NUMBERS, "stop"):
        assert name in str(caught.value)


def test_a_temperature_of_zero_is_greedy_and_any_other_is_not():
    assert sampling_params({"temperature": 0}).greedy
    assert not sampling_params({"temperature": 0.01}).greedy
    assert not SamplingParams().greedy


def test_a_single_stop_text_is_a_list_of_one():
    assert sampling_params({"stop": "###"}).stop == ("###",)


@given(st.lists(st.text()))
def test_stop_texts_keep_their_order_without_empty_and_repeated_ones(texts):
    stop = sampling_params({"stop": texts}).stop
    assert set(stop) == set(texts) - {""}
    assert list(stop) == sorted(stop, key=texts.index)
    assert len(stop) == len(set(stop))


@pytest.mark.parametrize("value", [None, 5, [5], {"a": "b"}, ["a", None]])
def test_a_stop_that_is_no_text_is_refused(value):
    with pytest.raises(InvalidInput, match="stop is .*; it must be a string or a list of strings"):
        sampling_params({"stop": value})
