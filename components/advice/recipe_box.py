"""The recipe of the chosen model, below the picker: offered, and applied only by a click."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.client_component import client_component
from core.library.library import Library
from core.library.recipe import Recipe
from core.sampling import SamplingParams
from core.vision import VisionBudget

TURNS = {
    "multi": "Several turns",
    "single": "Single turn",
    "completion": "Continues text, no chat",
}
THINKING = {"always": "thinks first", "usually": "mostly thinks first", "optional": "may think"}
PARTS = {"sampling": "values", "images": "image values", "turns": "single turn"}


def recipe_box(**props: Any) -> gr.HTML:
    """The value is a list of offers as `offer_value` makes them; without any it takes no room.

    Events, with a `key`: `take`, the recipe's values; `example`, one of its scenarios.
    """
    return client_component("recipe_box", [], **props)


def offer_value(
    library: Library, recipe: Recipe, why: str, params: SamplingParams, budget: VisionBudget
) -> dict[str, Any]:
    key = next(key for key, one in library.recipes.items() if one is recipe)
    return {
        "key": key,
        "name": recipe.name,
        "why": why,
        "values": [f"{name} {_short(value)}" for name, value in recipe.named.items()],
        "marks": marks(recipe),
        "seen": f"{recipe.source}, {recipe.date.isoformat()}",
        "set": recipe.params(params) == params and recipe.budget(budget) == budget,
        "facts": ", ".join(filter(None, [TURNS[recipe.turns], THINKING.get(recipe.thinking, "")])),
        "layout": recipe.layout,
        "note": recipe.note,
        "systems": list(recipe.system.texts),
        "examples": [
            {"key": scenario, "name": one.name}
            for scenario, one in library.examples_of(recipe).items()
        ],
    }


def marks(recipe: Recipe) -> list[str]:
    """What a reader should not take for the maker's own word."""
    inferred = " and ".join(PARTS[part] for part in recipe.inferred)
    third_party = ["values of a third party"] if recipe.third_party else []
    return [*third_party, *([f"{inferred} inferred"] if inferred else [])]


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}"
