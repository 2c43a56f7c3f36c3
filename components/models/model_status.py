"""The model in use, as it is in memory, and the progress of a model that is being loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

import gradio as gr

from components.client_component import client_component
from core.bounds import USUAL_CONTEXT
from core.runs.engine import Loading, ModelDescription

DEMO_BANNER = (
    "A small demo model for trying out the page: dates, names and ages, short stories, drawn "
    "shapes and codes. For real work, choose a larger one above."
)


class StatusValue(TypedDict):
    """state: none, ready or loading. fraction: of a load, None where nobody knows it."""

    state: str
    error: str
    name: NotRequired[str]
    facts: NotRequired[list[str]]
    demo: NotRequired[str]
    second: NotRequired[str]
    step: NotRequired[str]
    fraction: NotRequired[float | None]


def model_status(**props: Any) -> gr.HTML:
    return client_component("model_status", {}, **props)


def status_value(
    models: Sequence[ModelDescription],
    demo_model: str = "",
    loading: Loading | None = None,
    error: str = "",
) -> StatusValue:
    """models: those in memory, the one in use first. demo_model: the id that gets the banner."""
    value: StatusValue = {"state": "none", "error": error}
    if models:
        used = models[0]
        value["state"] = "ready"
        value["name"] = used.name
        value["facts"] = _facts(used)
        value["demo"] = DEMO_BANNER if used.model == demo_model else ""
        value["second"] = _others(models)
    if loading:
        value["state"] = "loading"
        value["step"] = f"{loading.step} · {loading.seconds:.0f} s"
        value["fraction"] = loading.fraction
    return value


def _others(models: Sequence[ModelDescription]) -> str:
    """What lanes can choose in addition, and what the buttons would unload."""
    here = [model for model in models if not model.server]
    there = ", ".join(model.name for model in models if model.server)
    told = [_second(here[0], here[1:])] if here else []
    return " ".join(told + ([f"Lanes can also use models on servers: {there}."] if there else []))


def _second(used: ModelDescription, others: Sequence[ModelDescription]) -> str:
    """The second model, if any, and what the buttons would unload."""
    if not others:
        return f"“Load” replaces {used.name}. To compare two models, use “Load as second model”."
    other = others[0]
    facts = ", ".join([*_numbers(other), *_memory(other)])
    return (
        f"Second model: {other.name}{f' ({facts})' if facts else ''}. Lanes can choose it. "
        f"“Load” replaces both models; “Load as second model” replaces only {other.name}."
    )


def _facts(description: ModelDescription) -> list[str]:
    """The known facts about a model."""
    count, seconds = description.parameters, description.load_seconds
    return [
        *filter(None, [description.device]),
        *_numbers(description),
        *([] if count is None else [f"{_short(count)} weights"]),
        *_memory(description),
        *_context(description),
        "reads images" if description.capabilities.images else "text only",
        *(["lean decoding"] if description.decoding == "lean" else []),
        *([] if description.capabilities.roles else ["no chat template"]),
        *([] if seconds is None else [f"loaded in {seconds:.1f} s"]),
    ]


def _context(description: ModelDescription) -> list[str]:
    """Not every server tells it; then the length is an assumption of ours."""
    told = not (description.server and description.context_length == USUAL_CONTEXT)
    return [f"context {description.context_length:,}"] if told else []


def _memory(description: ModelDescription) -> list[str]:
    size = description.memory_bytes
    return [] if size is None else [f"{size / 2**20:,.0f} MiB"]


def _numbers(description: ModelDescription) -> list[str]:
    """The format of the weights, and the one used for computing if it differs."""
    weights, dtype = description.weights, description.dtype
    if not weights or not dtype or weights.startswith(dtype):
        return list(filter(None, [weights or dtype]))
    return [f"{weights} weights", f"computes in {dtype}"]


def _short(number: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)
