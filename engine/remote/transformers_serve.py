"""`transformers serve`: Transformers' own samplers, one request at a time, so that seeds hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.completions.openai_body import transformers_body
from core.runs.engine import ModelDescription
from core.sampling import samplers
from engine.remote.kind import Kind, at, can, described
from engine.remote.remote_server import RemoteServer

CAN = can("openai", samplers=frozenset(samplers()))


def serve_models(
    server: RemoteServer, models: Sequence[Mapping[str, Any]]
) -> tuple[ModelDescription, ...]:
    """It lists what the Hub's cache has; started for one folder, it may list nothing, and then
    answers without a name.
    """
    names = [at(model, "id") for model in models] or [""]
    return tuple(described(server, name, CAN) for name in names)


TRANSFORMERS = Kind(name="transformers serve", body=transformers_body, draws_alike=True)
