"""What a body asks for, and what of it is refused by name."""

import json

import pytest

from core.completions.asked import MOST_CHOICES, model_of, read_chat, read_text
from core.completions.body import NotAnswered, error_body, read_body
from core.completions.parameters import SAMPLERS
from core.conversation import Image, Text, ToolCall
from core.errors import InvalidInput
from core.sampling import SamplingParams, samplers
from core.scripts.sampler_names import their_values
from core.scripts.structured import response_format, vllm_outputs
from tests.core.scripts.test_scripts import ALL_ON, MODEL
from tests.core.scripts.test_structured import HELD

HI = [{"role": "user", "content": "Hi"}]
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8"
    "AAAAASUVORK5CYII="
)
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def chat(**body):
    return read_chat({"messages": HI, **body}, MODEL)


def of(**body):
    """The only request."""
    (request,) = chat(**body).requests
    return request


def refused(read=read_chat, **body) -> str:
    with pytest.raises(InvalidInput) as error:
        read({"messages": HI, **body} if read is read_chat else body, MODEL)
    return str(error.value)


def test_a_sampler_that_is_not_named_is_off():
    asked = of(temperature=0.5).params
    assert asked == SamplingParams(0.5, seed=asked.seed, max_new_tokens=asked.max_new_tokens)


def test_all_samplers_have_vllms_names_and_off_values():
    values = {**their_values(ALL_ON, "vllm"), "typical_p": ALL_ON.typical_p}
    assert set(SAMPLERS) == values.keys()
    read = of(**values).params
    assert all(getattr(read, name) == getattr(ALL_ON, name) for name in samplers())
    assert their_values(SamplingParams(), "vllm")["top_k"] == -1
    assert of(top_k=-1).params.top_k == 0


def test_lengths_have_both_names_and_fill_the_context_where_there_is_none():
    assert of(max_tokens=7).params.max_new_tokens == 7
    assert of(max_completion_tokens=7).params.max_new_tokens == 7
    assert of().params.max_new_tokens == min(8192, MODEL.context_length)
    assert "differ" in refused(max_tokens=7, max_completion_tokens=8)
    assert read_text({"prompt": "x"}, MODEL).requests[0].params.max_new_tokens == 16


def test_choices_draw_by_seeds_that_follow_each_other():
    asked = chat(n=3, seed=2**32 - 2)
    assert [one.params.seed for one in asked.requests] == [2**32 - 2, 2**32 - 1, 0]
    drawn = [one.params.seed for one in chat(n=3).requests]
    assert len(set(drawn)) == 3
    assert len({one.conversation for one in asked.requests}) == 1


def test_several_prompts_have_as_many_choices_each():
    asked = read_text({"prompt": ["a", "b"], "n": 2, "seed": 1}, MODEL)
    texts = [one.conversation.messages[0].text for one in asked.requests]
    assert (texts, asked.choices_of_prompt) == (["a", "a", "b", "b"], 2)
    assert [one.lane for one in asked.requests] == ["0", "1", "2", "3"]
    assert all(one.conversation.plain for one in asked.requests)
    assert str(MOST_CHOICES) in refused(read_text, prompt=["a"] * 9, n=2)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"evil": 1}, "evil"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"logit_bias": {"1": 2}}, "logit_bias"),
        ({"min_tokens": 3}, "min_tokens"),
        ({"prompt_logprobs": 1}, "prompt_logprobs"),
        ({"reasoning_effort": "low"}, "reasoning_effort"),
        ({"functions": [{}]}, "functions"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"skip_special_tokens": True}, "skip_special_tokens"),
        ({"temperature": 3}, "temperature is 3"),
        ({"temperature": True}, "temperature"),
        ({"max_completion_tokens": 0}, "max_completion_tokens is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"stop": 3}, "stop"),
        ({"n": 0}, "n is 0"),
        ({"n": 2.5}, "n is 2.5"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream"),
        ({"stream": True, "stream_options": {"continuous_usage_stats": True}}, "continuous"),
        ({"top_logprobs": 2}, "logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs is 21"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, "enable_thinking"),
        ({"mm_processor_kwargs": {"size": 3}}, "size"),
        ({"tools": "f"}, "tools"),
        ({"tools": [TOOL], "tool_choice": "g"}, "tool_choice"),
        ({"tool_choice": "required"}, "no tools"),
        ({"tools": [TOOL], "tool_choice": {"function": {"name": "g"}}}, "'g'"),
        ({"response_format": {"type": "yaml"}}, "yaml"),
        ({"response_format": {"type": "json_schema"}}, "schema"),
        ({"structured_outputs": {"regex": "a", "choice": ["b"]}}, "one of"),
        ({"structured_outputs": {"structural_tag": "a"}}, "structural_tag"),
        ({"structured_outputs": {"regex": "a"}, "response_format": {"type": "json_object"}},
         "Send one"),
        ({"add_generation_prompt": False}, "add_generation_prompt"),
        ({"continue_final_message": True, "add_generation_prompt": False}, "last message"),
        ({"continue_final_message": True, "add_generation_prompt": True}, "both"),
        ({"messages": [*HI, {"role": "assistant", "content": "x"}]}, "continue_final_message"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": ["Hi"]}, r"messages[0]"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "robot"),
        ({"messages": [{**HI[0], "name": "Ann"}]}, "name"),
        ({"messages": [{"role": "user", "content": 3}]}, "content 3"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input_audio"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}, *HI]}, "tool call"),
    ],
)  # fmt: skip
def test_what_would_change_the_answer_is_refused_by_name(body, named):
    said = refused(**body)
    assert named in said
    assert said.endswith((".", "…", "}}.")), said


@pytest.mark.parametrize(
    "body",
    [
        {"user": "me", "metadata": {"a": 1}, "store": True},
        {"frequency_penalty": 0.0, "presence_penalty": 0, "logit_bias": {}, "stop": None},
        {"parallel_tool_calls": True, "modalities": ["text"], "reasoning_effort": None},
        {"response_format": {"type": "text"}, "tool_choice": "none", "tools": []},
    ],
)
def test_what_changes_nothing_is_taken(body):
    assert of(**body, seed=1) == of(seed=1)


def test_parts_keep_their_order():
    content = [
        {"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PIXEL}},
        {"type": "text", "text": "b"},
    ]  # fmt: skip
    (turn,) = of(messages=[{"role": "user", "content": content}]).conversation.messages
    assert turn.parts == (Text("a"), Image(PIXEL), Text("b"))


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a.png", "file:///etc/passwd", "/etc/passwd", "data:text/html,x", "", None,
     "data:image/png;base64,AAAA", {"url": {"url": "x"}}],
)  # fmt: skip
def test_nothing_is_fetched_and_no_file_opened(url):
    part = {"type": "image_url", "image_url": {"url": url}}
    assert "content[0]" in refused(messages=[{"role": "user", "content": [part]}])


def test_what_one_tile_at_most_means_to_vllm_is_no_splitting():
    budget = of(
        mm_processor_kwargs={"max_image_tokens": 128, "min_tiles": 1, "max_tiles": 1}
    ).budget
    assert (budget.max_image_tokens, budget.do_image_splitting) == (128, False)
    assert of(mm_processor_kwargs={"min_tiles": 2, "max_tiles": 4}).budget.max_tiles == 4


def test_calls_and_results_come_back():
    turns = [
        *HI, {"role": "assistant", "content": None, "refusal": None, "annotations": None,
              "tool_calls": [{"id": "1", "type": "function",
                              "function": {"name": "f", "arguments": '{"a": 1}'}}]},
        {"role": "tool", "tool_call_id": "1", "content": "2"},
    ]  # fmt: skip
    talk = of(messages=turns, tools=[TOOL]).conversation
    assert talk.messages[1].parts == (ToolCall("1", "f", '{"a": 1}'),)
    assert talk.messages[2].tool_call_id == "1"
    assert json.loads(talk.tools) == [TOOL]


def test_a_thought_that_comes_back_is_written_as_the_model_had_it():
    turns = [*HI, {"role": "assistant", "content": "Yes", "reasoning_content": "well"}, *HI]
    assert of(messages=turns).conversation.messages[1].text == "<think>\nwell\n</think>\n\nYes"


def test_a_prefill_is_continued():
    turns = [*HI, {"role": "assistant", "content": "So "}]
    talk = of(messages=turns, continue_final_message=True, add_generation_prompt=False).conversation
    assert talk.prefill.text == "So "
    assert of(messages=turns, continue_final_message=True).conversation == talk


@pytest.mark.parametrize("kind", HELD)
def test_constraints_have_vllms_form_and_openais(kind):
    held = HELD[kind]
    read = of(structured_outputs=vllm_outputs(held)).constraint
    assert vllm_outputs(read) == vllm_outputs(held)
    if form := response_format(held):
        assert vllm_outputs(of(**form).constraint) == vllm_outputs(held)
    assert of(response_format={"type": "json_object"}).constraint.kind == "json"


def test_tools_that_may_not_be_called_stay_in_the_prompt_and_calls_text():
    asked = chat(tools=[TOOL], tool_choice="none")
    assert asked.requests[0].conversation.tools
    assert asked.tools is None
    assert chat(tools=[TOOL]).tools is not None
    named = {"type": "function", "function": {"name": "f"}}
    assert of(tools=[TOOL], tool_choice=named).tool_choice == "f"


def test_the_model_is_one_in_memory():
    assert model_of({}, [MODEL]) is MODEL
    assert model_of({"model": MODEL.name}, [MODEL]) is MODEL
    with pytest.raises(NotAnswered) as error:
        model_of({"model": "gpt-4"}, [MODEL])
    assert (error.value.status, error.value.code) == (404, "model_not_found")
    assert MODEL.name in str(error.value)
    assert error_body(error.value)["error"]["param"] == "model"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b"{", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud83d"}',
     b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", b"[" * 100_000, b'{"a": ' + b"9" * 10_000 + b"}"],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(content):
    with pytest.raises(InvalidInput):
        read_body(content)
