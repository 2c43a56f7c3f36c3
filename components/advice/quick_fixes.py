"""How a click on a recipe or a quick fix changes the workspace. No change is silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from components.advice.advice import offers
from core.advice.findings import QuickFix
from core.advice.linter import without_effect
from core.conversation import Message, message
from core.lanes import LABELS, LaneSettings
from core.library.library import Library, Preset
from core.library.recipe import Recipe
from core.library.scenario import Scenario
from core.runs.engine import Engine
from core.sampling import SamplingParams, settings
from core.workspace import Workspace

Change = Callable[[LaneSettings], LaneSettings]


def with_recipe(workspace: Workspace, recipe: Recipe) -> Workspace:
    """The sidebar with the recipe's values. No preset is then active."""
    return replace(
        workspace,
        preset="",
        params=recipe.params(workspace.params),
        budget=recipe.budget(workspace.budget),
        template_options=recipe.options(workspace.template_options),
    )


def recipe_for(engine: Engine, library: Library, chosen: str, scenario: Scenario) -> Recipe | None:
    """The recipe for an example: that of an offered model, else of the example's first model."""
    if not scenario.models:
        return None
    offered = (recipe for recipe, _ in offers(engine, library, chosen))
    named = (recipe for recipe in offered if recipe.model in scenario.models)
    return next(named, library.recipe_of(scenario.models[0]))


def with_quick_fix(
    workspace: Workspace,
    quick_fix: QuickFix,
    lanes: Sequence[str],
    recipe: Recipe | None,
    presets: Mapping[str, Preset],
) -> Workspace:
    """The workspace with a finding of these lanes fixed. Other lanes keep their settings.

    recipe: of the lanes' model. If the finding is about all lanes, the shared settings change.
    """
    messages = workspace.conversation.messages
    match quick_fix.act:
        case "system":
            return _with_system(workspace, quick_fix.text, lanes)
        case "values" if recipe:
            return _with_values(workspace, recipe, lanes)
        case "template" if recipe:
            options = recipe.options(workspace.template_options)
            return replace(workspace, template_options=options)
        case "off":
            return _without_idle(workspace, lanes, presets)
        case "last_turn":
            return workspace.with_messages(_last_turn(messages))
        case "no_prefill":
            return _without_prefills(workspace, lanes)
        case "no_images":
            return workspace.with_messages(turn.with_images(()) for turn in messages)
        case _:
            return workspace


def _with_system(workspace: Workspace, text: str, lanes: Sequence[str]) -> Workspace:
    sharing = [label for label in workspace.labels if workspace.settings_of(label).system is None]
    if sharing and set(sharing) <= set(lanes):
        own = [label for label in lanes if label not in sharing]
        workspace = workspace.with_messages(_system_first(workspace.conversation.messages, text))
        return _in_lanes(workspace, own, lambda lane: replace(lane, system=text))
    return _in_lanes(workspace, lanes, lambda lane: replace(lane, system=text))


def _system_first(messages: Sequence[Message], text: str) -> tuple[Message, ...]:
    """One system message with this text, the first; none if the text is empty."""
    others = tuple(turn for turn in messages if turn.role != "system")
    if not text:
        return others
    old = next((turn for turn in messages if turn.role == "system"), None)
    return (message("system", text, id=old.id if old else ""), *others)


def _with_values(workspace: Workspace, recipe: Recipe, lanes: Sequence[str]) -> Workspace:
    named = recipe.params(SamplingParams())
    sampling = tuple(
        (name, getattr(named, name))
        for name, setting in settings().items()
        if setting.off is not None or name in recipe.sampling
    )
    if set(workspace.labels) <= set(lanes):
        workspace = with_recipe(workspace, recipe)
        lanes = [label for label in lanes if _has_numbers(workspace.settings_of(label))]

    def under_recipe(lane: LaneSettings) -> LaneSettings:
        images = {**dict(lane.images), **recipe.images}
        return replace(lane, preset="", sampling=sampling, images=tuple(images.items()))

    return _in_lanes(workspace, lanes, under_recipe)


def _without_idle(
    workspace: Workspace, lanes: Sequence[str], presets: Mapping[str, Preset]
) -> Workspace:
    off = {name: settings()[name].off for name in settings()}
    if set(workspace.labels) <= set(lanes):
        idle = {name: off[name] for name in without_effect(workspace.params)}
        workspace = replace(workspace, params=replace(workspace.params, **idle))
        lanes = [label for label in lanes if _has_numbers(workspace.settings_of(label))]

    def quiet(lane: LaneSettings) -> LaneSettings:
        params = lane.lane("", workspace.params, workspace.budget, presets).params
        idle = {name: off[name] for name in without_effect(params)}
        return replace(lane, sampling=tuple({**dict(lane.sampling), **idle}.items()))

    return _in_lanes(workspace, lanes, quiet)


def _has_numbers(lane: LaneSettings) -> bool:
    return bool(lane.preset or lane.sampling)


def _in_lanes(workspace: Workspace, labels: Sequence[str], change: Change) -> Workspace:
    """A single lane uses the sidebar settings, so it has none of its own to change."""
    if workspace.count == 1:
        return workspace
    lanes = zip(LABELS, workspace.lanes, strict=True)
    return replace(
        workspace, lanes=tuple(change(lane) if label in labels else lane for label, lane in lanes)
    )


def _without_prefills(workspace: Workspace, labels: Sequence[str]) -> Workspace:
    """A lane's own goes; that of the messages goes if it is in one of these lanes."""
    own = [n for n in labels if workspace.settings_of(n).prefill is not None]
    workspace = _in_lanes(workspace, own, lambda lane: replace(lane, prefill=""))
    if len(own) == len(labels):
        return workspace
    return workspace.with_messages(_without_prefill(workspace.conversation.messages))


def _without_prefill(messages: Sequence[Message]) -> tuple[Message, ...]:
    """System messages don't count: a lane with its own moves or drops those of the page."""
    last = next((turn for turn in reversed(messages) if turn.role != "system"), None)
    return tuple(turn for turn in messages if turn is not last or turn.role != "assistant")


def _last_turn(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The system messages and the last user message."""
    last = next((turn for turn in reversed(messages) if turn.role == "user"), None)
    return tuple(turn for turn in messages if turn.role == "system" or turn is last)
