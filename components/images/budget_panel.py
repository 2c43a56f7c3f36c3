"""The image budget: buttons, controls, and what it costs; shown for a model that reads images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.errors import InvalidInput
from core.library.library import Budget
from core.runs.engine import Engine
from core.vision import (
    LARGEST_TILE,
    MOST_TILES,
    VisionBudget,
    changed,
    splitting_trap,
)

# What a checkpoint's processor brings along; loading a model sets them.
USUAL_MOST = 1024  # of the sliders; a checkpoint that goes further moves it
NETWORK = ("encoder_patch_size", "downsample_factor")
ADVANCED = ("min_tiles", "max_tiles", "use_thumbnail", "tile_size", "max_pixels_tolerance")


@dataclass(frozen=True)
class BudgetPanel:
    """panel: to show or hide. controls: by the budget's names. bar: the buttons and the warning.

    advanced: of processors that cut tiles.
    """

    panel: gr.Accordion
    advanced: gr.Accordion
    controls: dict[str, gr.components.FormComponent]
    bar: gr.HTML


def budget_panel(budgets: Mapping[str, Budget]) -> BudgetPanel:
    usual = VisionBudget()
    with gr.Accordion(
        "Images", open=False, elem_classes="panel", elem_id="images", visible=False
    ) as panel:
        bar = client_component("budget_bar", {}, **bar_props(budgets), elem_id="budgets")
        tokens = {"minimum": 1, "maximum": USUAL_MOST, "step": 1, "interactive": True}
        controls: dict[str, gr.components.FormComponent] = {
            "min_image_tokens": gr.Slider(
                value=usual.min_image_tokens, label="Min image tokens", elem_id="budget-min",
                info="Smaller images are enlarged to this.", **tokens,
            ),
            "max_image_tokens": gr.Slider(
                value=usual.max_image_tokens, label="Max image tokens", elem_id="budget-max",
                info="Larger images are shrunk to this, or split.", **tokens,
            ),
            "do_image_splitting": gr.Checkbox(
                usual.do_image_splitting, interactive=True, label="Image splitting",
                info="Cuts large images into tiles, each at its full price.",
                elem_id="budget-splitting",
            ),
        }  # fmt: skip
        with gr.Accordion("Advanced", open=False, elem_id="budget-advanced") as advanced:
            controls |= _advanced(usual)
    return BudgetPanel(panel, advanced, controls, bar)


def bar_props(
    budgets: Mapping[str, Budget], active: str = "", warning: str = "", note: str = ""
) -> dict[str, Any]:
    """All props of the bar at each update: in a closed panel the last update is all it knows."""
    buttons = [
        {"key": key, "name": budget.name, "title": _title(budget)}
        for key, budget in budgets.items()
    ]
    return {"budgets": buttons, "active": active, "warning": warning, "note": note}


def _advanced(usual: VisionBudget) -> dict[str, gr.components.FormComponent]:
    tiles = {"minimum": 2, "maximum": MOST_TILES, "step": 1, "interactive": True}
    return {
        "min_tiles": gr.Slider(value=usual.min_tiles, label="Min tiles", **tiles),
        "max_tiles": gr.Slider(value=usual.max_tiles, label="Max tiles", **tiles),
        "use_thumbnail": gr.Checkbox(
            usual.use_thumbnail, interactive=True, label="Thumbnail",
            info="The whole image beside its tiles, within the two bounds.",
        ),
        "tile_size": gr.Slider(
            usual.token_side, LARGEST_TILE, usual.tile_size, step=usual.token_side,
            label="Tile size", info="Pixels a side.", interactive=True,
        ),
        "max_pixels_tolerance": gr.Slider(
            0.1, 10, usual.max_pixels_tolerance, step=0.1, label="Tolerance", interactive=True,
            info="An image is split from this many times the maximum on.",
        ),
    }  # fmt: skip


def _title(budget: Budget) -> str:
    values = ", ".join(f"{name} {value}" for name, value in budget.images.items())
    return f"{budget.description}\n{values}\nSource: {budget.source}, {budget.date}"


def budget_of(values: Mapping[str, Any], mend: bool = False) -> VisionBudget:
    """Read the controls' raw values. Raises InvalidInput or, to mend, takes the defaults."""
    try:
        usual = VisionBudget()
        read = {name: _number(name, value, getattr(usual, name)) for name, value in values.items()}
        return changed(usual, read)
    except InvalidInput:
        if mend:
            return VisionBudget()
        raise


def _number(name: str, value: Any, usual: Any) -> Any:
    """A control's value as the budget's field has it; None where a draft doesn't know it yet."""
    if isinstance(usual, bool):
        return usual if value is None else bool(value)
    if value is None and name in ADVANCED:
        return usual
    if not isinstance(value, int | float) or isinstance(value, bool):
        shown = "empty" if value is None else repr(value)
        raise InvalidInput(f"{name} is {shown}; it must be a number.")
    if isinstance(usual, float):
        return value
    if isinstance(value, float) and not value.is_integer():
        raise InvalidInput(f"{name} is {value!r}; it must be a whole number.")
    return int(value)


def budget_values(budget: VisionBudget) -> dict[str, Any]:
    return {name: getattr(budget, name) for name in VisionBudget.__dataclass_fields__}


def active_budget(budgets: Mapping[str, Budget], budget: VisionBudget) -> str:
    """The key of the button whose values these are; empty if none."""
    found = (key for key, one in budgets.items() if one.budget(budget) == budget)
    return next(found, "")


def trap_warning(sizes: Sequence[tuple[int, int]], budget: VisionBudget) -> str:
    """The sentence about splitting that costs more than it saves; empty where it does not."""
    trap = splitting_trap(sizes, budget)
    if trap is None:
        return ""
    images = "This image costs" if len(sizes) == 1 else f"These {len(sizes)} images cost"
    return (
        f"{images} {trap.split:,} tokens, more than the {trap.default:,} of the family default: a "
        f"lower maximum splits smaller images, and each tile keeps its price. "
        f"Without splitting: {trap.whole:,}."
    )


def own_budget(engine: Engine) -> VisionBudget:
    """The image processor's values of the model in use; without one, those of the class."""
    description = engine.description
    return (description.budget if description else None) or VisionBudget()


def may_attach(engine: Engine) -> bool:
    """Whether images may be in messages: also before a model is loaded, to see what they cost."""
    description = engine.description
    return description is None or description.capabilities.images


def has_budget(engine: Engine) -> bool:
    """Whether the model in use takes LFM2-VL's budget; also before one is loaded."""
    description = engine.description
    return description is None or description.budget is not None


def as_taken(engine: Engine, budget: VisionBudget) -> VisionBudget:
    """The budget as the model in use takes it: patches are its own, and tiles need a processor."""
    description, own = engine.description, own_budget(engine)
    taken: dict[str, Any] = {name: getattr(own, name) for name in NETWORK}
    if description and not description.splits_images:
        taken["do_image_splitting"] = False
    side = own.encoder_patch_size * own.downsample_factor
    if budget.tile_size % side:
        taken["tile_size"] = own.tile_size
    return changed(budget, taken)


def pixels_note(engine: Engine, budget: VisionBudget) -> str:
    """For a processor that knows pixels: what its `size` will be. Empty for one that cuts tiles."""
    description = engine.description
    if description is None or description.splits_images:
        return ""
    pixels = own_budget(engine).token_side ** 2
    least, most = budget.min_image_tokens * pixels, budget.max_image_tokens * pixels
    return (
        f"This model's processor cuts no tiles; its size is {least:,} to {most:,} pixels "
        "(shortest_edge, longest_edge)."
    )
