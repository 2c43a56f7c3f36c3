"""Cards for whole examples: messages, preset and length in one click."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.library.library import Library
from core.library.recipe import Recipe


def scenario_cards(library: Library, **props: Any) -> gr.HTML:
    """The value is a list of cards as `cards` makes them. Event: `pick`, with the `key` of one."""
    return client_component("scenario_cards", cards(library), **props)


def cards(library: Library, recipes: Sequence[Recipe] = ()) -> list[dict[str, Any]]:
    """The examples of these recipes' models, and those that are for any model."""
    own = [(key, recipe.name) for recipe in recipes for key in library.examples_of(recipe)]
    general = [(key, "") for key, one in library.scenarios.items() if not one.models]
    return [_card(library, key, model) for key, model in _once([*own, *general])]


def _once(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each key with the first model that names it."""
    first: dict[str, str] = {}
    for key, model in found:
        first.setdefault(key, model)
    return list(first.items())


def _card(library: Library, key: str, model: str) -> dict[str, Any]:
    scenario = library.scenarios[key]
    return {
        "key": key, "name": scenario.name, "description": scenario.description, "model": model,
    }  # fmt: skip
