"""The image budget controls; the page shows them only for a model that reads images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from core.errors import InvalidInput
from core.vision import MOST_IMAGE_TOKENS, VisionBudget


def budget_panel() -> tuple[gr.Accordion, dict[str, gr.components.FormComponent]]:
    """Draw the controls; returns the panel, to show or hide it, and the controls by name."""
    budget = VisionBudget()
    with gr.Accordion(
        "Images", open=False, elem_classes="panel", elem_id="images", visible=False
    ) as panel:
        controls: dict[str, gr.components.FormComponent] = {
            "min_image_tokens": gr.Slider(
                1, MOST_IMAGE_TOKENS, budget.min_image_tokens, step=1, interactive=True,
                label="Min image tokens", info="Smaller images are enlarged to this.",
                elem_id="budget-min",
            ),
            "max_image_tokens": gr.Slider(
                1, MOST_IMAGE_TOKENS, budget.max_image_tokens, step=1, interactive=True,
                label="Max image tokens", info="Larger images are shrunk to this, or split.",
                elem_id="budget-max",
            ),
            "do_image_splitting": gr.Checkbox(
                budget.do_image_splitting, interactive=True, label="Image splitting",
                info="Cuts large images into tiles of 512 x 512 pixels, 256 tokens each.",
                elem_id="budget-splitting",
            ),
        }  # fmt: skip
    return panel, controls


def budget_of(values: Mapping[str, Any], mend: bool = False) -> VisionBudget:
    """Read the controls' raw values. Raises InvalidInput or, to mend, takes the defaults."""
    try:
        least, most = (
            _whole(name, values[name]) for name in ("min_image_tokens", "max_image_tokens")
        )
        return VisionBudget(least, most, bool(values["do_image_splitting"]))
    except InvalidInput:
        if mend:
            return VisionBudget()
        raise


def _whole(name: str, value: Any) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= MOST_IMAGE_TOKENS or value != int(value):
        shown = "empty" if value is None else repr(value)
        raise InvalidInput(
            f"{name} is {shown}; it must be a whole number from 1 to {MOST_IMAGE_TOKENS}."
        )
    return int(value)


def budget_values(budget: VisionBudget) -> dict[str, Any]:
    return {name: getattr(budget, name) for name in VisionBudget.__dataclass_fields__}
