"""Advice about a model: its recipes, and what is wrong with the current requests.

Everything is derived from the workspace and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.snapshot import Snapshot
from core.advice.findings import Finding
from core.advice.linter import Asked, lint
from core.lanes import Lane
from core.library.library import Library
from core.library.recipe import Recipe
from core.runs.engine import Engine, ModelDescription

Found = list[tuple[Finding, tuple[str, ...]]]


def offers(engine: Engine, library: Library, chosen: str) -> list[tuple[Recipe, str]]:
    """The recipes of the chosen model and of the model in use, each with the reason for the offer.

    None of them is applied until a person asks for it.
    """
    wanted = library.recipe_of(chosen)
    used = library.recipe_of(engine.description.model) if engine.description else None
    found = [(wanted, "chosen, not loaded")] if wanted is not used else []
    return [(recipe, why) for recipe, why in (*found, (used, "in use")) if recipe]


def findings(page: Snapshot) -> Found:
    """The findings, each with the labels of its lanes. Identical findings are merged."""
    library = page.library
    keys = {recipe.preset for recipe in library.recipes.values()}
    families = {key: one.name for key, one in library.presets.items() if key in keys}
    labels: dict[Finding, list[str]] = {}
    for lane, request in zip(page.lanes, page.requests, strict=True):
        model = model_of(page.engine.models, lane)
        asked = Asked(
            request.conversation,
            lane.params,
            page.workspace.preset_of(lane.label),
            library.recipe_of(model.model) if model else None,
            model.name if model else "",
            model.capabilities if model else None,
            families,
            request.template_options,
            request.constraint,
            request.tool_choice,
        )
        for finding in lint(asked):
            labels.setdefault(finding, []).append(lane.label)
    found = [(finding, tuple(lanes)) for finding, lanes in labels.items()]
    return sorted(found, key=lambda one: one[0].severity != "warning")


def model_of(models: Sequence[ModelDescription], lane: Lane) -> ModelDescription | None:
    """The model that a lane names, else the model in use; None if none is in memory."""
    named = (model for model in models if lane.model in (model.name, model.model))
    return next(named, models[0] if models else None)
