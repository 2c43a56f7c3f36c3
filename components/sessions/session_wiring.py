"""Sessions on the page: which event of the bar and of the tab calls what."""

from __future__ import annotations

from typing import Any

from components.access.user_stores import UserStores
from components.access.visitors import Visitors
from components.controls import Controls
from components.sessions.session_handlers import SessionHandlers
from components.sessions.session_panel import SessionParts
from components.wiring import PRIVATE, Wiring


def wire_sessions(
    wiring: Wiring, controls: Controls, parts: SessionParts, stores: UserStores, visitors: Visitors
) -> None:
    bar, panel = parts.bar, parts.panel
    handlers = SessionHandlers(controls, bar, panel, stores, visitors)
    inputs: set[Any] = controls.inputs() | {bar}
    several = {**PRIVATE, "trigger_mode": "multiple"}  # the script leaves old answers out
    bar.save(handlers.save, inputs, [bar], **several)
    bar.show(handlers.show, None, [controls.tabs, controls.tab], **PRIVATE)
    panel.look(handlers.look, inputs, [panel], **several)
    panel.edit(handlers.edit, inputs, [bar, panel], **several)
    wiring.after_act(
        panel.open(handlers.open, inputs, [*controls.written(), bar, panel], **PRIVATE)
    )
