"""A workspace survives being saved: everything comes back, and what is wrong is named."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.constraint import Constraint
from core.conversation import ROLES, Conversation, Image, message
from core.errors import InvalidInput
from core.lanes import LABELS, LaneSettings
from core.sampling import SamplingParams, samplers
from core.vision import VisionBudget
from core.workspace import Workspace
from core.workspace_json import workspace_from_dict, workspace_to_dict

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
MESSAGES = st.builds(
    message,
    st.sampled_from(ROLES),
    TEXT,
    st.lists(st.builds(Image, st.text(min_size=1, max_size=9), st.text(max_size=5)), max_size=2),
)
PARAMS = st.builds(
    SamplingParams,
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 200),
    seed=st.none() | st.integers(0, 2**32 - 1),
    stop=st.lists(st.text(min_size=1), unique=True, max_size=3).map(tuple),
)
LANES = st.builds(
    LaneSettings,
    preset=st.sampled_from(["", "greedy"]),
    sampling=st.sampled_from([(), (("temperature", 0.5),)]),
    system=st.none() | TEXT,
    pinned=st.booleans(),
)
WORKSPACES = st.builds(
    Workspace,
    conversation=st.builds(Conversation, st.lists(MESSAGES, max_size=4).map(tuple), TEXT),
    preset=TEXT,
    params=PARAMS,
    budget=st.sampled_from([VisionBudget(), VisionBudget(32, 64, do_image_splitting=False)]),
    lanes=st.tuples(*[LANES] * len(LABELS)),
    count=st.integers(1, len(LABELS)),
    template_options=st.sampled_from(
        [(), (("budget", 0.5), ("effort", "low"), ("enable_thinking", False))]
    ),
    constraint=st.sampled_from([Constraint(), Constraint("choices", choices=("a", "b"))]),
    tool_choice=st.sampled_from(["auto", "now"]),
)


@given(WORKSPACES)
def test_nothing_is_lost_on_the_way_through_json(saved: Workspace):
    assert workspace_from_dict(json.loads(json.dumps(workspace_to_dict(saved)))) == saved


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": "other"}, "format"),
        ({"version": 99}, "version 99"),
        ({"template_options": []}, "Template options"),
        ({"template_options": {"enable_thinking": None}}, "enable_thinking is None"),
        ({"messages": {}}, "list of messages"),
        ({"tools": 3}, "tools is 3"),
        ({"sampling": []}, "sampling"),
        ({"sampling": {"temperature": 9}}, "temperature is 9"),
        ({"images": {"min_image_tokens": -1}}, "Image tokens"),
        ({"lanes": [{}] * 5}, "lanes"),
        ({"lane_count": 5}, "lane_count is 5"),
        ({"constraint": 3}, "constraint must be an object"),
        ({"tool_choice": 3}, "tool_choice must be"),
    ],
)
def test_what_is_wrong_is_named(change: dict, named: str):
    with pytest.raises(InvalidInput, match=named):
        workspace_from_dict({**workspace_to_dict(Workspace()), **change})


@pytest.mark.parametrize("name", samplers())
def test_a_sampler_that_an_older_file_does_not_know_is_off(name: str):
    values = workspace_to_dict(Workspace(params=SamplingParams(max_new_tokens=9)))
    del values["sampling"][name]
    assert workspace_from_dict(values).params == SamplingParams(max_new_tokens=9)


def test_a_file_from_before_constraints_has_none():
    values = workspace_to_dict(Workspace(preset="greedy"))
    del values["constraint"], values["tool_choice"]
    assert workspace_from_dict(values) == Workspace(preset="greedy")


def test_a_list_is_not_a_workspace():
    with pytest.raises(InvalidInput, match="not a workspace"):
        workspace_from_dict([])


def test_fewer_lanes_are_filled_up():
    value = {**workspace_to_dict(Workspace(preset="greedy")), "lanes": []}
    assert workspace_from_dict(value) == replace(Workspace(), preset="greedy")
