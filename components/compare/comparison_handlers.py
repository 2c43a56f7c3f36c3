"""What the Compare and History tabs do: tables, the report, and runs that come back."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import gradio as gr

from components.access.visitors import Visitors, page_of
from components.answers.lane_pane import lane_value
from components.compare.comparison import comparison_value
from components.compare.divergence import sentences
from components.compare.report_images import report_images
from components.controls import Changes, Controls, Values
from components.event_data import sent
from components.history.run_history import KeptRun, RunHistory
from components.history.run_list import run_cards
from components.page_state import user_errors
from core.compare.report import Report, report_html
from core.errors import InvalidInput
from core.lanes import LABELS
from core.runs.engine import Engine
from core.runs.run import Run

PACKAGES = ("gradio", "transformers", "torch")


class ComparisonHandlers:
    def __init__(
        self, engine: Engine, controls: Controls, history: RunHistory, visitors: Visitors
    ) -> None:
        self._engine = engine
        self._controls = controls
        self._history = history
        self._visitors = visitors

    def compare(self, values: Values, request: gr.Request) -> Changes:
        """The tab was opened, or a run ended while it is looked at."""
        return self._compared(values, request, None)

    def pick(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        return self._compared(values, request, sent(event, "pair", list, []))

    def after_run(self, values: Values, request: gr.Request) -> Changes:
        """Redraw what is looked at: a run has ended."""
        if values[self._controls.tab] == "compare":
            return self._compared(values, request, None)
        return {self._controls.history: run_cards(self._history.kept(page_of(request)))}

    def _compared(self, values: Values, request: gr.Request, pair: Any) -> Changes:
        runs = self._shown(values, request)
        return {
            self._controls.tab: "compare",
            self._controls.comparison: comparison_value(runs, pair),
            self._controls.history: run_cards(self._history.kept(page_of(request))),
        }

    def _shown(self, values: Values, request: gr.Request) -> dict[str, Run]:
        """The runs in the lanes on the page."""
        with user_errors():
            labels = self._controls.read(values, mend=True).labels
        runs = self._history.shown(page_of(request))
        return {label: runs[label] for label in labels if label in runs}

    # -- the report --------------------------------------------------------------------------
    def report(self, values: Values, request: gr.Request) -> Changes:
        with user_errors(), self._visitors.runs.enter(self._visitors.of(request)):
            shown = self._shown(values, request)
            if not shown:
                raise InvalidInput("There is no answer to report. Run first.")
            why = tuple(sentences(self._engine, shown, page_of(request)))
            html = report_html(self._report(list(shown.values()), why))
        name = f"comparison-{datetime.now():%Y-%m-%d-%H%M%S}.html"
        return {self._controls.comparison: gr.update(report={"html": html, "name": name})}

    def _report(self, runs: Sequence[Run], why: tuple[str, ...]) -> Report:
        conversation = runs[0].request.conversation
        known = {model.name: model for model in self._engine.models}
        return Report(
            title="LFM Playground: comparison",
            made=f"{datetime.now():%Y-%m-%d %H:%M}",
            conversation=conversation,
            runs=tuple(runs),
            models=tuple(
                (
                    run.request.lane,
                    ", ".join(filter(None, [run.model, m.kept if m else ""])),
                )
                for run in runs
                for m in (known.get(run.model),)
            ),
            versions=(("Python", platform.python_version()), *package_versions()),
            images=report_images(conversation.images, self._engine),
            sentences=why,
        )

    # -- earlier runs ------------------------------------------------------------------------
    def open_run(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Show its answers in the lanes again; the inputs stay."""
        with user_errors():
            kept = self._find(request, event)
            state = self._controls.read(values, mend=True)
        runs = kept.runs
        count = max(state.count, 1 + max(LABELS.index(label) for label in runs))
        self._history.show(page_of(request), runs)
        first = {**self._history.shown(page_of(request)), **runs}.get(LABELS[0])
        panes = {self._controls.lanes.panes[n]: lane_value(run, first) for n, run in runs.items()}
        state = replace(state, count=count)
        changes = self._controls.write(state, replace(state, count=0))
        return {**changes, **panes, **self._controls.show_output()}

    def restore(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Put back what it was asked with."""
        with user_errors():
            kept = self._find(request, event)
            state = self._controls.read_draft(kept.inputs)
        return self._controls.write(state) if state else {}

    def place(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Pin one of its lanes as the next column, or as the last where there are four."""
        with user_errors():
            kept = self._find(request, event)
            run = kept.runs.get(sent(event, "lane", str, ""))
            if run is None:
                raise InvalidInput(f"Run {kept.number} has no such lane.")
            state = self._controls.read(values, mend=True)
            then = self._controls.read_draft(kept.inputs)
        place = min(state.count, len(LABELS) - 1)
        label = LABELS[place]
        lane = then.lane_of(run.request.lane) if then else state.lanes[place]
        lanes = [*state.lanes]
        lanes[place] = replace(lane, pinned=True)
        run = replace(run, request=replace(run.request, lane=label))
        self._history.show(page_of(request), {label: run})
        first = self._history.shown(page_of(request)).get(LABELS[0])
        new = replace(state, lanes=tuple(lanes), count=place + 1)
        pane = {self._controls.lanes.panes[label]: lane_value(run, first)}
        return {**self._controls.write(new, state), **pane, **self._controls.show_output()}

    def _find(self, request: gr.Request, event: gr.EventData) -> KeptRun:
        kept = self._history.find(page_of(request), sent(event, "run", int, 0))
        if kept is None:
            raise InvalidInput("This run is not kept any more.")
        return kept


def package_versions() -> tuple[tuple[str, str], ...]:
    """Of those that decide on tokens and looks, if they are installed."""
    found: list[tuple[str, str]] = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
