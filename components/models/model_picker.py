"""The model picker: the catalogue's models, or any Hub id or folder typed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.models.model_status import model_status, status_value
from core.library.library import CatalogueModel, Family
from core.runs.engine import WEIGHTS, Engine, Loaded, Loading
from core.runs.events import Failed


@dataclass(frozen=True)
class ModelPicker:
    choice: gr.Dropdown
    load: gr.Button
    beside: gr.Button
    cancel: gr.Button
    weights: gr.Dropdown
    status: gr.HTML


def model_picker(families: Mapping[str, Family], demo_model: str) -> ModelPicker:
    choices = [("Demo model (shipped)", demo_model)] if demo_model else []
    for family in families.values():
        choices += [(_label(model), model.id) for model in family.models]
    choice = gr.Dropdown(
        choices,
        value=None,
        allow_custom_value=True,
        filterable=True,
        label="Model",
        info="Choose one, or type a Hub id or a folder.",
        interactive=True,
        elem_id="model-choice",
    )
    weights = gr.Dropdown(
        [("auto (no change of numbers)", "auto"), *((name, name) for name in WEIGHTS[1:])],
        value="auto",
        label="Weights",
        info="Number format in memory. int8 and int4 are faster on a CPU, and change the answers.",
        interactive=True,
        elem_id="model-weights",
    )
    with gr.Row(elem_id="model-buttons"):
        load = gr.Button("Load", size="sm", elem_id="model-load", min_width=80)
        beside = gr.Button(
            "Load beside", size="sm", elem_id="model-load-beside", min_width=80
        )  # fmt: skip
        cancel = gr.Button("Cancel", size="sm", elem_id="model-cancel", min_width=80, visible=False)
    return ModelPicker(choice, load, beside, cancel, weights, model_status(elem_id="model-status"))


def _label(model: CatalogueModel) -> str:
    note = f" · {model.note}" if model.note else ""
    return f"{model.id.removeprefix('LiquidAI/')} · {model.size}{note}"


def loading(
    engine: Engine,
    model: str,
    demo_model: str,
    cancelled: Callable[[], bool],
    weights: str,
    beside: bool = False,
) -> Iterator[dict[str, Any]]:
    """Load `model` and yield the status to show; on failure or cancelling the models stay."""
    error = ""
    with closing(engine.load(model, weights, beside)) as events:
        for event in events:
            match event:
                case Loading() if cancelled():
                    error = f"Loading {model} was cancelled."
                    break
                case Loading():
                    yield status_value(engine.models, demo_model, event)
                case Loaded():
                    break
                case Failed():
                    error = event.message
    yield status_value(engine.models, demo_model, error=error)
