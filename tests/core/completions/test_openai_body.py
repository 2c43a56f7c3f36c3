"""What servers of OpenAI's protocol are sent of a request."""

from __future__ import annotations

import json

import pytest

from core.completions.openai_body import (
    llama_body,
    ollama_body,
    openai_body,
    playground_body,
    sglang_body,
    transformers_body,
    vllm_body,
)
from core.conversation import Conversation, message
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

FLAT = {"name": "look", "parameters": {"type": "object", "properties": {}}}
BELOW = {"type": "function", "function": FLAT}
STRICT = {"type": "function", "function": {**FLAT, "strict": True}}
LISTS = {"flat": ([FLAT], [BELOW]), "in OpenAI's form": ([BELOW, STRICT], [BELOW, STRICT])}
BODIES = (openai_body, vllm_body, sglang_body, llama_body, ollama_body)


def asked(tools: str) -> Request:
    talk = Conversation((message("user", "Hi"),), tools)
    return Request("A", talk, SamplingParams(), VisionBudget())


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_tools_go_below_function_as_the_protocol_takes_no_others(body, name):
    typed, sent = LISTS[name]
    assert body(asked(json.dumps(typed)), "far", str)["tools"] == sent
    assert "tools" not in body(asked(" []"), "far", str)


def test_llama_cpp_is_not_asked_for_logprobs_next_to_tools_which_it_refuses():
    assert llama_body(asked(json.dumps([FLAT])), "far", str)["logprobs"] is False
    assert llama_body(asked(""), "far", str)["logprobs"] is True


@pytest.mark.parametrize("body", [playground_body, transformers_body])
def test_a_server_that_hands_tools_to_the_chat_template_gets_them_as_typed(body):
    assert body(asked(json.dumps([FLAT])), "far", str)["tools"] == [FLAT]
    assert "tools" not in body(asked(""), "far", str)
