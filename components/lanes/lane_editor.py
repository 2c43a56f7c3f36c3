"""The settings that one lane changes, above its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.lanes import AS_IN_THE_SIDEBAR, as_values
from core.library.library import Preset
from core.sampling import settings
from core.vision import MOST_IMAGE_TOKENS


def lane_editor(
    label: str, presets: Mapping[str, Preset], check: Callable[[Any], Any], **props: Any
) -> gr.HTML:
    """The value is a lane's settings by the names of `core.lanes.LaneSettings`.

    check: what the script asks about the lane's own constraint.

    Events: `edit`; with the lane's label as `lane`: `run`, `stop`, `promote`. Props: chips, the
    differences from lane A; effective, all values as text; models, (id, name) of those in memory;
    tools, names.
    """
    fields = [
        {"name": name, "label": s.label, "minimum": s.minimum, "maximum": s.maximum, "step": s.step}
        for name, s in settings().items()
    ]
    image_fields = [
        {"name": name, "label": words, "minimum": 1, "maximum": MOST_IMAGE_TOKENS, "step": 1}
        for name, words in (
            ("min_image_tokens", "Min image tokens"),
            ("max_image_tokens", "Max image tokens"),
        )
    ]
    return client_component(
        "lane_editor",
        as_values(AS_IN_THE_SIDEBAR),
        label=label,
        presets=[{"key": key, "name": preset.name} for key, preset in presets.items()],
        fields=fields,
        image_fields=image_fields,
        images_allowed=False,
        models=[],
        tools=[],
        name="",
        chips=[],
        effective="",
        events=("edit", "promote", "run", "stop"),
        server_functions=[check],
        **props,
    )
