"""The image budget: buttons with their costs, and controls. Shown for models that read images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.feature import Changes, Feature, Services
from components.sampling.sampling_panel import changed_by_hand
from components.snapshot import Snapshot
from components.wiring import Act, Wiring, named
from core.errors import InvalidInput
from core.library.library import Budget
from core.runs.engine import Engine
from core.vision import (
    LARGEST_TILE,
    MOST_TILES,
    VisionBudget,
    changed,
    image_cost,
    splitting_trap,
)
from core.workspace import Workspace

# The values of a checkpoint's processor; loading a model sets them.
USUAL_MOST = 1024  # the sliders' usual maximum; a checkpoint with a higher value raises it
NETWORK = ("encoder_patch_size", "downsample_factor")
ADVANCED = ("min_tiles", "max_tiles", "use_thumbnail", "tile_size", "max_pixels_tolerance")


class BudgetButton(TypedDict):
    """tokens: what the attached images would cost; None without any."""

    key: str
    name: str
    description: str
    title: str
    tokens: int | None


class BarProps(TypedDict):
    """active: the key of the budget whose values are set."""

    budgets: list[BudgetButton]
    active: str
    warning: str
    note: str


class BudgetPanel(Feature):
    """Shown for models that read images. advanced: for processors that split images."""

    def __init__(self, services: Services) -> None:
        self._engine, self._library_now = services.engine, services.library_now
        budgets = self._library_now().budgets
        usual = VisionBudget()
        with gr.Column(elem_classes="sliders", elem_id="images", visible=False) as self.panel:
            self.bar = client_component(
                "budget_bar", {}, events=("pick", "quick_fix"), **bar_props(budgets),
                elem_id="budgets",
            )  # fmt: skip
            tokens = {"minimum": 1, "maximum": USUAL_MOST, "step": 1, "interactive": True}
            controls: dict[str, gr.components.FormComponent] = {
                "min_image_tokens": gr.Slider(
                    value=usual.min_image_tokens, label="Min image tokens", elem_id="budget-min",
                    info="Smaller images are enlarged to this many tokens.", **tokens,
                ),
                "max_image_tokens": gr.Slider(
                    value=usual.max_image_tokens, label="Max image tokens", elem_id="budget-max",
                    info="Larger images are shrunk to this many tokens, or split.", **tokens,
                ),
                "do_image_splitting": gr.Checkbox(
                    usual.do_image_splitting, interactive=True, label="Image splitting",
                    info="Splits large images into tiles. Each tile costs the same.",
                    elem_id="budget-splitting",
                ),
            }  # fmt: skip
            with gr.Accordion("Advanced", open=False, elem_id="budget-advanced") as self.advanced:
                controls |= _advanced(usual)
        self.inputs = controls

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        own = {name: values[name] for name in self.inputs}
        return replace(workspace, budget=budget_of(own, repair))

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {name: getattr(workspace.budget, name) for name in self.inputs}

    def value_events(self) -> list[Any]:
        return changed_by_hand(self.inputs.values())

    def shown(self) -> list[Any]:
        return [self.bar]

    def show(self, page: Snapshot) -> Changes:
        budget, budgets = page.workspace.budget, page.library.budgets
        sizes = [(one.facts.width, one.facts.height) for one in page.images if one.facts]
        costs = {
            key: image_cost(sizes, as_taken(page.engine, one.budget(budget)))
            for key, one in budgets.items()
            if sizes
        }
        shown = bar_props(
            budgets,
            active_budget(budgets, budget),
            trap_warning(sizes, as_taken(page.engine, budget)),
            pixels_note(page.engine, budget),
            costs,
        )
        return {self.bar: gr.update(**shown)}

    def model_shown(self) -> list[Any]:
        return [self.panel, self.advanced]

    def show_model(self) -> Changes:
        description = self._engine.description
        splits = description is None or description.splits_images
        return {
            self.panel: gr.Column(visible=has_budget(self._engine)),
            self.advanced: gr.Accordion(visible=splits),
        }

    def of_processor(self) -> Changes:
        """The values of the loaded checkpoint's processor, and the range of the sliders."""
        budget = own_budget(self._engine)
        reach = gr.update(maximum=max(USUAL_MOST, budget.max_image_tokens))
        return {
            **{self.inputs[name]: getattr(budget, name) for name in ADVANCED},
            **{self.inputs[name]: reach for name in ("min_image_tokens", "max_image_tokens")},
        }

    def wire(self, page: Wiring) -> None:
        def pick(workspace: Workspace, act: Act) -> Workspace:
            budget = named(self._library_now().budgets, act.key, "image budget")
            return replace(workspace, budget=budget.budget(workspace.budget))

        def turn_splitting_off(workspace: Workspace, act: Act) -> Workspace:
            budget = replace(workspace.budget, do_image_splitting=False)
            return replace(workspace, budget=budget)

        page.act(self.bar.pick, pick, repair=True)
        page.act(self.bar.quick_fix, turn_splitting_off)


def bar_props(
    budgets: Mapping[str, Budget],
    active: str = "",
    warning: str = "",
    note: str = "",
    costs: Mapping[str, int] = MappingProxyType({}),
) -> BarProps:
    """All props of the bar at each update: a closed tab knows only the last update. costs: tokens
    of the attached images, by budget.
    """
    buttons: list[BudgetButton] = [
        {
            "key": key,
            "name": budget.name,
            "description": budget.description,
            "title": _title(budget),
            "tokens": costs.get(key),
        }
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
            info="Adds the whole image to its tiles, within the two limits.",
        ),
        "tile_size": gr.Slider(
            usual.token_side, LARGEST_TILE, usual.tile_size, step=usual.token_side,
            label="Tile size", info="Pixels per side.", interactive=True,
        ),
        "max_pixels_tolerance": gr.Slider(
            0.1, 10, usual.max_pixels_tolerance, step=0.1, label="Tolerance", interactive=True,
            info="An image is split if it exceeds the maximum by this factor.",
        ),
    }  # fmt: skip


def _title(budget: Budget) -> str:
    values = ", ".join(f"{name} {value}" for name, value in budget.images.items())
    return f"{values}\nSource: {budget.source}, {budget.date}"


def budget_of(values: Mapping[str, Any], repair: bool = False) -> VisionBudget:
    """Read the controls' raw values. Raises InvalidInput; with `repair`, takes the defaults."""
    try:
        usual = VisionBudget()
        read = {name: _number(name, value, getattr(usual, name)) for name, value in values.items()}
        return changed(usual, read)
    except InvalidInput:
        if repair:
            return VisionBudget()
        raise


def _number(name: str, value: Any, usual: Any) -> Any:
    """A control's value for the budget's field; None if an older draft does not have it."""
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
    """The key of the button with these values; empty if there is none."""
    found = (key for key, one in budgets.items() if one.budget(budget) == budget)
    return next(found, "")


def trap_warning(sizes: Sequence[tuple[int, int]], budget: VisionBudget) -> str:
    """The warning that splitting costs more than it saves; empty if it does not."""
    trap = splitting_trap(sizes, budget)
    if trap is None:
        return ""
    images = "This image costs" if len(sizes) == 1 else f"These {len(sizes)} images cost"
    return (
        f"{images} {trap.split:,} tokens, more than the {trap.default:,} with the family default. "
        f"A lower maximum splits smaller images, and each tile still costs the same. "
        f"Without splitting: {trap.whole:,} tokens."
    )


def own_budget(engine: Engine) -> VisionBudget:
    """The image processor's values of the model in use, else the defaults of the class."""
    description = engine.description
    return (description.budget if description else None) or VisionBudget()


def may_attach(engine: Engine) -> bool:
    """Whether messages may have images: also before a model is loaded, to see their cost."""
    description = engine.description
    return description is None or description.capabilities.images


def has_budget(engine: Engine) -> bool:
    """Whether the model in use takes LFM2-VL's budget; True also before one is loaded."""
    description = engine.description
    return description is None or description.budget is not None


def as_taken(engine: Engine, budget: VisionBudget) -> VisionBudget:
    """The budget for the model in use: with its own patches, and tiles only if it splits images."""
    description, own = engine.description, own_budget(engine)
    taken: dict[str, Any] = {name: getattr(own, name) for name in NETWORK}
    if description and not description.splits_images:
        taken["do_image_splitting"] = False
    side = own.encoder_patch_size * own.downsample_factor
    if budget.tile_size % side:
        taken["tile_size"] = own.tile_size
    return changed(budget, taken)


def pixels_note(engine: Engine, budget: VisionBudget) -> str:
    """The `size` of a processor that counts pixels. Empty for one that splits images."""
    description = engine.description
    if description is None or description.splits_images:
        return ""
    pixels = own_budget(engine).token_side ** 2
    least, most = budget.min_image_tokens * pixels, budget.max_image_tokens * pixels
    return (
        f"This model's processor does not split images. It resizes them to between "
        f"{least:,} and {most:,} pixels (shortest_edge, longest_edge)."
    )
