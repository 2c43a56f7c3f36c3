"""SGLang. Seeds are off: they count only with its flag --enable-deterministic-inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.completions.openai_body import sglang_body
from core.runs.engine import ModelDescription
from engine.remote.kind import Kind, at, can, described
from engine.remote.remote_server import RemoteServer

CAN = can("sglang", prefill=True, logprobs=True, constraints=True, seeds=False)


def sglang_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]]
) -> tuple[ModelDescription, ...]:
    return tuple(described(server, at(m, "id"), CAN, at(m, "max_model_len")) for m in models)


SGLANG = Kind(name="SGLang", body=sglang_body)
