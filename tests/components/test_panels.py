"""Panels: values go to the controls and come back the same; help covers every parameter."""

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.images.budget_panel import budget_of, budget_values
from components.messages.few_shot_panel import with_examples
from components.sampling.sampling_panel import Sampling, control_values, params_of
from core.conversation import message
from core.errors import InvalidInput
from core.sampling import LARGEST_SEED, SamplingParams, settings
from core.vision import VisionBudget

LINE = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1)
STOPS = st.lists(LINE.filter(lambda s: "\\n" not in s and s.splitlines() == [s]), unique=True)


@given(
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 200),
    seed=st.none() | st.integers(0, LARGEST_SEED),
    stop=STOPS,
)
def test_parameters_survive_the_controls(temperature, top_k, seed, stop):
    params = SamplingParams(temperature=temperature, top_k=top_k, seed=seed, stop=tuple(stop))
    assert params_of(control_values(params)) == params


def test_a_line_break_in_a_stop_string_is_written_as_an_escape():
    params = SamplingParams(stop=("\n\n", "User:"))
    assert control_values(params)["stop"] == "\\n\\n\nUser:"
    assert params_of(control_values(params)) == params


def test_there_is_a_control_with_help_and_a_reset_value_for_every_parameter():
    with gr.Blocks():
        controls = Sampling().inputs
    assert set(controls) == {*settings(), "stop"}
    for name, setting in settings().items():
        assert controls[name].label == setting.label
        info = controls[name].info
        assert info.startswith(setting.help)
        assert info.count("Off:") == (setting.off is not None)
        if setting.off is not None:
            assert controls[name].value == setting.off


def test_a_budget_survives_the_controls():
    budget = VisionBudget(32, 64, False)
    assert budget_of(budget_values(budget)) == budget


def test_examples_of_both_tabs_go_before_the_last_user_turn():
    rows = (message("system", "s"), message("user", "2024-03-08"))
    table = {"data": [["3", "three"], ["", ""]]}
    after = with_examples(rows, "1 => one\n2 => two", table)
    assert [(row.role, row.text) for row in after] == [
        ("system", "s"), ("user", "1"), ("assistant", "one"), ("user", "2"), ("assistant", "two"),
        ("user", "3"), ("assistant", "three"), ("user", "2024-03-08"),
    ]  # fmt: skip


def test_no_examples_and_half_a_row_are_named():
    with pytest.raises(InvalidInput, match="examples are empty"):
        with_examples((), " ", {"data": [["", ""]]})
    with pytest.raises(InvalidInput, match="Row 2 of the table"):
        with_examples((), "", {"data": [["a", "b"], ["c", ""]]})


@pytest.mark.parametrize(("name", "value"), [("temperature", None), ("top_k", 2.5), ("seed", -1)])
def test_a_wrong_field_is_named_and_mending_takes_its_default_only(name, value):
    values = {**control_values(SamplingParams(min_p=0.2, max_new_tokens=9)), name: value}
    with pytest.raises(InvalidInput, match=name):
        params_of(values)
    assert params_of(values, repair=True) == SamplingParams(min_p=0.2, max_new_tokens=9)


def test_an_empty_budget_field_is_named_and_mended():
    values = {**budget_values(VisionBudget(32, 64, False)), "max_image_tokens": None}
    with pytest.raises(InvalidInput, match="max_image_tokens is empty"):
        budget_of(values)
    assert budget_of(values, repair=True) == VisionBudget()
