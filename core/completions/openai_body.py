"""A request as a body for servers of OpenAI's protocol, in the words that each of them has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from core.completions.parameters import NAMES
from core.constraint import Constraint
from core.conversation import Image, Message, Text
from core.errors import InvalidInput
from core.formats.openai_format import openai_tool, written_call
from core.sampler_row import PROGRAMS, Program
from core.sampling import in_use
from core.scripts.sampler_names import llama_order, their_values
from core.scripts.structured import (
    choices_gbnf,
    choices_regex,
    openai_tool_choice,
    response_format,
    schema,
    vllm_outputs,
)
from core.workspace import Request

UrlOf = Callable[[Image], str]
NO_FLAGS = (
    "A constraint with flexible white space, or from the first token, can't be sent to a server. "
    "Switch that off."
)


def openai_body(
    request: Request, model: str, url_of: UrlOf, program: Program = "openai"
) -> dict[str, Any]:
    """model: empty for the only one of its server. program: whose names samplers have. Tools go
    below "function", as OpenAI's protocol takes no others.
    """
    talk, params = request.conversation, request.params
    body: dict[str, Any] = {
        **({"model": model} if model else {}), "stream": True,
        "messages": [plain(message_body(turn, url_of)) for turn in talk.messages],
        "max_tokens": params.max_new_tokens, **their_values(params, program),
    }  # fmt: skip
    if params.seed is not None:
        body["seed"] = params.seed
    if params.stop:
        body["stop"] = list(params.stop)
    if talk.tools.strip() not in ("", "[]"):
        body["tools"] = [openai_tool(tool) for tool in json.loads(talk.tools)]
        body |= openai_tool_choice(request.tool_choice)
    return body


def message_body(turn: Message, url_of: UrlOf) -> dict[str, Any]:
    """In OpenAI's form, with a list of parts."""
    parts = [
        {"type": "text", "text": part.text}
        if isinstance(part, Text)
        else {"type": "image_url", "image_url": {"url": url_of(part)}}
        for part in turn.without_calls.parts
        if isinstance(part, Text | Image)
    ]
    written: dict[str, Any] = {"role": turn.role, "content": parts}
    if turn.tool_call_id:
        written["tool_call_id"] = turn.tool_call_id
    if turn.calls:
        written["tool_calls"] = [written_call(call) for call in turn.calls]
    return written


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """With its content as one text where that is all: not every server takes a list."""
    parts = message["content"]
    if all(part["type"] == "text" for part in parts):
        return {**message, "content": "".join(part["text"] for part in parts)}
    return message


def vllm_body(request: Request, model: str, url_of: UrlOf) -> dict[str, Any]:
    body = openai_body(request, model, url_of, "vllm")
    body |= {"logprobs": True, "return_token_ids": True, "skip_special_tokens": False}
    if request.conversation.prefill is not None:
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    if "tools" in body:  # with "none" calls come as text, as the model writes them
        body.setdefault("tool_choice", "none")
    if request.constraint is not None:
        body["structured_outputs"] = vllm_outputs(request.constraint)
    return body


def playground_body(request: Request, model: str, url_of: UrlOf) -> dict[str, Any]:
    """vLLM's, and all else that a lane has. Raises InvalidInput for what has no words there."""
    talk, params, held = request.conversation, request.params, request.constraint
    if held is not None and (held.flexible_whitespace or not held.after_thought):
        raise InvalidInput(NO_FLAGS)
    body = vllm_body(request, model, url_of)
    body |= {theirs: getattr(params, own) for theirs, own in NAMES.items()}
    body |= {"stop": list(params.stop), "stream_options": {"include_usage": True}}
    body |= _tools_as_typed(request)
    if request.template_options:
        body["chat_template_kwargs"] = dict(request.template_options)
    if talk.images:
        body["mm_processor_kwargs"] = asdict(request.budget)
    return body


def sglang_body(request: Request, model: str, url_of: UrlOf) -> dict[str, Any]:
    body = openai_body(request, model, url_of, "sglang")
    body |= {"logprobs": True, "skip_special_tokens": False}
    if request.conversation.prefill is not None:
        body["continue_final_message"] = True
    held = request.constraint
    if held is not None and held.kind == "choices":
        return {**body, "regex": choices_regex(held.choices)}
    if held is not None and held.kind == "regex":
        return {**body, "regex": held.text}
    return body | as_schema(held, "sglang")


def llama_body(request: Request, model: str, url_of: UrlOf) -> dict[str, Any]:
    """Its own order of samplers is another one, and so are its defaults. It refuses logprobs of
    answers that stream and may call tools.
    """
    body = openai_body(request, model, url_of, "llama_server")
    body |= {"logprobs": "tools" not in body, "samplers": llama_order()}
    held = request.constraint
    if held is not None and held.kind == "choices":
        return {**body, "grammar": choices_gbnf(held.choices)}
    return body | as_schema(held, "llama_server")


def transformers_body(request: Request, model: str, url_of: UrlOf) -> dict[str, Any]:
    """The server reads sampling values in generation_config only, which is JSON in a text."""
    body = openai_body(request, model, url_of)
    params = request.params
    config: dict[str, Any] = {
        "do_sample": not params.greedy, "max_new_tokens": body.pop("max_tokens"),
        **{name: body.pop(name) for name in ("temperature", "top_p") if name in body},
    }  # fmt: skip
    config |= {name: getattr(params, name) for name in in_use(params)}
    if params.greedy:
        del config["temperature"]
    return {**body, "generation_config": json.dumps(config), **_tools_as_typed(request)}


def _tools_as_typed(request: Request) -> dict[str, Any]:
    """For a server that hands them to the chat template as they come: the prompt is the same."""
    tools = request.conversation.tools
    return {"tools": json.loads(tools)} if tools.strip() not in ("", "[]") else {}


def ollama_body(request: Request, model: str, content_of: UrlOf) -> dict[str, Any]:
    """For its own protocol, which has more samplers. content_of: an image's data URL."""
    talk, params = request.conversation, request.params
    options: dict[str, Any] = {
        "num_predict": params.max_new_tokens, **their_values(params, "ollama"),
        **({"seed": params.seed} if params.seed is not None else {}), "stop": list(params.stop),
    }  # fmt: skip
    messages: list[dict[str, Any]] = []
    for turn in talk.messages:
        written = message_body(turn, content_of)
        urls = [part["image_url"]["url"] for part in written["content"] if "image_url" in part]
        texts = [part["text"] for part in written["content"] if part["type"] == "text"]
        images = {"images": [url.partition(",")[2] for url in urls]} if urls else {}
        messages.append({"role": turn.role, "content": "".join(texts), **images})
        if turn.calls:
            messages[-1]["tool_calls"] = [
                {"function": {"name": call.name, "arguments": json.loads(call.arguments)}}
                for call in turn.calls
            ]
    body: dict[str, Any] = {
        "model": model, "stream": True, "messages": messages, "options": options, "logprobs": True,
    }  # fmt: skip
    if talk.tools.strip() not in ("", "[]"):
        body["tools"] = [openai_tool(tool) for tool in json.loads(talk.tools)]
    if request.tool_choice != "auto":
        raise InvalidInput(f"Ollama takes no tool_choice {request.tool_choice}. Set it to auto.")
    if (held := request.constraint) is not None:
        as_schema(held, "ollama")
        body["format"] = schema(held)
    return body


def as_schema(held: Constraint | None, program: Program) -> dict[str, Any]:
    """Raises InvalidInput for a constraint that the program has no word for."""
    told = response_format(held)
    if held is not None and not told:
        raise InvalidInput(f"{PROGRAMS[program]} can't hold an answer to {held.in_words}.")
    return told
