"""Cards for whole examples: messages, preset and length in one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.client_component import ClientComponent
from core.library import Scenario

from gradio.events import Dependency

class ScenarioCards(ClientComponent):
    """Event: `pick`, with the scenario's `key`."""

    stem = "scenario_cards"

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component