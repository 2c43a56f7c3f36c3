"""Ollama by its own protocol, which takes more samplers than its /v1. Its lines are JSON each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from core.completions.chunks import ChunkReader
from core.completions.openai_body import ollama_body
from core.errors import InvalidInput
from core.runs.engine import ModelDescription
from core.runs.events import Event
from engine.remote.answer import WHOLE_SECONDS
from engine.remote.kind import Kind, at, can, described
from engine.remote.remote_server import RemoteServer


def ollama_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]], most_seconds: float = WHOLE_SECONDS
) -> tuple[ModelDescription, ...]:
    """most_seconds: for all of them together; those not shown by then can less."""
    end = monotonic() + most_seconds
    return tuple(_described(server, at(model, "id"), end - monotonic()) for model in models)


def _described(server: RemoteServer, name: Any, seconds: float) -> ModelDescription:
    shown = None
    with suppress(InvalidInput):
        if seconds > 0:
            with server.post("/api/show", {"model": name}, seconds=seconds) as answer:
                shown = answer.json()
    abilities, info = at(shown, "capabilities"), at(shown, "model_info")
    listed: list[Any] = abilities if isinstance(abilities, list) else []
    able = can("ollama", prefill=True, logprobs=True, constraints=True,
               images="vision" in listed, tools="tools" in listed)  # fmt: skip
    named = info.items() if isinstance(info, Mapping) else ()
    lengths = [value for key, value in named if str(key).endswith(".context_length")]
    weights = at(shown, "details", "quantization_level")
    kept = weights[:40] if isinstance(weights, str) else ""
    return described(server, name, able, next(iter(lengths), None), kept)


class OllamaReader:
    """Turns its lines into OpenAI's chunks."""

    def __init__(self, server: str) -> None:
        self._chunks = ChunkReader(server)
        self._called = 0  # each call comes whole, mostly in a chunk of its own

    def read(self, chunk: Any, seconds: float) -> Iterator[Event]:
        message = at(chunk, "message")
        delta: dict[str, Any] = {
            "content": at(message, "content"), "reasoning_content": at(message, "thinking"),
            "tool_calls": self._calls(at(message, "tool_calls")),
        }  # fmt: skip
        reason = None
        if at(chunk, "done") is True:
            reason = "length" if at(chunk, "done_reason") == "length" else "stop"
        told = at(chunk, "logprobs")
        choice = {"delta": delta, "finish_reason": reason, "logprobs": {"content": told}}
        return self._chunks.read({"choices": [choice]}, seconds)

    def _calls(self, value: Any) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []
        for call in value if isinstance(value, list) else []:
            given = json.dumps(at(call, "function", "arguments") or {})
            function = {"name": at(call, "function", "name"), "arguments": given}
            calls.append({"index": self._called, "function": function})
            self._called += 1
        return calls


OLLAMA = Kind(name="Ollama", body=ollama_body, reader=OllamaReader, path="/api/chat", lines=True)
