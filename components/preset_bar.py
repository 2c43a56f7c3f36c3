"""Preset buttons, with the active one and what was changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.library import Preset
from core.sampling import SamplingParams, settings
from core.vision import VisionBudget


def preset_bar(presets: Mapping[str, Preset], **props: Any) -> gr.HTML:
    """The value is the key of the active preset, or empty.

    Event: `pick`, with the preset's `key`; restoring is picking the active one again.
    Props: presets; modified, the names that were changed since.
    """
    buttons = [
        {
            "key": key,
            "name": preset.name,
            "description": preset.description,
            "values": ", ".join(f"{n} {v}" for n, v in preset.named.items()),
            "source": preset.source,
            "date": preset.date.isoformat(),
        }
        for key, preset in presets.items()
    ]
    return client_component("preset_bar", "", presets=buttons, modified=[], **props)


def changed_since(preset: Preset, params: SamplingParams, budget: VisionBudget) -> list[str]:
    """The names whose values are not the preset's: those it names and those that it sets to off."""
    wanted = preset.params(params)
    names = [name for name in settings() if getattr(wanted, name) != getattr(params, name)]
    images = preset.budget(budget)
    return names + [n for n in preset.images if getattr(images, n) != getattr(budget, n)]
