"""The page's state as a saved workspace, and back."""

from __future__ import annotations

from dataclasses import replace

from components.messages.message_editor import conversation_of, rows_of
from components.page_state import PageState
from core.saved_workspace import SavedWorkspace


def saved_of(state: PageState) -> SavedWorkspace:
    """All that a person edits; which tab is looked at is not part of it."""
    conversation = conversation_of(state.rows, state.tools)
    return SavedWorkspace(
        conversation, state.preset, state.params, state.budget, state.lanes, state.count
    )


def state_of(saved: SavedWorkspace, now: PageState) -> PageState:
    """`now` with everything that was saved, in new rows."""
    return replace(
        now,
        rows=tuple(rows_of(saved.conversation.messages)),
        tools=saved.conversation.tools,
        preset=saved.preset,
        params=saved.params,
        budget=saved.budget,
        lanes=saved.lanes,
        count=saved.count,
    )
