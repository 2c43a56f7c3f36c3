"""llama.cpp's server: all samplers, in our order. Whether it continues a last assistant message as
it stands depends on the model: before one of LFM2, newer versions write an empty thought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.completions.openai_body import UrlOf, llama_body
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription
from core.workspace import Request
from engine.remote.answer import WHOLE_SECONDS
from engine.remote.kind import Ids, Kind, asked, at, can, described, ids_of
from engine.remote.remote_server import RemoteServer
from engine.remote.told_prompt import prompt_of_pieces


def llama_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]]
) -> tuple[ModelDescription, ...]:
    props = asked(server, "/props")
    context = at(props, "default_generation_settings", "n_ctx")
    able = can("llama_server", prefill=_continues(server), logprobs=True, constraints=True,
               images=at(props, "modalities", "vision") is True)  # fmt: skip
    return tuple(described(server, at(m, "id"), able, context) for m in models)


def _continues(server: RemoteServer) -> bool:
    """Whether the prompt with a prefill is the one without, and then the prefill."""
    asked, begun = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So"}
    try:
        without, with_it = (_prompt(server, {"messages": m}) for m in ([asked], [asked, begun]))
    except InvalidInput:
        return False
    return isinstance(without, str) and with_it == f"{without}So"


def _prompt(server: RemoteServer, body: Mapping[str, Any]) -> Any:
    with server.post("/apply-template", body, seconds=WHOLE_SECONDS) as answer:
        return at(answer.json(), "prompt")


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    return ids_of(_tokens(server, llama_body(request, model, url_of)), server)


def prompt(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> RenderedPrompt:
    if request.conversation.images:
        raise InvalidInput(
            f"{server.name} doesn't say how many tokens an image takes, so a prompt with images "
            "can't be counted before a run."
        )
    body = llama_body(replace(request, constraint=None), model, url_of)
    return prompt_of_pieces(_tokens(server, body, with_pieces=True), server)


def _tokens(server: RemoteServer, body: Mapping[str, Any], **more: Any) -> Any:
    wanted = {name: body[name] for name in ("messages", "tools") if name in body}
    named = {"content": _prompt(server, wanted), "add_special": True, "parse_special": True}
    with server.post("/tokenize", {**named, **more}, seconds=WHOLE_SECONDS) as answer:
        return at(answer.json(), "tokens")


LLAMA_CPP = Kind(name="llama.cpp", body=llama_body, prompt_ids=prompt_ids, prompt=prompt)
