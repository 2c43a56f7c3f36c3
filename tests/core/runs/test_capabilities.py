"""What a model can't be given is named, and taken out of the request; nothing else changes."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.constraint import Constraint
from core.conversation import Conversation, Image, message
from core.runs.capabilities import in_words, not_sent, within
from core.sampling import SamplingParams, samplers
from core.template_options import TemplateOption
from core.vision import VisionBudget
from core.workspace import Request
from tests.model_capabilities import ALL

TOOLS = '[{"type": "function", "function": {"name": "now"}}]'
TALK = Conversation(
    (message("user", "Look", [Image("a.png"), Image("b.png")]), message("assistant", "I see ")),
    TOOLS,
)
PARAMS = SamplingParams(
    temperature=0.5, top_k=40, top_p=0.9, min_p=0.1, repetition_penalty=1.1, seed=7
)
SCHEMA = Constraint("json_schema", "{}")
ASKED = Request("A", TALK, PARAMS, VisionBudget(), constraint=SCHEMA, begins_with=(5, 6))
FLAGS = [field.name for field in fields(ALL) if getattr(ALL, field.name) is True]
SOME = st.builds(
    lambda kept, lost: replace(ALL, samplers=frozenset(kept), **dict.fromkeys(lost, False)),
    st.sets(st.sampled_from(list(samplers()))),
    st.sets(st.sampled_from(FLAGS)),
)


def test_a_model_that_can_do_all_is_given_all():
    assert not_sent(ASKED, ALL) == ()
    assert within(ASKED, ALL) == ASKED


def test_every_sampler_of_the_table_is_honoured_unless_an_engine_says_otherwise():
    assert ALL.samplers == frozenset(samplers())


@pytest.mark.parametrize(
    ("lost", "name"),
    [
        ({"samplers": ALL.samplers - {"top_k"}}, "top_k"), ({"seeds": False}, "seed"),
        ({"prefill": False}, "prefill"), ({"images": False}, "images"), ({"tools": False}, "tools"),
        ({"constraints": False}, "constraint"), ({"beginnings": False}, "begins_with"),
    ],
)  # fmt: skip
def test_each_thing_that_is_asked_for_and_cannot_be_is_named(lost, name):
    assert not_sent(ASKED, replace(ALL, **lost)) == (name,)
    plain = Request("A", Conversation((message("user", "Hi"),)), SamplingParams(), VisionBudget())
    assert not_sent(plain, replace(ALL, **lost)) == ()


def test_a_call_is_required_only_of_a_model_that_has_tools_and_constraints():
    asked = replace(ASKED, constraint=None, tool_choice="now")
    for lost, names in (("constraints", ("tool_choice",)), ("tools", ("tools", "tool_choice"))):
        can = replace(ALL, **{lost: False})
        assert not_sent(asked, can) == names
        assert within(asked, can).tool_choice == "auto"
    assert in_words(asked, ["tool_choice"]) == "tool_choice now"
    assert in_words(ASKED, ["constraint"]) == "the JSON schema"
    assert in_words(ASKED, ["begins_with"]) == "the answer's first 2 tokens"


def test_what_greedy_decoding_ignores_is_not_missed():
    greedy = replace(ASKED, params=replace(PARAMS, temperature=0.0))
    can = replace(ALL, samplers=frozenset({"temperature"}), seeds=False)
    assert not_sent(greedy, can) == ("repetition_penalty",)
    assert within(greedy, can).params == SamplingParams(temperature=0.0)


def test_template_options_that_a_template_does_not_read_are_named_and_left_out():
    given = (("enable_thinking", False), ("old_option", "x"))
    request = replace(ASKED, template_options=given)
    can = replace(ALL, template_options=(TemplateOption("enable_thinking", "boolean"),))
    assert not_sent(request, can) == ("template.old_option",)
    assert within(request, can).template_options == (("enable_thinking", False),)
    assert not_sent(within(request, can), can) == ()
    words = in_words(request, ("seed", "template.old_option"))
    assert words == "seed 7 and the template option old_option"


@given(SOME)
def test_what_is_left_can_be_sent_whole(can):
    left = within(ASKED, can)
    assert not_sent(left, can) == ()
    for name in can.samplers:
        assert getattr(left.params, name) == getattr(PARAMS, name)
    assert left.params.max_new_tokens == PARAMS.max_new_tokens


def test_messages_stay_without_what_they_cannot_hold():
    can = replace(
        ALL, prefill=False, images=False, tools=False, seeds=False,
        samplers=ALL.samplers - {"top_k"},
    )  # fmt: skip
    left = within(ASKED, can)
    assert left.conversation == Conversation((message("user", "Look"),))
    assert left.params == replace(PARAMS, top_k=0, seed=None)


def test_what_is_missing_is_told_in_words():
    names = ("top_k", "seed", "prefill", "images", "tools")
    words = "top_k 40, seed 7, the prefill, 2 images and the tools"
    assert in_words(ASKED, names) == words
    assert in_words(ASKED, ("tools",)) == "the tools"
