"""A lane's name: what it really runs. Its chips say what the name does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from components.structured.constraint_words import CHIPS, NAMES, excerpt
from core.compare.differences import SettingRow
from core.constraint import Constraint
from core.lanes import LaneSettings
from core.library.library import Library
from core.sampling import SamplingParams, samplers, settings
from core.vision import VisionBudget

SIDEBAR = "Sidebar settings"
OWN_PROMPT = "Custom system prompt"  # a chip has its text
PREFILL, FREE = "Prefill", "Free"
TOLD_BY_CHIPS = {OWN_PROMPT, PREFILL, FREE, *NAMES.values()} - {NAMES["json"]}
IMAGES = frozenset(field.name for field in fields(VisionBudget))


def lane_name(
    lane: LaneSettings,
    params: SamplingParams,
    rows: Sequence[SettingRow],
    library: Library,
    shared: Constraint,
) -> tuple[str, list[str]]:
    """The name and the chips. params: of the lane, as it runs. rows: how it differs from the
    sidebar, whose values come first. shared: the sidebar's constraint.
    """
    own = lane.constraint or shared
    left = {row.name: row.values[1] for row in rows}
    budgets = (one.name for one in library.budgets.values() if dict(lane.images) == one.images)
    if preset := library.presets.get(lane.preset):
        name = preset.name
    elif lane.images and (budget := next(budgets, "")):
        name = f"{budget} budget"
        left = {key: value for key, value in left.items() if key not in IMAGES}
    elif (
        left
        and lane.sampling
        and all(getattr(params, key) == row.setting.off for key, row in samplers().items())
    ):
        name = "Neutral"
        left = {key: value for key, value in left.items() if key not in samplers()}
    elif left:
        first, value = next(iter(left.items()))
        name = FREE if (first, own.kind) == ("constraint", "none") else _named(first, value, own)
        if name not in TOLD_BY_CHIPS:
            del left[first]
    else:
        name = SIDEBAR
    return name, [_chip(key, value, own, shared, name) for key, value in left.items()]


def _chip(key: str, value: str, own: Constraint, shared: Constraint, name: str) -> str:
    if key != "constraint":
        return f"{key} {value}"
    if own.kind == "none":
        return f"{CHIPS[shared.kind]} off"
    kind = "" if name == NAMES[own.kind] else CHIPS[own.kind]
    return f"{kind} {excerpt(own)}".strip()


def _named(key: str, value: str, own: Constraint) -> str:
    if key == "model":
        return value
    if key == "constraint":
        return NAMES[own.kind]
    if key == "prefill":
        return "No prefill" if value == "none" else PREFILL
    if key == "system prompt":
        return "No system prompt" if value == "none" else OWN_PROMPT
    known = settings().get(key)
    return f"{known.label if known else key.replace('_', ' ').capitalize()} {value}"
