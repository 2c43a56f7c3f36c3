"""What a lane changes of the settings that all lanes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.library.library import Preset
from core.sampling import SamplingParams, sampling_params
from core.vision import MOST_IMAGE_TOKENS, VisionBudget, changed
from core.workspace import Lane

LABELS = ("A", "B", "C", "D")
BOUNDS = ("min_image_tokens", "max_image_tokens")
Values = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """preset: a key; empty starts from the sidebar. sampling, images: names with other values.

    system, model: as in `core.workspace.Lane`. pinned: its answer stays while the others run.
    """

    preset: str = ""
    sampling: Values = ()
    images: Values = ()
    system: str | None = None
    model: str = ""
    pinned: bool = False

    def lane(
        self,
        label: str,
        params: SamplingParams,
        budget: VisionBudget,
        presets: Mapping[str, Preset],
    ) -> Lane:
        """The lane as it would run beside a sidebar of `params` and `budget`. Messages that its
        preset brings along are left out: lanes share the conversation.
        """
        system = self.system
        if preset := presets.get(self.preset):
            params, budget = preset.params(params), preset.budget(budget)
            system = preset.system if system is None else system
        params = replace(params, **dict(self.sampling))
        return Lane(label, params, _budget(budget, dict(self.images)), system, self.model)


AS_IN_THE_SIDEBAR = LaneSettings()


def lane_settings(values: Any) -> LaneSettings:
    """Read an untrusted mapping by the fields' names. Raises InvalidInput for a wrong value."""
    if not isinstance(values, Mapping):
        return AS_IN_THE_SIDEBAR
    sampling = {n: v for n, v in _mapping(values.get("sampling")).items() if v is not None}
    images = _mapping(values.get("images"))
    read = sampling_params(sampling)
    system = values.get("system")
    _budget(VisionBudget(), images)
    return LaneSettings(
        preset=str(values.get("preset") or ""),
        sampling=tuple((name, getattr(read, name)) for name in sampling),
        images=tuple(images.items()),
        system=None if system is None else str(system),
        model=str(values.get("model") or ""),
        pinned=values.get("pinned") is True,
    )


def as_values(lane: LaneSettings) -> dict[str, Any]:
    """The inverse of `lane_settings`, for JSON."""
    return {**asdict(lane), "sampling": dict(lane.sampling), "images": dict(lane.images)}


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
