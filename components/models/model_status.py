"""The model in use as it really is in memory, and the progress of one being loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.runs.engine import Loading, ModelDescription

DEMO_BANNER = (
    "This is a demo model of a few million weights: it formats dates, extracts names and ages, "
    "tells small stories and sees drawn shapes and codes. For real work choose a model above and "
    "press Load."
)


def model_status(**props: Any) -> gr.HTML:
    return client_component("model_status", {}, **props)


def status_value(
    models: Sequence[ModelDescription],
    demo_model: str = "",
    loading: Loading | None = None,
    error: str = "",
) -> dict[str, Any]:
    """models: in memory, the one in use first. demo_model: the id of the one with the banner."""
    value: dict[str, Any] = {"state": "none", "error": error}
    if models:
        used, *beside = models
        value |= {
            "state": "ready",
            "name": used.name,
            "facts": _facts(used),
            "demo": DEMO_BANNER if used.model == demo_model else "",
            "beside": _beside(used, beside),
        }
    if loading:
        value |= {
            "state": "loading",
            "step": f"{loading.step} · {loading.seconds:.0f} s",
            "fraction": loading.fraction,
        }
    return value


def _beside(used: ModelDescription, beside: Sequence[ModelDescription]) -> str:
    """What else is in memory, and what the buttons would unload."""
    if not beside:
        return f"“Load” replaces {used.name}. “Load beside” keeps it, for lanes to compare two."
    other = beside[0]
    facts = ", ".join([*_numbers(other), *_memory(other)])
    return (
        f"Beside it, for lanes that choose it: {other.name}{f' ({facts})' if facts else ''}. "
        f"“Load” unloads both, “Load beside” unloads {other.name}."
    )


def _facts(description: ModelDescription) -> list[str]:
    """Those that are known."""
    count, seconds = description.parameters, description.load_seconds
    return [
        *filter(None, [description.device]),
        *_numbers(description),
        *([] if count is None else [f"{_short(count)} weights"]),
        *_memory(description),
        f"context {description.context_length:,}",
        "reads images" if description.capabilities.images else "text only",
        *([] if seconds is None else [f"loaded in {seconds:.1f} s"]),
    ]


def _memory(description: ModelDescription) -> list[str]:
    size = description.memory_bytes
    return [] if size is None else [f"{size / 2**20:,.0f} MiB"]


def _numbers(description: ModelDescription) -> list[str]:
    """The weights as they are kept, and what is computed in if that differs."""
    weights, dtype = description.weights, description.dtype
    if not weights or not dtype or weights.startswith(dtype):
        return list(filter(None, [weights or dtype]))
    return [f"{weights} weights", f"computes in {dtype}"]


def _short(number: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)
