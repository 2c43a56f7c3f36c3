"""vLLM: nearly all samplers, prefill, constraints, ids and logprobs of all tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from core.completions.openai_body import UrlOf, vllm_body
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription
from core.workspace import Request
from engine.remote.answer import WHOLE_SECONDS
from engine.remote.kind import Ids, Kind, Logprobs, at, can, described, ids_of
from engine.remote.remote_server import RemoteServer
from engine.remote.told_prompt import prompt_of_names

TOKENIZED = ("model", "messages", "tools", "continue_final_message", "add_generation_prompt")
CAN = can("vllm", prefill=True, logprobs=True, constraints=True)


def vllm_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]]
) -> tuple[ModelDescription, ...]:
    return tuple(described(server, at(m, "id"), CAN, at(m, "max_model_len")) for m in models)


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    return ids_of(at(_tokenized(server, request, model, url_of), "tokens"), server)


def prompt(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> RenderedPrompt:
    told = _tokenized(server, request, model, url_of, return_token_strs=True)
    ids = ids_of(at(told, "tokens"), server)
    asked = {"model": model, "tokens": [*ids]}
    with server.post("/detokenize", asked, seconds=WHOLE_SECONDS) as answer:
        return prompt_of_names(ids, at(told, "token_strs"), at(answer.json(), "prompt"), server)


def _tokenized(
    server: RemoteServer, request: Request, model: str, url_of: UrlOf, **more: Any
) -> Any:
    body = vllm_body(replace(request, constraint=None), model, url_of)
    asked = {name: body[name] for name in TOKENIZED if name in body}
    with server.post("/tokenize", {**asked, **more}, seconds=WHOLE_SECONDS) as answer:
        return answer.json()


def text_logprobs(server: RemoteServer, ids: Sequence[int], model: str) -> Logprobs:
    """Its text completions take ids, and tell of each the token itself and the likeliest one."""
    body = {"model": model, "prompt": [*ids], "max_tokens": 1, "temperature": 0,
            "prompt_logprobs": 1}  # fmt: skip
    with server.post("/v1/completions", body) as answer:
        choices = at(answer.json(), "choices")
    told = at(choices[0], "prompt_logprobs") if isinstance(choices, list) and choices else None
    if not isinstance(told, list) or len(told) != len(ids):
        raise InvalidInput(f"{server.name} sent no logprob for each token of a text.")
    found = [at(one, str(token_id), "logprob") for one, token_id in zip(told, ids, strict=True)]
    if not all(one is None or (type(one) in (int, float) and isfinite(one)) for one in found):
        raise InvalidInput(f"{server.name} sent a logprob that is not a number.")
    return [None if one is None else float(one) for one in found]


VLLM = Kind(
    name="vLLM", body=vllm_body, prompt_ids=prompt_ids, prompt=prompt, text_logprobs=text_logprobs
)
