"""Which kind of server answers at an address, and which models it has."""

from __future__ import annotations

from core.completions.model_facts import read_models
from core.errors import InvalidInput
from core.runs.engine import ModelDescription
from engine.remote.kind import Kind, asked, at, can, described, entries
from engine.remote.llama_cpp import LLAMA_CPP, llama_models
from engine.remote.ollama import OLLAMA, ollama_models
from engine.remote.playground import PLAYGROUND
from engine.remote.remote_server import RemoteServer
from engine.remote.sglang import SGLANG, sglang_models
from engine.remote.transformers_serve import TRANSFORMERS, serve_models
from engine.remote.vllm import VLLM, vllm_models

OPENAI = Kind(name="OpenAI-compatible")
Found = tuple[Kind, tuple[ModelDescription, ...]]


def found(server: RemoteServer) -> Found:
    """Asks what each kind alone has. Raises InvalidInput where nothing answers as any of them."""
    try:
        listed = server.get("/v1/models")
    except InvalidInput:  # `transformers serve` fails there where the Hub's cache is missing
        if not _is_transformers(server):
            raise
        listed = None
    models = entries(listed)
    if any("playground" in one for one in models):
        return PLAYGROUND, read_models(listed, server.name)
    owner = at(models[0], "owned_by") if models else None
    if owner == "vllm":
        return VLLM, vllm_models(server, models)
    if owner == "sglang":
        return SGLANG, sglang_models(server, models)
    if owner == "llamacpp":
        return LLAMA_CPP, llama_models(server, models)
    if at(asked(server, "/api/version"), "version"):
        return OLLAMA, ollama_models(server, models)
    if _is_transformers(server):
        return TRANSFORMERS, serve_models(server, models)
    if not models:
        raise InvalidInput(
            f"{server.name} lists no models at /v1/models. Load one there, or check the address."
        )
    able = can("openai")
    return OPENAI, tuple(
        described(server, at(m, "id"), able, at(m, "max_model_len")) for m in models
    )


def _is_transformers(server: RemoteServer) -> bool:
    return bool(at(asked(server, "/openapi.json"), "paths", "/load_model"))
