"""Preset buttons, shipped and own, with the active one and what was changed since."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.client_component import client_component
from core.library.library import Library, Preset
from core.library.preset_shelf import OWN
from core.sampling import SamplingParams, settings
from core.vision import VisionBudget


def preset_bar(library: Library, **props: Any) -> gr.HTML:
    """The value is the key of the active preset, or empty.

    Events: `pick`, with the preset's `key`; restoring is picking the active one again. `own`, what
    is to be done with own presets, an `act` of `components.presets.own_preset_handlers`. Props:
    presets; own, broken; modified, the names that were changed since; reply, what became of the
    last `own`.
    """
    shipped = {key: one for key, one in library.presets.items() if not key.startswith(OWN)}
    return client_component(
        "preset_bar",
        "",
        scripts=("own_preset_form.js", "own_preset_menu.js"),
        presets=[
            {**_button(key, preset), "title": _title(preset, f"Source: {preset.source}")}
            for key, preset in shipped.items()
        ],
        modified=[],
        reply={},
        **own_props(library),
        **props,
    )


def own_props(library: Library) -> dict[str, Any]:
    """The own presets as they are now, and why some can't be read."""
    own = {key: preset for key, preset in library.presets.items() if key.startswith(OWN)}
    return {
        "own": [
            {
                **_button(key, preset),
                "title": _title(preset, preset.source),
                "note": preset.description,
                "holds": {
                    "images": bool(preset.images),
                    "system": preset.system is not None,
                    "messages": preset.messages is not None,
                },
            }
            for key, preset in own.items()
        ],
        "broken": list(library.broken.values()),
    }


def _button(key: str, preset: Preset) -> dict[str, Any]:
    return {"key": key, "name": preset.name}


def _title(preset: Preset, source: str) -> str:
    values = ", ".join(f"{n} {v}" for n, v in preset.named.items())
    texts = [
        *(["a system prompt"] if preset.system is not None else []),
        *([f"{len(preset.messages)} messages"] if preset.messages is not None else []),
    ]
    lines = (preset.description, values, " and ".join(texts), f"{source}, {preset.date}")
    return "\n".join(line for line in lines if line)


def changed_since(preset: Preset, params: SamplingParams, budget: VisionBudget) -> list[str]:
    """The names whose values are not the preset's: those it names and those that it sets to off."""
    wanted = preset.params(params)
    names = [name for name in settings() if getattr(wanted, name) != getattr(params, name)]
    stop = ["stop"] if wanted.stop != params.stop else []
    images = preset.budget(budget)
    return names + stop + [n for n in preset.images if getattr(images, n) != getattr(budget, n)]
