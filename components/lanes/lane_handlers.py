"""What the lanes' events do: run all or one, stop, keep, promote, and say why two answers part."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import gradio as gr

from components.access.visitors import Visitors, page_of
from components.answers.answering import StopSwitches, answer, as_stopped
from components.answers.lane_pane import lane_value
from components.compare.divergence import sides_of
from components.controls import Changes, Controls, Values
from components.event_data import sent_lane
from components.history.run_history import RunHistory
from components.page_state import PageState, user_errors
from core.compare.candidates import candidate_rows
from core.compare.differences import first_divergence
from core.compare.explanation import explain
from core.errors import InvalidInput
from core.lanes import LABELS, LaneSettings
from core.runs.engine import Engine
from core.runs.run import Run
from core.workspace import requests

FIRST = LABELS[0]


class LaneHandlers:
    def __init__(
        self, engine: Engine, controls: Controls, history: RunHistory, visitors: Visitors
    ) -> None:
        self._engine = engine
        self._controls = controls
        self._history = history
        self._visitors = visitors
        self._runs = StopSwitches()

    # -- running -----------------------------------------------------------------------------
    def run_of(self, count: int) -> Callable[..., AsyncGenerator[Changes, None]]:
        """The handler that runs the first `count` lanes; it writes to their panes only."""

        async def run(values: Values, request: gr.Request) -> AsyncGenerator[Changes, None]:
            """Stream the answers of all lanes that aren't pinned until they end or are stopped."""
            with user_errors():
                state = self._controls.read(values)
                labels = [n for n in state.labels[:count] if not state.lane_of(n).pinned]
                if not labels:
                    raise InvalidInput("Every lane is pinned. Unpin one, then run.")
            async with aclosing(self._run(state, labels, values, request)) as changes:
                async for change in changes:
                    yield change

        return run

    async def run_lane(
        self, values: Values, request: gr.Request, event: gr.EventData
    ) -> AsyncGenerator[Changes, None]:
        """One lane alone; what the others show stays."""
        with user_errors():
            state = self._controls.read(values)
            label = sent_lane(event)
        async with aclosing(self._run(state, [label], values, request)) as changes:
            async for change in changes:
                yield change

    async def _run(
        self, state: PageState, labels: list[str], values: Values, request: gr.Request
    ) -> AsyncGenerator[Changes, None]:
        visitor = self._visitors.of(request)
        page, panes = visitor.page, self._controls.lanes.panes
        with user_errors(), self._visitors.runs.enter(visitor):
            asked = visitor.bound(requests(state.workspace(self._presets, labels)))
            before = self._history.shown(page)
            kept = self._history.begin(page, self._controls.draft_of(values))
            shown: dict[str, Run] = {}
            switch = self._runs.add(page)
            answers = answer(
                self._engine, asked, switch, page, visitor.seconds, self._visitors.still(request)
            )
            try:
                async with aclosing(answers):
                    async for runs in answers:
                        first = {**before, **runs}.get(FIRST) if len(state.labels) > 1 else None
                        # A lane that has ended is left out: it may be run again alone meanwhile.
                        # One that goes on is always sent: Gradio builds what is left out anew,
                        # which costs more.
                        drawn = {n: run for n, run in runs.items() if not _is_over(shown.get(n))}
                        shown = runs
                        self._history.show(page, drawn)
                        yield {panes[n]: lane_value(run, first) for n, run in drawn.items()}
            finally:
                self._runs.remove(page, switch)
                kept.end(as_stopped(shown))  # a page that is left ends this before the last redraw

    @property
    def _presets(self) -> Mapping[str, Any]:
        return self._controls.library_now().presets

    def stop(self, request: gr.Request) -> None:
        self._runs.stop(page_of(request))

    def stop_lane(self, request: gr.Request, event: gr.EventData) -> None:
        with user_errors():
            self._runs.stop(page_of(request), sent_lane(event))

    def leave(self, request: gr.Request) -> None:
        self._runs.stop(page_of(request))
        self._history.leave(page_of(request))

    # -- why two answers part ----------------------------------------------------------------
    def inspect(self, request: gr.Request, event: gr.EventData) -> Changes:
        """Both lanes' candidates at the first token that differs, and who took the other's out."""
        page = page_of(request)
        runs = self._history.shown(page)
        with user_errors(), self._visitors.runs.enter(self._visitors.of(request)):
            label = sent_lane(event)
            first, run = runs.get(FIRST), runs.get(label)
            parting = first_divergence(first, run) if first and run else None
            if first is None or run is None or parting is None:
                raise InvalidInput("These answers are not here any more. Run the lanes again.")
            sides = sides_of(self._engine, first, run, parting, page)
        chosen = (sides[0].token_id, sides[1].token_id)
        found = {
            "place": parting.position,
            "lines": list(explain(*sides)),
            "sides": [
                {"lane": side.lane, "candidates": candidate_rows(side, chosen)} for side in sides
            ],
        }
        return {self._controls.lanes.panes[label]: gr.update(explanation=found)}


def _is_over(run: Run | None) -> bool:
    return run is not None and run.status in ("done", "failed")


def promoted(state: PageState, label: str, presets: Mapping[str, Any]) -> PageState:
    """The state with a lane's settings in the sidebar; the lane itself changes nothing any more."""
    lane = state.lane_of(label).lane(label, state.params, state.budget, presets)
    preset = state.lane_of(label).preset or state.preset
    lanes = {**dict(zip(LABELS, state.lanes, strict=True)), label: LaneSettings()}
    return replace(
        state, params=lane.params, budget=lane.budget, preset=preset, lanes=tuple(lanes.values())
    )
