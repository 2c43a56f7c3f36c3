"""What the page advises about the model: its recipe, its examples as cards, and what is wrong.

Three components show it; it is derived from the page's state and writes no input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from components.advice.lint_view import lint_rows
from components.advice.recipe_box import offer_value
from components.scenarios.scenario_cards import cards
from core.advice.findings import Finding
from core.advice.linter import Asked, lint
from core.library.library import Library
from core.library.recipe import Recipe
from core.runs.engine import Engine, ModelDescription
from core.workspace import Lane, Workspace, unseeded

Found = list[tuple[Finding, tuple[str, ...]]]


@dataclass(frozen=True)
class Advice:
    """The components: the recipe's box in the sidebar, the findings, the scenario cards."""

    box: gr.HTML
    lint: gr.HTML
    cards: gr.HTML

    def shown(self) -> list[Any]:
        return [self.box, self.lint, self.cards]

    def show(self, values: AdviceValues) -> dict[Any, Any]:
        return {self.box: values.offers, self.lint: values.findings, self.cards: values.cards}


@dataclass(frozen=True)
class AdviceValues:
    """Values of the three components, as JSON."""

    offers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    cards: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def advise(
    engine: Engine,
    library: Library,
    chosen: str,
    sidebar: Lane,
    workspace: Workspace,
    presets: Mapping[str, str],
) -> AdviceValues:
    """chosen: the id or folder in the picker. presets: keys of the active ones, by lane."""
    offered = offers(engine, library, chosen)
    return AdviceValues(
        [offer_value(library, one, why, sidebar.params, sidebar.budget) for one, why in offered],
        lint_rows(findings(engine, library, workspace, presets), list(presets)),
        cards(library, [recipe for recipe, _ in offered]),
    )


def offers(engine: Engine, library: Library, chosen: str) -> list[tuple[Recipe, str]]:
    """The recipes of the model that is chosen and of the one in use, each with why it is offered.

    Nothing of them is applied before a person asks for it.
    """
    wanted = library.recipe_of(chosen)
    used = library.recipe_of(engine.description.model) if engine.description else None
    found = [(wanted, "chosen, not loaded")] if wanted is not used else []
    return [(recipe, why) for recipe, why in (*found, (used, "in use")) if recipe]


def findings(
    engine: Engine, library: Library, workspace: Workspace, presets: Mapping[str, str]
) -> Found:
    """What is wrong, each with the labels of its lanes; equal ones of several lanes are one."""
    keys = {recipe.preset for recipe in library.recipes.values()}
    families = {key: one.name for key, one in library.presets.items() if key in keys}
    labels: dict[Finding, list[str]] = {}
    for lane in workspace.lanes:
        model = model_of(engine.models, lane)
        asked = Asked(
            unseeded(workspace.conversation, lane).conversation,
            lane.params,
            presets[lane.label],
            library.recipe_of(model.model) if model else None,
            model.name if model else "",
            model.capabilities if model else None,
            families,
        )
        for finding in lint(asked):
            labels.setdefault(finding, []).append(lane.label)
    found = [(finding, tuple(lanes)) for finding, lanes in labels.items()]
    return sorted(found, key=lambda one: one[0].severity != "warning")


def model_of(models: Sequence[ModelDescription], lane: Lane) -> ModelDescription | None:
    """The one that a lane names, else the one in use; None where none is in memory."""
    named = (model for model in models if lane.model in (model.name, model.model))
    return next(named, models[0] if models else None)
