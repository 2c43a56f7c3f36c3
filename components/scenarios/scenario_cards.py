"""Cards for complete examples: messages, preset and length in one click."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NotRequired, TypedDict

import gradio as gr

from components.advice.advice import offers
from components.advice.quick_fixes import recipe_for, with_recipe
from components.client_component import client_component
from components.event_data import sent
from components.feature import QUICK, Changes, Feature, Services, Values
from components.images.samples import with_pictures
from components.presets.presets import with_preset
from components.snapshot import Snapshot
from components.user_errors import user_errors
from components.wiring import Wiring, named
from core.lanes import AS_IN_THE_SIDEBAR, LaneSettings
from core.library.library import Library
from core.library.recipe import Recipe
from core.library.scenario import Scenario
from core.workspace import Workspace

SHEET = "One prompt run on many rows, with checks; opens as a sheet."


class Card(TypedDict):
    """model: whose example it is; empty for one of any model. missing: what the model in use would
    have to be; empty if it can do it. sheet: whether it is an example of a sheet.
    """

    key: str
    name: str
    description: str
    model: str
    missing: str
    sheet: NotRequired[bool]


class Scenarios(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services
        self.cards = scenario_cards(services.library_now(), elem_id="scenarios")

    def shown(self) -> list[Any]:
        return [self.cards]

    def show(self, page: Snapshot) -> Changes:
        return {self.cards: [*self.offered(page), *self._sheets()]}

    def offered(self, page: Snapshot) -> list[Card]:
        recipes = [recipe for recipe, _ in offers(page.engine, page.library, page.chosen)]
        return cards(page.library, recipes, self._missing)

    def _sheets(self) -> list[Card]:
        return [
            {"key": key, "name": sheet.name, "description": SHEET, "model": "", "missing": "",
             "sheet": True}
            for key, sheet in self._services.sheets.items()
        ]  # fmt: skip

    def _missing(self, scenario: Scenario) -> str:
        used = self._services.engine.description
        if used is None:
            return ""
        if scenario.images and not used.capabilities.images:
            return "Needs a vision model."
        unable = scenario.tools and not used.capabilities.tools
        return "Needs a tool-trained model." if unable else ""

    def wire(self, page: Wiring) -> None:
        self.opens(self.cards.pick, page)

    def opens(self, event: Any, page: Wiring) -> Any:
        """An event with a scenario's `key` loads it."""

        def load(values: Values, data: gr.EventData) -> Changes:
            with user_errors():
                workspace, library = page.read(values, repair=True), self._services.library_now()
                key = sent(data, "key", str, "")
                scenario = named(library.scenarios, key, "scenario")
                chosen = page.chosen(values)
                recipe = recipe_for(self._services.engine, library, chosen, scenario)
                return page.write(with_scenario(workspace, library, scenario, recipe), values)

        loaded = event(load, page.inputs(), page.written(), **QUICK)
        page.after_act(loaded)
        return loaded


def with_scenario(
    workspace: Workspace, library: Library, scenario: Scenario, recipe: Recipe | None
) -> Workspace:
    """With the recipe's values, else with those of the scenario's preset."""
    talk = scenario.conversation
    pictures = [library.pictures[name] for name in scenario.images]
    talk = replace(talk, messages=with_pictures(talk.messages, pictures))
    params = replace(workspace.params, max_new_tokens=scenario.max_new_tokens, stop=())
    workspace = replace(
        workspace, conversation=talk, params=params,
        constraint=scenario.held_to, tool_choice=scenario.tool_choice,
    )  # fmt: skip
    if recipe:
        workspace = with_recipe(workspace, recipe)
    else:
        workspace = with_preset(workspace, library, scenario.preset)
    budgets = [library.budgets[key] for key in scenario.budgets]
    lanes = [LaneSettings(images=tuple(budget.images.items())) for budget in budgets]
    return workspace.with_lanes(lanes or [AS_IN_THE_SIDEBAR])


def scenario_cards(library: Library, **props: Any) -> gr.HTML:
    """The value is a list from `cards`. Events, with the `key` of a card: `pick`, and `sheet` for
    an example of a sheet.
    """
    return client_component("scenario_cards", cards(library), events=("pick", "sheet"), **props)


def cards(
    library: Library,
    recipes: Sequence[Recipe] = (),
    missing: Callable[[Scenario], str] = lambda scenario: "",
) -> list[Card]:
    """The examples of these recipes' models, and those for any model. missing: of a scenario."""
    own = [(key, recipe.name) for recipe in recipes for key in library.examples_of(recipe)]
    general = [(key, "") for key, one in library.scenarios.items() if not one.models]
    return [
        _card(key, library.scenarios[key], model, missing) for key, model in _once([*own, *general])
    ]


def _once(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each key with the first model that lists it."""
    first: dict[str, str] = {}
    for key, model in found:
        first.setdefault(key, model)
    return list(first.items())


def _card(key: str, scenario: Scenario, model: str, missing: Callable[[Scenario], str]) -> Card:
    return {
        "key": key,
        "name": scenario.name,
        "description": scenario.description,
        "model": model,
        "missing": missing(scenario),
    }
