"""Preset buttons, shipped and own, with the active preset and the changes since."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

import gradio as gr

from components.client_component import client_component
from components.wording import counted
from core.library.library import Library, Preset
from core.library.preset_shelf import OWN
from core.sampling import SamplingParams, settings
from core.vision import VisionBudget


class PresetButton(TypedDict):
    """note, holds: of own presets. holds: which parts it has in addition to the parameters."""

    key: str
    name: str
    title: str
    note: NotRequired[str]
    holds: NotRequired[dict[str, bool]]


class OwnProps(TypedDict):
    """broken: why some files can't be read."""

    own: list[PresetButton]
    broken: list[str]


def preset_bar(library: Library, **props: Any) -> gr.HTML:
    """The value is the key of the active preset, or empty.

    Events: `pick`, with the preset's `key`; picking the active preset again restores it. `own`,
    an action on own presets, with an `act` of `components.presets.own_preset_acts`. Props:
    presets; own, broken; modified, the changed names; invalid, why the values can't be used; reply,
    the result of the last `own`.
    """
    shipped = {key: one for key, one in library.presets.items() if not key.startswith(OWN)}
    return client_component(
        "preset_bar",
        "",
        presets=[
            {
                "key": key,
                "name": preset.name,
                "title": _title(preset, f"Source: {preset.source}"),
            }
            for key, preset in shipped.items()
        ],
        modified=[],
        invalid="",
        reply={},
        **own_props(library),
        events=("pick", "own"),
        **props,
    )


def own_props(library: Library) -> OwnProps:
    """The current own presets, and the errors of unreadable ones."""
    own = {key: preset for key, preset in library.presets.items() if key.startswith(OWN)}
    return {
        "own": [
            {
                "key": key,
                "name": preset.name,
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


def _title(preset: Preset, source: str) -> str:
    values = ", ".join(f"{n} {v}" for n, v in preset.named.items())
    texts = [
        *(["a system prompt"] if preset.system is not None else []),
        *([counted(len(preset.messages), "message")] if preset.messages is not None else []),
    ]
    lines = (preset.description, values, " and ".join(texts), f"{source}, {preset.date}")
    return "\n".join(line for line in lines if line)


def changed_since(preset: Preset, params: SamplingParams, budget: VisionBudget) -> list[str]:
    """The names whose values differ from the preset, including those that it turns off."""
    wanted = preset.params(params)
    names = [name for name in settings() if getattr(wanted, name) != getattr(params, name)]
    stop = ["stop"] if wanted.stop != params.stop else []
    images = preset.budget(budget)
    return names + stop + [n for n in preset.images if getattr(images, n) != getattr(budget, n)]
