"""The recipe of the chosen model, below the picker. It is applied only by a click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypedDict

import gradio as gr

from components.advice.advice import offers
from components.advice.quick_fixes import with_recipe
from components.client_component import client_component
from components.feature import Changes, Feature, Services
from components.scenarios.scenario_cards import Scenarios
from components.snapshot import Snapshot
from components.wiring import Act, Wiring
from core.errors import InvalidInput
from core.library.recipe import Recipe
from core.template_options import OptionValue, in_short
from core.workspace import Workspace

TURNS = {
    "multi": "Multi-turn",
    "single": "Single turn",
    "completion": "Text completion, no chat",
}
THINKING = {"always": "thinks first", "usually": "usually thinks first", "optional": "may think"}
PARTS = {"sampling": "values", "images": "image values", "turns": "single turn"}


class Offer(TypedDict):
    """why: it is offered. marks: what is not the maker's own word. set: whether its values are."""

    key: str
    name: str
    why: str
    values: list[str]
    marks: list[str]
    seen: str
    set: bool
    facts: str
    layout: str
    note: str
    systems: list[str]
    examples: list[dict[str, str]]


class RecipeBox(Feature):
    def __init__(self, services: Services) -> None:
        self._library_now = services.library_now
        self.box = recipe_box(elem_id="recipe")

    def shown(self) -> list[Any]:
        return [self.box]

    def show(self, page: Snapshot) -> Changes:
        offered = offers(page.engine, page.library, page.chosen)
        return {self.box: [offer_value(page, recipe, why) for recipe, why in offered]}

    def wire(self, page: Wiring) -> None:
        def take(workspace: Workspace, act: Act) -> Workspace:
            """Put a recipe's values into the sidebar."""
            if (recipe := self._library_now().recipes.get(act.key)) is None:
                raise InvalidInput(f"Unknown recipe {act.key!r}. Choose the model again.")
            return with_recipe(workspace, recipe)

        page.act(self.box.take, take, repair=True)
        page.the(Scenarios).opens(self.box.example, page)


def recipe_box(**props: Any) -> gr.HTML:
    """The value is a list of offers from `offer_value`. An empty list takes up no space.

    Events, with a `key`: `take`, the recipe's values; `example`, one of its scenarios.
    """
    return client_component("recipe_box", [], events=("take", "example"), **props)


def offer_value(page: Snapshot, recipe: Recipe, why: str) -> Offer:
    library, now = page.library, page.workspace
    key = next(key for key, one in library.recipes.items() if one is recipe)
    return {
        "key": key,
        "name": recipe.name,
        "why": why,
        "values": [f"{name} {_short(value)}" for name, value in recipe.named.items()],
        "marks": marks(recipe),
        "seen": f"{recipe.source}, {recipe.date.isoformat()}",
        "set": with_recipe(now, recipe) == replace(now, preset=""),
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
    """What does not come from the model's maker."""
    inferred = " and ".join(PARTS[part] for part in recipe.inferred)
    third_party = ["third-party values"] if recipe.third_party else []
    return [*third_party, *([f"{inferred} inferred"] if inferred else [])]


def _short(value: OptionValue) -> str:
    return f"{value:g}" if isinstance(value, float) else in_short(value)
