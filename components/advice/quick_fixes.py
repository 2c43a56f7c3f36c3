"""What a click on a recipe or a remedy makes of the page's state. Nothing of it is silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from components.advice.advice import offers
from components.messages.message_editor import Row, new_row
from components.page_state import PageState
from core.advice.findings import Remedy
from core.advice.linter import without_effect
from core.lanes import LABELS, LaneSettings
from core.library.library import Library, Preset, Scenario
from core.library.recipe import Recipe
from core.runs.engine import Engine
from core.sampling import SamplingParams, settings

Change = Callable[[LaneSettings], LaneSettings]


def with_recipe(state: PageState, recipe: Recipe) -> PageState:
    """The sidebar with the recipe's values; no preset is active then."""
    params, budget = recipe.params(state.params), recipe.budget(state.budget)
    return replace(state, preset="", params=params, budget=budget)


def recipe_for(engine: Engine, library: Library, chosen: str, scenario: Scenario) -> Recipe | None:
    """The recipe that an example is loaded with: of the offered models, else of its first one."""
    if not scenario.models:
        return None
    offered = (recipe for recipe, _ in offers(engine, library, chosen))
    named = (recipe for recipe in offered if recipe.model in scenario.models)
    return next(named, library.recipe_of(scenario.models[0]))


def remedied(
    state: PageState,
    remedy: Remedy,
    lanes: Sequence[str],
    recipe: Recipe | None,
    presets: Mapping[str, Preset],
) -> PageState:
    """The state with a finding of these lanes put right; other lanes keep what they have.

    recipe: of the model of these lanes. Where all lanes are meant, what they share is changed.
    """
    match remedy.act:
        case "system":
            return _with_system(state, remedy.text, lanes)
        case "values" if recipe:
            return _with_values(state, recipe, lanes)
        case "off":
            return _without_idle(state, lanes, presets)
        case "last_turn":
            return replace(state, rows=_last_turn(state.rows))
        case "no_prefill":
            return replace(state, rows=_without_prefill(state.rows))
        case "no_images":
            return replace(state, rows=tuple({**row, "images": []} for row in state.rows))
        case _:
            return state


def _with_system(state: PageState, text: str, lanes: Sequence[str]) -> PageState:
    sharing = [label for label in state.labels if state.lane_of(label).system is None]
    if sharing and set(sharing) <= set(lanes):
        own = [label for label in lanes if label not in sharing]
        state = replace(state, rows=_system_first(state.rows, text))
        return _in_lanes(state, own, lambda lane: replace(lane, system=text))
    return _in_lanes(state, lanes, lambda lane: replace(lane, system=text))


def _system_first(rows: tuple[Row, ...], text: str) -> tuple[Row, ...]:
    """The first system message with this text, and no further one; empty: without any."""
    others = tuple(row for row in rows if row["role"] != "system")
    if not text:
        return others
    old = next((row for row in rows if row["role"] == "system"), new_row("system"))
    return ({**old, "text": text, "images": []}, *others)


def _with_values(state: PageState, recipe: Recipe, lanes: Sequence[str]) -> PageState:
    named = recipe.params(SamplingParams())
    sampling = tuple(
        (name, getattr(named, name))
        for name, setting in settings().items()
        if setting.off is not None or name in recipe.sampling
    )
    if set(state.labels) <= set(lanes):
        state = with_recipe(state, recipe)
        lanes = [label for label in lanes if _has_numbers(state.lane_of(label))]

    def under_recipe(lane: LaneSettings) -> LaneSettings:
        images = {**dict(lane.images), **recipe.images}
        return replace(lane, preset="", sampling=sampling, images=tuple(images.items()))

    return _in_lanes(state, lanes, under_recipe)


def _without_idle(
    state: PageState, lanes: Sequence[str], presets: Mapping[str, Preset]
) -> PageState:
    off = {name: settings()[name].off for name in settings()}
    if set(state.labels) <= set(lanes):
        idle = {name: off[name] for name in without_effect(state.params)}
        state = replace(state, params=replace(state.params, **idle))
        lanes = [label for label in lanes if _has_numbers(state.lane_of(label))]

    def quiet(lane: LaneSettings) -> LaneSettings:
        params = lane.lane("", state.params, state.budget, presets).params
        idle = {name: off[name] for name in without_effect(params)}
        return replace(lane, sampling=tuple({**dict(lane.sampling), **idle}.items()))

    return _in_lanes(state, lanes, quiet)


def _has_numbers(lane: LaneSettings) -> bool:
    return bool(lane.preset or lane.sampling)


def _in_lanes(state: PageState, labels: Sequence[str], change: Change) -> PageState:
    """One lane alone is as in the sidebar, so that there is nothing to change in it."""
    if state.count == 1:
        return state
    lanes = zip(LABELS, state.lanes, strict=True)
    return replace(
        state, lanes=tuple(change(lane) if label in labels else lane for label, lane in lanes)
    )


def _without_prefill(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """System messages don't count: a lane that has its own moves or drops those of the page."""
    last = next((row for row in reversed(rows) if row["role"] != "system"), None)
    return tuple(row for row in rows if row is not last or row["role"] != "assistant")


def _last_turn(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The system messages and the last user message."""
    last = next((row for row in reversed(rows) if row["role"] == "user"), None)
    return tuple(row for row in rows if row["role"] == "system" or row is last)
