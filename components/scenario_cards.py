"""Cards for whole examples: messages, preset and length in one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.library import Scenario


def scenario_cards(scenarios: Mapping[str, Scenario], **props: Any) -> gr.HTML:
    """Event: `pick`, with the scenario's `key`."""
    cards = [
        {"key": key, "name": scenario.name, "description": scenario.description}
        for key, scenario in scenarios.items()
    ]
    return client_component("scenario_cards", cards, **props)
