"""Pages in a line, for tests of what follows from them."""

from __future__ import annotations

from typing import Any

from components.snapshot import Snapshot
from core.conversation import Conversation, message
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, LaneSettings
from core.workspace import Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.shipped import LIBRARY


def workspace(
    *turns: Any, lanes: tuple[LaneSettings, ...] = (), tools: str = "", **changes: Any
) -> Workspace:
    """turns: a text of a user, or role and text. lanes: those that show."""
    pairs = [("user", turn) if isinstance(turn, str) else turn for turn in turns]
    messages = tuple(
        message(role, text, id=f"m{place}") for place, (role, text) in enumerate(pairs)
    )
    others = (AS_IN_THE_SIDEBAR,) * (len(LABELS) - len(lanes))
    values = {"lanes": (*lanes, *others), "count": len(lanes) or 1, **changes}
    return Workspace(Conversation(messages, tools), **values)


def snapshot(
    page: Workspace, engine: ScriptedEngine | None = None, chosen: str = "", tab: str = "output"
) -> Snapshot:
    return Snapshot(engine or ScriptedEngine(), LIBRARY, page, chosen, tab)
