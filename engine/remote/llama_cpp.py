"""llama.cpp's server: all samplers, in our order; a last assistant message is continued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.completions.openai_body import UrlOf, llama_body
from core.runs.engine import ModelDescription
from core.workspace import Request
from engine.remote.kind import Ids, Kind, asked, at, can, described, ids_of
from engine.remote.remote_server import RemoteServer


def llama_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]]
) -> tuple[ModelDescription, ...]:
    props = asked(server, "/props")
    context = at(props, "default_generation_settings", "n_ctx")
    able = can("llama_server", prefill=True, logprobs=True, constraints=True,
               images=at(props, "modalities", "vision") is True)  # fmt: skip
    return tuple(described(server, at(m, "id"), able, context) for m in models)


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    body = llama_body(request, model, url_of)
    wanted = {name: body[name] for name in ("messages", "tools") if name in body}
    with server.post("/apply-template", wanted) as answer:
        text = at(answer.json(), "prompt")
    named = {"content": text, "add_special": True, "parse_special": True}
    with server.post("/tokenize", named) as answer:
        return ids_of(at(answer.json(), "tokens"), server)


LLAMA_CPP = Kind(name="llama.cpp", body=llama_body, prompt_ids=prompt_ids)
