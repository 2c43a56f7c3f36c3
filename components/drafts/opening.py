"""Opening a page: the draft of its browser, its earlier runs, the model in use; and a new start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from components.access.visitors import page_of
from components.answers.lane_pane import EMPTY_LANE, lane_value
from components.drafts.workspace_bar import WorkspaceBar
from components.feature import PRIVATE, Changes, Feature, Services
from components.history.history_tab import HistoryTab, run_cards
from components.images.budget_panel import own_budget
from components.lanes.lane_runs import LaneRuns
from components.lanes.lanes import Lanes
from components.messages.message_editor import FIRST_ROW
from components.models.models import Models
from components.sessions.session_bar import SessionBar, current
from components.wiring import Wiring
from core.conversation import Conversation, message
from core.lanes import LABELS
from core.sampling import SamplingParams
from core.workspace import Workspace

RELOAD_SECONDS = 2.0  # how long a page waits for the run that its reload stopped
FOCUS_MESSAGE = "() => document.querySelector('.turn-text')?.focus()"


class Opening(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services

    def wire(self, page: Wiring) -> None:
        self._page = page
        panes, others = page.the(Lanes).panes.values(), [page.the(Models).choice]
        outputs = [*page.written(), *panes, *page.model_shown(), *others, page.the(HistoryTab).view]
        bar, script = page.the(WorkspaceBar).bar, "() => playground.openDraft()"
        load = page.blocks.load(self._open, [bar], outputs, js=script, **PRIVATE)
        page.the(Models).follow_start(page, page.opened(load))
        session = page.the(SessionBar).bar
        cleared = [*page.written(), *panes, session, page.tabs, page.tab]
        # Two events: the last values of a stopped run must come before the empty page.
        stopped = bar.new(self._stop, None, None, **PRIVATE)
        begun = page.after_act(stopped.then(self._new, None, cleared, **PRIVATE))
        begun.then(None, None, None, js=FOCUS_MESSAGE, **PRIVATE)
        page.blocks.unload(self._leave)

    def _open(self, draft: Any, request: gr.Request) -> Changes:
        """A new visit: this browser's draft, else an empty message and the first preset."""
        visitor, history = self._services.visitors.open(request), self._services.history
        history.open(visitor, draft.get("session") if isinstance(draft, dict) else None)
        workspace = self._page.read_draft(draft) or self._first(FIRST_ROW)
        if isinstance(draft, dict) and "preset" not in draft:  # only the tab's own messages
            workspace = replace(self._first(), conversation=workspace.conversation)
        kept = history.settled(visitor.page, RELOAD_SECONDS)
        return {
            **self._page.write(workspace),
            **self._shown_again(visitor.page),
            **self._page.show_model(),
            self._page.the(Models).choice: self._page.the(Models).in_use(),
            self._page.the(HistoryTab).view: run_cards(kept),
        }

    def _stop(self, request: gr.Request) -> None:
        page = page_of(request)
        self._page.the(LaneRuns).stop_all(page)
        self._services.history.settled(page, RELOAD_SECONDS)

    def _new(self, request: gr.Request) -> Changes:
        """Keeps only the model. Undo restores the inputs, and the history has the answers."""
        page, panes = page_of(request), self._page.the(Lanes).panes.values()
        self._services.history.replace(page, {})
        return {
            **self._page.write(self._first()),
            **dict.fromkeys(panes, EMPTY_LANE),
            self._page.the(SessionBar).bar: current(),
            **self._page.output_opened(),
        }

    def _first(self, row: str = "") -> Workspace:
        """row: the id of its message; empty for a new one."""
        key, preset = next(iter(self._services.library_now().presets.items()))
        return Workspace(
            Conversation((message("user", "", id=row),)),
            key,
            preset.params(SamplingParams()),
            preset.budget(own_budget(self._services.engine)),
        )

    def _shown_again(self, page: str) -> Changes:
        """A reloaded page shows its answers again."""
        runs = self._services.history.show_again(page)
        panes, first = self._page.the(Lanes).panes, runs.get(LABELS[0])
        return {panes[label]: lane_value(run, first) for label, run in runs.items()}

    def _leave(self, request: gr.Request) -> None:
        self._services.visitors.leave(request)
