"""Cards for whole examples: messages, preset and length in one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.client_component import ClientComponent
from core.library import Scenario


class ScenarioCards(ClientComponent):
    """Event: `pick`, with the scenario's `key`."""

    stem = "scenario_cards"

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}}


def scenario_cards_value(scenarios: Mapping[str, Scenario]) -> list[dict[str, str]]:
    return [
        {"key": key, "name": scenario.name, "description": scenario.description}
        for key, scenario in scenarios.items()
    ]
