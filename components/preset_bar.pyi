"""Preset buttons, with the active one and what was changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.client_component import ClientComponent
from core.library import Preset
from core.sampling import SamplingParams, settings
from core.vision import VisionBudget

from gradio.events import Dependency

class PresetBar(ClientComponent):
    """Event: `pick`, with the preset's `key`; restoring is picking the active one again."""

    stem = "preset_bar"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


def preset_bar_value(
    presets: Mapping[str, Preset], active: str, modified: list[str]
) -> dict[str, Any]:
    return {
        "presets": [
            {
                "key": key,
                "name": preset.name,
                "description": preset.description,
                "values": ", ".join(
                    f"{n} {v}" for n, v in {**preset.sampling, **preset.images}.items()
                ),
                "source": preset.source,
                "date": preset.date.isoformat(),
            }
            for key, preset in presets.items()
        ],
        "active": active,
        "modified": modified,
    }


def changed_since(preset: Preset, params: SamplingParams, budget: VisionBudget) -> list[str]:
    """The names whose values are not the preset's: those it names and those that it sets to off."""
    wanted = preset.params(params)
    names = [name for name in settings() if getattr(wanted, name) != getattr(params, name)]
    images = preset.budget(budget)
    return names + [n for n in preset.images if getattr(images, n) != getattr(budget, n)]