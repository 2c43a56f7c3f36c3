"""The Compare tab: tables of what the lanes answered, and the report."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import gradio as gr

from components.access.visitors import page_of
from components.compare.comparison import comparison, comparison_value
from components.compare.divergence import sentences
from components.compare.report_images import report_images
from components.drafts.workspace_bar import WorkspaceBar
from components.event_data import sent
from components.feature import PRIVATE, Changes, Feature, Services, Values
from components.history.history_tab import HistoryTab
from components.tokens.branches import traced
from components.user_errors import user_errors
from components.wiring import Wiring
from core.compare.report import Report, report_html
from core.errors import InvalidInput
from core.runs.run import Run

PACKAGES = ("gradio", "transformers", "torch")


class CompareTab(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services
        with gr.Tab("Compare", id="compare", elem_id="view-compare") as self.tab:
            self.view = comparison(elem_id="comparison")

    def wire(self, page: Wiring) -> None:
        self._page = page
        inputs, outputs = page.inputs(), [page.tab, self.view, page.the(HistoryTab).view]
        self.tab.select(self._open, inputs, outputs, **PRIVATE)
        self.view.pick(self._pick, inputs, outputs, **PRIVATE)
        self.view.report(self._report, inputs, [self.view], **PRIVATE)
        last = {"trigger_mode": "always_last", **PRIVATE}
        page.the(WorkspaceBar).bar.ran(self._after_run, inputs, outputs, **last)

    def _open(self, values: Values, request: gr.Request) -> Changes:
        return self._compared(values, request, None)

    def _pick(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        return self._compared(values, request, sent(event, "pair", list, []))

    def _after_run(self, values: Values, request: gr.Request) -> Changes:
        """The open tab is redrawn when a run has ended."""
        if values[self._page.tab] == "compare":
            return self._compared(values, request, None)
        return self._page.the(HistoryTab).cards(request)

    def _compared(self, values: Values, request: gr.Request, pair: Any) -> Changes:
        return {
            self._page.tab: "compare",
            self.view: comparison_value(self._shown(values, request), pair),
            **self._page.the(HistoryTab).cards(request),
        }

    def _shown(self, values: Values, request: gr.Request) -> dict[str, Run]:
        """The runs in the lanes on the page."""
        with user_errors():
            labels = self._page.read(values, repair=True).labels
        runs = self._services.history.shown(page_of(request))
        return {label: runs[label] for label in labels if label in runs}

    # -- the report --------------------------------------------------------------------------
    async def _report(self, values: Values, request: gr.Request) -> Changes:
        visitors, engine = self._services.visitors, self._services.engine
        visitor, is_here = visitors.of(request), visitors.still(request)
        with user_errors(), visitors.runs.enter(visitor):
            shown = self._shown(values, request)
            if not shown:
                raise InvalidInput("No lane has an answer to report. Run the lanes first.")
            why = await sentences(engine, shown, visitor, is_here)
            html = await asyncio.to_thread(self._html, shown.values(), why, visitor.page)
        name = f"comparison-{datetime.now():%Y-%m-%d-%H%M%S}.html"
        return {self.view: gr.update(report={"html": html, "name": name})}

    def _html(self, shown: Iterable[Run], why: tuple[str, ...], page: str) -> str:
        kept = self._services.history.kept(page)
        return report_html(self._written([traced(run, kept) for run in shown], why))

    def _written(self, runs: Sequence[Run], why: tuple[str, ...]) -> Report:
        conversation = runs[0].request.conversation
        known = {model.name: model for model in self._services.engine.models}
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
            images=report_images(conversation.images, self._services.engine),
            sentences=why,
        )


def package_versions() -> tuple[tuple[str, str], ...]:
    """The versions of packages that affect tokens or the page, if they are installed."""
    found: list[tuple[str, str]] = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)
