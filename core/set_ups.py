"""Set-ups: lanes filled in one click, each a function of the situation it is asked in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.lanes import AS_IN_THE_SIDEBAR, LABELS, LaneSettings, Values
from core.sampling import settings

LADDER = (0.0, 0.3, 0.7, 1.2)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a set-up may look at. models: names of the models in memory, the one in use first.

    budgets: image values of the budgets' buttons, in their order.
    """

    preset: str
    presets: tuple[str, ...]
    has_images: bool
    has_system: bool
    models: tuple[str, ...] = ()
    budgets: tuple[Values, ...] = ()


@dataclass(frozen=True, slots=True)
class SetUp:
    """lanes: the settings of two to four lanes. missing: what has to be there first, or empty."""

    name: str
    description: str
    lanes: Callable[[Situation], Sequence[LaneSettings]]
    missing: Callable[[Situation], str] = lambda situation: ""


def _neutral() -> Values:
    return tuple((n, setting.off) for n, setting in settings().items() if setting.off is not None)


def _family(situation: Situation) -> list[LaneSettings]:
    keys = dict.fromkeys((situation.preset, *situation.presets))
    return [LaneSettings(preset=key) for key in keys if key in situation.presets][: len(LABELS)]


SET_UPS: Mapping[str, SetUp] = {
    "neutral": SetUp(
        "Recommended vs neutral",
        "The preset in A; in B every sampler is off: the model's own probabilities.",
        lambda s: [
            LaneSettings(preset=s.preset or s.presets[0]),
            LaneSettings(sampling=_neutral()),
        ],
    ),
    "ladder": SetUp(
        "Temperature ladder",
        f"The same settings at temperatures {', '.join(f'{t:g}' for t in LADDER)}.",
        lambda s: [LaneSettings(sampling=(("temperature", t),)) for t in LADDER],
    ),
    "seeds": SetUp(
        "Same settings, four seeds",
        "How much of an answer is chance: seeds 1 to 4.",
        lambda s: [LaneSettings(sampling=(("seed", seed),)) for seed in range(1, 5)],
    ),
    "presets": SetUp(
        "Presets of the family", "The active preset beside the next ones of the bar.", _family
    ),
    "budgets": SetUp(
        "Image budgets",
        "One question at several budgets: how many tokens an image may become.",
        lambda s: [LaneSettings(images=budget) for budget in s.budgets[: len(LABELS) - 1]],
        lambda s: "" if s.has_images else "Add an image to a message first.",
    ),
    "system": SetUp(
        "With and without system prompt",
        "What the system message changes.",
        lambda s: [AS_IN_THE_SIDEBAR, LaneSettings(system="")],
        lambda s: "" if s.has_system else "Add a system message first.",
    ),
    "models": SetUp(
        "Two models",
        "The model in use beside the other one in memory.",
        lambda s: [AS_IN_THE_SIDEBAR, LaneSettings(model=s.models[1])],
        lambda s: "" if len(s.models) > 1 else "Load a second model beside the one in use first.",
    ),
}
