"""The API for `gradio_client`: typed endpoints over the same engine as the page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

import gradio as gr

from components.access.visitors import Visitors
from components.answers.answering import Switch, answer
from components.images.budget_panel import own_budget
from components.page_state import user_errors
from components.uploads import uploaded_file
from core.conversation import Conversation, conversation_from_dicts
from core.errors import InvalidInput
from core.library.library import Library
from core.runs.engine import Engine
from core.runs.run import Run
from core.sampling import SamplingParams, sampling_params
from core.workspace import Lane, Request, Workspace, requests


def add_api(engine: Engine, library_now: Callable[[], Library], visitors: Visitors) -> None:
    """Add the public endpoints to the page that is being built; all other events are private."""

    async def generate(
        messages: list[dict], parameters: dict, seed: int, request: gr.Request
    ) -> AsyncGenerator[dict, None]:
        """Answer messages; streams the answer so far, at least every second, and last the whole.

        messages: `{"role", "content"}`; a last assistant message is a prefill, which is continued.
        parameters: the page's samplers by Transformers' names (temperature, top_k and so on),
        max_new_tokens and stop; what is not named is off. A negative seed draws a fresh one.
        The result has text, token_ids, stop_reason, prompt_tokens, cached_tokens (how many of them
        were known from an earlier prompt), parameters (as applied) and seconds, and while it waits
        for room its place in the queue; stop_reason is null until the answer has ended. not_sent
        names what the model does not take, where something was asked for that it doesn't.
        """
        visitor = visitors.of(request)
        with user_errors(html=False), visitors.runs.enter(visitor):
            params = _params(parameters, seed)
            workspace = Workspace(_conversation(messages), (Lane("A", params, own_budget(engine)),))
            asked = visitor.bound(requests(workspace))
            # All calls of a client take their turns as one visitor, or many calls would be many.
            caller = f"{visitor.user}/{visitor.address}"
            answers = answer(
                engine, asked, Switch(), caller, visitor.seconds, visitors.still(request)
            )
            async with aclosing(answers):
                async for runs in answers:
                    run = runs["A"]
                    if run.status == "failed":
                        raise gr.Error(run.error, print_exception=False)
                    yield _result(run)

    def render_prompt(messages: list[dict]) -> dict:
        """The prompt as the model would read it: its text and its token_ids."""
        with user_errors(html=False):
            conversation = _conversation(messages)
            prompt = engine.render(Request("A", conversation, SamplingParams(), own_budget(engine)))
        return {"text": prompt.text, "token_ids": list(prompt.token_ids)}

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
            for key, preset in library_now().presets.items()
        ]

    gr.api(generate, api_name="generate", concurrency_limit=None)
    gr.api(render_prompt, api_name="render_prompt")
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
    """The message with plain paths where `gradio_client.handle_file` put descriptions of files."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_with_path(part) for part in message["content"]]}


def _with_path(part: Any) -> Any:
    if isinstance(part, dict) and isinstance(part.get("path"), dict):
        return {**part, "path": part["path"].get("path")}
    return part


def _params(parameters: Any, seed: Any) -> SamplingParams:
    if not isinstance(parameters, dict):
        raise InvalidInput(f"parameters is {parameters!r}; it must be an object, {{}} for all off.")
    if "seed" in parameters:
        raise InvalidInput("seed stands in parameters; it is an argument of its own.")
    if isinstance(seed, int | float) and seed < 0:
        seed = None
    elif seed is None:
        raise InvalidInput("seed is empty; give a whole number, negative to draw one.")
    return sampling_params({**parameters, "seed": seed})


def _result(run: Run) -> dict[str, Any]:
    parameters = asdict(run.sent.params)
    place = {} if run.place is None else {"place": run.place}
    not_sent = {"not_sent": list(run.not_sent)} if run.not_sent else {}
    return {
        "text": run.text,
        "token_ids": list(run.token_ids),
        "stop_reason": run.stop_reason,
        "prompt_tokens": run.prompt_tokens,
        "cached_tokens": run.cached_tokens,
        "parameters": {**parameters, "stop": list(parameters["stop"])},
        "seconds": run.seconds,
        **place,
        **not_sent,
    }
