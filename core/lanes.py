"""The lanes: what each changes of the settings that all share, and what it is then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.constraint import Constraint, constraint_from_dict, constraint_to_dict
from core.errors import InvalidInput
from core.library.library import Preset
from core.sampling import SamplingParams, sampling_params
from core.template_options import OptionValues
from core.vision import MOST_IMAGE_TOKENS, VisionBudget, changed

LABELS = ("A", "B", "C", "D")
BOUNDS = ("min_image_tokens", "max_image_tokens")
LONGEST_NAME = 1_000  # characters of a tool's name
Values = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One column of answers. Lanes share the conversation; their settings differ.

    system, prefill: take the place of the conversation's system message and of its last message if
    that is the assistant's; empty leaves it out, None lets it stand. model: the name of one in
    memory; empty is the one in use. template_options: those of all lanes. checked_against: the
    constraint of all lanes, which may be off in this one. variables: the values for `{{name}}` in
    its texts, by name; None leaves the texts as they are.
    """

    label: str = "A"
    params: SamplingParams = SamplingParams()
    budget: VisionBudget = VisionBudget()
    system: str | None = None
    model: str = ""
    template_options: OptionValues = ()
    constraint: Constraint = Constraint()
    tool_choice: str = "auto"
    checked_against: Constraint = Constraint()
    prefill: str | None = None
    variables: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """preset: a key; empty starts from the sidebar. sampling, images: names with other values.

    system, model, prefill: as in `Lane`. pinned: its answer stays while the others run. constraint:
    None is that of all lanes, one of kind "none" is off. tool_choice: empty is that of all lanes.
    """

    preset: str = ""
    sampling: Values = ()
    images: Values = ()
    system: str | None = None
    model: str = ""
    pinned: bool = False
    constraint: Constraint | None = None
    tool_choice: str = ""
    prefill: str | None = None

    def lane(
        self,
        label: str,
        params: SamplingParams,
        budget: VisionBudget,
        presets: Mapping[str, Preset],
    ) -> Lane:
        """The lane as it would run with a sidebar of `params` and `budget`. Messages that its
        preset brings along are left out: lanes share the conversation.
        """
        system = self.system
        if preset := presets.get(self.preset):
            params, budget = preset.params(params), preset.budget(budget)
            system = preset.system if system is None else system
        params = replace(params, **dict(self.sampling))
        images = _budget(budget, dict(self.images))
        return Lane(label, params, images, system, self.model, prefill=self.prefill)


AS_IN_THE_SIDEBAR = LaneSettings()


def lane_settings(values: Any) -> LaneSettings:
    """Read an untrusted mapping by the fields' names. Raises InvalidInput for a wrong value."""
    if not isinstance(values, Mapping):
        return AS_IN_THE_SIDEBAR
    sampling = {n: v for n, v in _mapping(values.get("sampling")).items() if v is not None}
    images = _mapping(values.get("images"))
    read = sampling_params(sampling)
    system, constraint = values.get("system"), values.get("constraint")
    _budget(VisionBudget(), images)
    return LaneSettings(
        preset=str(values.get("preset") or ""),
        sampling=tuple((name, getattr(read, name)) for name in sampling),
        images=tuple(images.items()),
        system=None if system is None else str(system),
        model=str(values.get("model") or ""),
        pinned=values.get("pinned") is True,
        constraint=None if constraint is None else constraint_from_dict(constraint),
        tool_choice=tool_choice(values.get("tool_choice") or ""),
        prefill=_prefill(values.get("prefill")),
    )


def as_values(lane: LaneSettings) -> dict[str, Any]:
    """The inverse of `lane_settings`, for JSON."""
    own = constraint_to_dict(lane.constraint) if lane.constraint else None
    return {
        **asdict(lane), "sampling": dict(lane.sampling), "images": dict(lane.images),
        "constraint": own,
    }  # fmt: skip


def tool_choice(value: Any) -> str:
    """Read an untrusted value. Raises InvalidInput; whether there is such a tool is asked later."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise InvalidInput(
            f"tool_choice must be auto, required or the name of a tool, in at most {LONGEST_NAME} "
            "characters."
        )
    return value


def _prefill(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"The prefill is {type(value).__name__}; it must be a string.")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    return {str(name): v for name, v in value.items()} if isinstance(value, Mapping) else {}


def _budget(budget: VisionBudget, images: Mapping[str, Any]) -> VisionBudget:
    """A maximum below the sidebar's minimum lowers that too, and the other way round."""
    bounds = {name: images[name] for name in BOUNDS if name in images}
    if len(bounds) == 1:
        ((name, value),) = bounds.items()
        if type(value) is int and 1 <= value <= MOST_IMAGE_TOKENS:
            lower = min(value, budget.min_image_tokens), max(value, budget.max_image_tokens)
            budget = changed(budget, dict(zip(BOUNDS, lower, strict=True)))
    return changed(budget, images)
