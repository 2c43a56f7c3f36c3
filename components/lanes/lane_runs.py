"""Runs the lanes, all or one, stops them, and explains why two answers diverge."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import gradio as gr

from components.access.visitors import page_of
from components.answers.answering import CancelTokens, answer, as_stopped
from components.answers.lane_pane import lane_value
from components.compare.divergence import sides_of
from components.event_data import sent_lane
from components.feature import (
    LONG,
    PRESS_RUN,
    PRIVATE,
    QUICK,
    RAN,
    Changes,
    Feature,
    Services,
    Values,
)
from components.lanes.lanes import Lanes
from components.user_errors import user_errors
from components.wiring import Wiring, any_of
from core.compare.differences import first_divergence
from core.compare.explanation import candidate_rows, explain
from core.errors import InvalidInput
from core.lanes import LABELS
from core.runs.run import Run
from core.workspace import Request, Workspace, requests

FIRST = LABELS[0]


class LaneRuns(Feature):
    """runs: hidden buttons, one for each number of lanes, with only their panes as outputs. `run`
    presses the right one.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._going = CancelTokens()
        with gr.Row(elem_id="run-bar"):
            self.stop = gr.Button("Stop", size="sm", variant="stop", elem_id="stop", min_width=72)
            self.run = gr.Button("Run", size="sm", variant="primary", elem_id="run", min_width=120)
            counts = range(1, len(LABELS) + 1)
            self.runs = [
                gr.Button(f"Run {n}", visible="hidden", elem_id=f"run-{n}") for n in counts
            ]

    def wire(self, page: Wiring) -> None:
        self._page = page
        lanes = page.the(Lanes)
        panes, editors = list(lanes.panes.values()), list(lanes.editors.values())
        # Each token costs time for every output, also for unchanged ones, and for Gradio's checks.
        run = {"inputs": page.inputs(), "postprocess": False, **LONG}
        together = [
            button.click(
                self._run_of(count), outputs=panes[:count], trigger_mode="always_last", **run
            )
            for count, button in enumerate(self.runs, start=1)
        ]
        alone = [
            editor.run(self._run_lane, outputs=[pane], trigger_mode="multiple", **run)
            for editor, pane in zip(editors, panes, strict=True)
        ]
        for runs in (*together, *alone):
            runs.then(**RAN)
        self.run.click(None, None, None, js=PRESS_RUN, **PRIVATE)
        self.stop.click(self._stop, None, None, **QUICK)
        each = {"trigger_mode": "multiple"}  # that of one lane does not wait for another's
        any_of(editors, "stop")(self._stop_lane, None, None, **each, **QUICK)
        any_of(panes, "begin")(page.show_model, None, page.model_shown(), **QUICK)
        any_of(panes, "inspect")(self._inspect, None, panes, **each, **PRIVATE)
        page.blocks.unload(self._leave)

    # -- running -----------------------------------------------------------------------------
    def _run_of(self, count: int) -> Callable[..., AsyncGenerator[Changes, None]]:
        """The handler that runs the first `count` lanes. It writes only to their panes."""

        async def run(values: Values, request: gr.Request) -> AsyncGenerator[Changes, None]:
            """Stream the answers of all lanes that aren't pinned until they end or are stopped."""
            with user_errors():
                workspace = self._page.read(values)
                shown = workspace.labels[:count]
                labels = [n for n in shown if not workspace.settings_of(n).pinned]
                if not labels:
                    raise InvalidInput("All lanes are pinned. Unpin one, then run.")
            async with aclosing(self._answers(workspace, labels, request)) as changes:
                async for change in changes:
                    yield change

        return run

    async def _run_lane(
        self, values: Values, request: gr.Request, event: gr.EventData
    ) -> AsyncGenerator[Changes, None]:
        """Run one lane alone; the others stay unchanged."""
        with user_errors():
            workspace = self._page.read(values)
            label = sent_lane(event)
        async with aclosing(self._answers(workspace, [label], request)) as changes:
            async for change in changes:
                yield change

    async def _answers(
        self, workspace: Workspace, labels: list[str], request: gr.Request
    ) -> AsyncGenerator[Changes, None]:
        with user_errors():
            presets = self._services.library_now().presets
            lanes = [workspace.lane(label, presets) for label in labels]
            asked = requests(workspace.conversation, lanes)
        async with aclosing(self.answers(asked, workspace, request)) as changes:
            async for change in changes:
                yield change

    async def answers(
        self,
        asked: Sequence[Request],
        workspace: Workspace,
        request: gr.Request,
        keeps_refused: bool = True,
    ) -> AsyncGenerator[Changes, None]:
        """The values of the panes, as the answers to these requests grow. They can be stopped, and
        the history keeps them with the workspace.

        keeps_refused: whether the history also keeps those that failed before their first token.
        """
        visitor = self._services.visitors.of(request)
        page, panes = visitor.page, self._page.the(Lanes).panes
        with user_errors(), self._services.visitors.runs.enter(visitor):
            asked = visitor.bound(asked)
            before = self._services.history.shown(page)
            kept = self._services.history.begin(page, workspace)
            shown: dict[str, Run] = {}
            cancel = self._going.add(page)
            is_here = self._services.visitors.still(request)
            answers = answer(self._services.engine, asked, cancel, page, visitor.seconds, is_here)
            try:
                async with aclosing(answers):
                    async for runs in answers:
                        first = {**before, **runs}.get(FIRST) if workspace.count > 1 else None
                        # An ended lane is left out, because it may already run again alone. A
                        # running lane is always sent: Gradio rebuilds outputs that are left out,
                        # which costs more.
                        drawn = {n: run for n, run in runs.items() if not _is_over(shown.get(n))}
                        shown = runs
                        self._services.history.show(page, drawn)
                        yield {panes[n]: lane_value(run, first) for n, run in drawn.items()}
            finally:
                self._going.remove(page, cancel)
                ended = as_stopped(shown)
                if not keeps_refused:
                    ended = {n: run for n, run in ended.items() if run.tokens or not run.error}
                kept.end(ended)  # leaving the page ends this before the last redraw

    def stop_all(self, page: str) -> None:
        self._going.stop(page)

    def _stop(self, request: gr.Request) -> None:
        self.stop_all(page_of(request))

    def _stop_lane(self, request: gr.Request, event: gr.EventData) -> None:
        with user_errors():
            self._going.stop(page_of(request), sent_lane(event))

    def _leave(self, request: gr.Request) -> None:
        self.stop_all(page_of(request))
        self._services.history.leave(page_of(request))

    # -- why two answers part ----------------------------------------------------------------
    async def _inspect(self, request: gr.Request, event: gr.EventData) -> Changes:
        """Both lanes' candidates at the divergence, and what removed the other lane's token."""
        visitors, engine = self._services.visitors, self._services.engine
        visitor, is_here = visitors.of(request), visitors.still(request)
        runs = self._services.history.shown(visitor.page)
        with user_errors(), visitors.runs.enter(visitor):
            label = sent_lane(event)
            first, run = runs.get(FIRST), runs.get(label)
            divergence = first_divergence(first, run) if first and run else None
            if first is None or run is None or divergence is None:
                raise InvalidInput("These answers are no longer kept. Run the lanes again.")
            sides = await sides_of(engine, first, run, divergence, visitor, is_here)
        chosen = (sides[0].token_id, sides[1].token_id)
        found = {
            "place": divergence.position,
            "lines": list(explain(*sides)),
            "sides": [
                {"lane": side.lane, "candidates": candidate_rows(side, chosen)} for side in sides
            ],
        }
        return {self._page.the(Lanes).panes[label]: gr.update(explanation=found)}


def _is_over(run: Run | None) -> bool:
    return run is not None and run.status in ("done", "failed")
