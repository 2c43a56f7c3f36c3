"""The chat template, as the tokenizer and the processor of the model folder render it."""

from itertools import islice

import pytest
from transformers import AutoProcessor

from training.asking import FOLDER
from training.batches import LONGEST, encode
from training.data.conversations import draw
from training.data.sample_tools import SAMPLES
from training.data.tools import listing
from training.data.turns import assistant, segments, user

START = "<|startoftext|><|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture(scope="module")
def processor():
    return AutoProcessor.from_pretrained(FOLDER)


@pytest.fixture(params=("processor", "tokenizer"))
def renderer(request, processor):
    return processor if request.param == "processor" else processor.tokenizer


def render(renderer, messages, **options):
    return renderer.apply_chat_template(messages, tokenize=False, **options)


def test_training_reads_exactly_what_the_template_writes(renderer, processor):
    for talk in islice(draw(5), 60):
        messages = [{"role": turn.role, "content": turn.content} for turn in talk]
        text = render(renderer, messages)
        parts = segments(talk)
        assert text == "".join(part.text for part in parts) + "\n"
        ids, _ = encode(processor.tokenizer, [parts])[0]
        whole = processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ids == whole[:-1][:LONGEST]


@pytest.mark.parametrize("prefill", ['{\n  "name": ', "", "  x \n\n", "2. ", "a"])
@pytest.mark.parametrize("as_parts", [False, True])
def test_a_prefill_is_rendered_byte_for_byte(renderer, prefill, as_parts):
    content = [{"type": "text", "text": prefill}] if as_parts else prefill
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": content}]
    assert render(renderer, messages, continue_final_message=True) == START + prefill


def test_tools_are_listed_after_the_system_text(renderer):
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "q"}]
    text = render(renderer, messages, tools=[TOOL])
    assert text.startswith(
        "<|startoftext|><|im_start|>system\nBe kind.\n"
        'List of tools: <|tool_list_start|>[{"type": "function"'
    )
    assert "]<|tool_list_end|><|im_end|>\n<|im_start|>user\n" in text


@pytest.mark.parametrize("text", ["Be kind.", ""])
def test_training_lists_tools_exactly_as_the_template_does(renderer, text):
    given = [*SAMPLES, TOOL]
    messages = [{"role": "system", "content": text}] if text else []
    parts = segments((listing(text, given), user("q"), assistant("a")))
    messages += [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    assert render(renderer, messages, tools=given) == "".join(one.text for one in parts) + "\n"


def test_tools_without_a_system_message_make_one(renderer):
    text = render(renderer, [{"role": "user", "content": "q"}], tools=[TOOL])
    assert text.startswith("<|startoftext|><|im_start|>system\nList of tools: <|tool_list_start|>[")


def test_tool_calls_are_written_as_python_and_their_results_are_wrapped(renderer):
    arguments = {"city": 'Bo"ston', "days": -1, "metric": True, "unit": None, "tags": [1, "a"]}
    call = {"type": "function", "function": {"name": "get_weather", "arguments": arguments}}
    text = render(
        renderer,
        [
            {"role": "user", "content": "q"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "content": '{"degrees": 3}'},
        ],
    )
    assert text == START + (
        '<|tool_call_start|>[get_weather(city="Bo\\"ston", days=-1, metric=True, unit=None, '
        'tags=[1, "a"])]<|tool_call_end|><|im_end|>\n<|im_start|>tool\n'
        '<|tool_response_start|>{"degrees": 3}<|tool_response_end|><|im_end|>\n'
    )


def test_an_image_part_becomes_a_placeholder_and_text_is_never_stripped(renderer):
    content = [{"type": "image"}, {"type": "text", "text": " What? \n"}]
    text = render(renderer, [{"role": "user", "content": content}])
    assert text == "<|startoftext|><|im_start|>user\n<image> What? \n<|im_end|>\n"


def test_a_message_without_content_is_an_empty_turn(renderer):
    text = render(renderer, [{"role": "user"}, {"role": "assistant", "content": None}])
    assert text == (
        "<|startoftext|><|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n<|im_end|>\n"
    )


def test_the_generation_mask_covers_the_answer_and_its_end(processor):
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}]
    encoded = processor.tokenizer.apply_chat_template(
        messages, return_dict=True, return_assistant_tokens_mask=True
    )
    marked = [
        token
        for token, mark in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True)
        if mark
    ]
    assert processor.tokenizer.decode(marked) == "yes<|im_end|>"
