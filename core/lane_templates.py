"""Templates fill the lanes with one click. Each is a function of the current situation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.constraint import Constraint
from core.constraint_examples import EXAMPLES, prefill_of
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, LaneSettings, Values
from core.sampling import settings
from core.workspace import Workspace

LADDER = (0.0, 0.3, 0.7, 1.2)
OFF = Constraint()


@dataclass(frozen=True, slots=True)
class Situation:
    """What a template may use. models: names of the models in memory, the one in use first.

    budgets: image values of the budget buttons, in their order. constraint, tool_choice: of all
    lanes.
    """

    preset: str
    presets: tuple[str, ...]
    has_images: bool
    has_system: bool
    models: tuple[str, ...] = ()
    budgets: tuple[Values, ...] = ()
    has_prefill: bool = False
    constraint: Constraint = OFF
    tool_choice: str = "auto"


@dataclass(frozen=True, slots=True)
class LaneTemplate:
    """lanes: the settings of two to four lanes. missing: what to add first; empty if nothing.

    shared: what it changes of the settings of all lanes.
    """

    name: str
    description: str
    lanes: Callable[[Situation], Sequence[LaneSettings]]
    missing: Callable[[Situation], str] = lambda situation: ""
    shared: Callable[[Workspace], Workspace] = lambda workspace: workspace


def _neutral() -> Values:
    return tuple((n, setting.off) for n, setting in settings().items() if setting.off is not None)


def _family(situation: Situation) -> list[LaneSettings]:
    keys = dict.fromkeys((situation.preset, *situation.presets))
    return [LaneSettings(preset=key) for key in keys if key in situation.presets][: len(LABELS)]


def _with_schema(workspace: Workspace) -> Workspace:
    """An example where there is no constraint yet."""
    if workspace.constraint.kind != "none":
        return workspace
    return replace(workspace, constraint=EXAMPLES["extraction"].constraint)


def _schema(situation: Situation) -> list[LaneSettings]:
    """A prefill among the messages is lane B's alone."""
    shared = situation.has_prefill
    none = "" if shared else None
    return [
        LaneSettings(constraint=OFF, prefill=none),
        LaneSettings(constraint=OFF, prefill=None if shared else prefill_of(situation.constraint)),
        LaneSettings(prefill=none),
    ]


def _without_schema(situation: Situation) -> str:
    if situation.tool_choice != "auto":
        return "Set the tool choice to auto first."
    if situation.constraint.kind not in ("none", "json", "json_schema"):
        return "Choose JSON or Schema in Structured output first."
    return ""


LANE_TEMPLATES: Mapping[str, LaneTemplate] = {
    "neutral": LaneTemplate(
        "Recommended vs neutral",
        "The preset in lane A. In lane B every sampler is off.",
        lambda s: [
            LaneSettings(preset=s.preset or s.presets[0]),
            LaneSettings(sampling=_neutral()),
        ],
    ),
    "ladder": LaneTemplate(
        "Temperature ladder",
        f"The same settings at temperatures {', '.join(f'{t:g}' for t in LADDER)}.",
        lambda s: [LaneSettings(sampling=(("temperature", t),)) for t in LADDER],
    ),
    "seeds": LaneTemplate(
        "Same settings, four seeds",
        "Seeds 1 to 4 show how much of an answer is chance.",
        lambda s: [LaneSettings(sampling=(("seed", seed),)) for seed in range(1, 5)],
    ),
    "presets": LaneTemplate("Family presets", "The active preset and the next ones.", _family),
    "budgets": LaneTemplate(
        "Image budgets",
        "The same question with several image budgets.",
        lambda s: [LaneSettings(images=budget) for budget in s.budgets[: len(LABELS) - 1]],
        lambda s: "" if s.has_images else "Add an image to a message first.",
    ),
    "system": LaneTemplate(
        "With and without system prompt",
        "Shows what the system message changes.",
        lambda s: [AS_IN_THE_SIDEBAR, LaneSettings(system="")],
        lambda s: "" if s.has_system else "Add a system message first.",
    ),
    "models": LaneTemplate(
        "Two models",
        "The model in use and the second model.",
        lambda s: [AS_IN_THE_SIDEBAR, LaneSettings(model=s.models[1])],
        lambda s: "" if len(s.models) > 1 else "Load a second model first.",
    ),
    "schema": LaneTemplate(
        "Free, prefill, schema",
        "The same question without help, with the beginning of the JSON, and held to the schema.",
        _schema,
        _without_schema,
        _with_schema,
    ),
}
