"""vLLM: nearly all samplers, prefill, constraints, ids and logprobs of all tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.completions.openai_body import UrlOf, vllm_body
from core.runs.engine import ModelDescription
from core.workspace import Request
from engine.remote.kind import Ids, Kind, at, can, described, ids_of
from engine.remote.remote_server import RemoteServer

TOKENIZED = ("model", "messages", "tools", "continue_final_message", "add_generation_prompt")
CAN = can("vllm", prefill=True, logprobs=True, constraints=True)


def vllm_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]]
) -> tuple[ModelDescription, ...]:
    return tuple(described(server, at(m, "id"), CAN, at(m, "max_model_len")) for m in models)


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    body = vllm_body(request, model, url_of)
    asked = {name: body[name] for name in TOKENIZED if name in body}
    with server.post("/tokenize", asked) as answer:
        return ids_of(at(answer.json(), "tokens"), server)


VLLM = Kind(name="vLLM", body=vllm_body, prompt_ids=prompt_ids)
