"""The API for `gradio_client`: typed endpoints over the same engine as the page."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Any

import gradio as gr

from components.answers.answering import CancelToken, answer
from components.feature import Services
from components.images.budget_panel import own_budget
from components.tokens.scoring import scored
from components.uploads import uploaded_file
from components.user_errors import user_errors
from core.answer_options import AnswerOptions, answer_options, applied
from core.conversation import Conversation, conversation_from_dicts
from core.errors import InvalidInput
from core.lanes import Lane
from core.runs.logprobs import token_logprobs
from core.runs.run import Run
from core.sampling import SamplingParams, sampling_params
from core.workspace import Request, requests


def add_api(services: Services) -> None:
    """Add the public endpoints to the page; all other events are private."""
    engine, visitors = services.engine, services.visitors

    async def generate(
        messages: list[dict],
        parameters: dict,
        seed: int,
        request: gr.Request,
        options: dict | None = None,
    ) -> AsyncGenerator[dict, None]:
        """Answer messages. Streams the answer so far, at least every second; the last is complete.

        messages: `{"role", "content"}`; a last assistant message is a prefill, which is continued.
        parameters: the page's samplers by Transformers' names (temperature, top_k and so on),
        max_new_tokens and stop. A missing sampler is off. A negative seed picks a random one.
        options: `template`, options of the model's chat template by their names there;
        `constraint`, what the answer is held to: one of `{"json_schema": {...}}`, `{"json": true}`,
        `{"choices": [...]}`, `{"regex": "..."}` and `{"grammar": "..."}` (Lark); `tools`, a list;
        `tool_choice`: auto, required or the name of a tool; `top_logprobs`, 0 to 20.
        The result has text, token_ids, stop_reason, prompt_tokens, cached_tokens (how many of these
        were known from an earlier prompt), parameters (as applied), seconds and, while it waits,
        its place in the queue. stop_reason is null until the answer has ended. not_sent lists what
        was requested but the model does not support. options repeats those that were given, as
        applied. With a constraint or a required call, incomplete says whether the answer was cut
        before it was whole. With top_logprobs the last result has logprobs: for each token
        `{"token", "logprob", "bytes", "top_logprobs": [...]}`, natural logarithms before any
        sampler. bytes is null for a part of a character.
        """
        visitor = visitors.of(request)
        with user_errors(html=False), visitors.runs.enter(visitor):
            params = _params(parameters, seed)
            given = answer_options(options)
            lane = Lane(
                "A", params, own_budget(engine), constraint=given.constraint,
                tool_choice=given.tool_choice, template_options=given.template,
            )  # fmt: skip
            conversation = replace(_conversation(messages), tools=given.tools)
            asked = visitor.bound(requests(conversation, [lane]))
            # All calls of a client count as one visitor, or many calls would get many turns.
            caller = f"{visitor.user}/{visitor.address}"
            answers = answer(
                engine,
                asked,
                CancelToken(),
                caller,
                visitor.seconds,
                visitors.still(request),
                checks=False,
            )
            async with aclosing(answers):
                async for runs in answers:
                    run = runs["A"]
                    if run.status == "failed":
                        raise gr.Error(run.error, print_exception=False)
                    yield _result(run, given)

    def render_prompt(messages: list[dict]) -> dict:
        """The prompt as the model would read it: text and token_ids."""
        with user_errors(html=False):
            conversation = _conversation(messages)
            prompt = engine.render(Request("A", conversation, SamplingParams(), own_budget(engine)))
        return {"text": prompt.text, "token_ids": list(prompt.token_ids)}

    async def score(messages: list[dict], text: str, request: gr.Request) -> dict:
        """How likely the model finds text as the answer: token_ids, and logprobs before any
        sampler (natural logarithms). Add them up for the logarithm of the whole text's probability.
        """
        visitor = visitors.of(request)
        with user_errors(html=False), visitors.runs.enter(visitor):
            if not isinstance(text, str):
                raise InvalidInput(f"text is {type(text).__name__}; it must be a string.")
            lane = Lane("A", SamplingParams(), own_budget(engine))
            (asked,) = visitor.bound(requests(_conversation(messages), [lane]))
            caller = f"{visitor.user}/{visitor.address}"
            is_here = visitors.still(request)
            found = await scored(engine, asked, text, caller, visitor.seconds, is_here)
        return {
            "model": found.model,
            "token_ids": [token.token_id for token in found.continuation],
            "logprobs": [token.logprob for token in found.continuation],
        }

    def presets() -> list[dict]:
        """The presets: key, name, description, values by Transformers' names, source and date."""
        return [
            {
                "key": key,
                "name": preset.name,
                "description": preset.description,
                "values": preset.named,
                "source": preset.source,
                "date": preset.date.isoformat(),
            }
            for key, preset in services.library_now().presets.items()
        ]

    gr.api(generate, api_name="generate", concurrency_limit=None)
    gr.api(render_prompt, api_name="render_prompt")
    gr.api(score, api_name="score", concurrency_limit=None)
    gr.api(presets, api_name="presets")


def _conversation(messages: Any) -> Conversation:
    if not isinstance(messages, list):
        raise InvalidInput(f"messages is {messages!r}; it must be a list of {{'role', 'content'}}.")
    conversation = conversation_from_dicts([_with_paths(message) for message in messages])
    for image in conversation.images:
        if not uploaded_file(image.path):
            raise InvalidInput(
                f"The image {image.path[:200]!r} is not an upload. Send files with "
                "gradio_client.handle_file: {'type': 'image', 'path': handle_file('picture.png')}."
            )
    return conversation


def _with_paths(message: Any) -> Any:
    """The message with plain paths instead of the file objects of `gradio_client.handle_file`."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_with_path(part) for part in message["content"]]}


def _with_path(part: Any) -> Any:
    if isinstance(part, dict) and isinstance(part.get("path"), dict):
        return {**part, "path": part["path"].get("path")}
    return part


def _params(parameters: Any, seed: Any) -> SamplingParams:
    if not isinstance(parameters, dict):
        raise InvalidInput(
            f"parameters is {parameters!r}; it must be an object. {{}} turns everything off."
        )
    if "seed" in parameters:
        raise InvalidInput("seed is in parameters; pass it as its own argument.")
    if isinstance(seed, int | float) and seed < 0:
        seed = None
    elif seed is None:
        raise InvalidInput(
            "seed is empty; it must be a whole number. A negative number picks a random seed."
        )
    return sampling_params({**parameters, "seed": seed})


def _result(run: Run, given: AnswerOptions) -> dict[str, Any]:
    parameters = asdict(run.sent.params)
    place = {} if run.place is None else {"place": run.place}
    options = {"options": repeated} if (repeated := applied(given, run.sent)) else {}
    held = run.sent.constraint is not None or run.sent.tool_choice != "auto"
    cut = {"incomplete": run.incomplete} if held and run.stop_reason else {}
    top = given.top_logprobs if run.stop_reason else 0
    logprobs = {"logprobs": token_logprobs(run.tokens, top)} if top else {}
    not_sent = {"not_sent": list(run.not_sent)} if run.not_sent else {}
    return {
        "text": run.text,
        "token_ids": list(run.token_ids),
        "stop_reason": run.stop_reason,
        "prompt_tokens": run.prompt_tokens,
        "cached_tokens": run.cached_tokens,
        "parameters": {**parameters, "stop": list(parameters["stop"])},
        "seconds": run.seconds,
        **options,
        **cut,
        **logprobs,
        **place,
        **not_sent,
    }
