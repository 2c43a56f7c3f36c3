"""The History tab: the runs of this visit as cards, and how to open them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypedDict

import gradio as gr

from components.access.visitors import page_of
from components.answers.lane_pane import applied, lane_value
from components.client_component import client_component
from components.event_data import sent
from components.feature import PRIVATE, Changes, Feature, Services, Values
from components.history.run_history import KeptRun
from components.lanes.lanes import Lanes
from components.uploads import upload_folder
from components.user_errors import user_errors
from components.wiring import Wiring
from core.compare.request_changes import as_asked, run_changes
from core.conversation import Image
from core.errors import InvalidInput
from core.lanes import LABELS
from core.runs.run import Run
from core.sessions.session_images import content_name, with_image_paths
from core.validity.check import verdict_in_short
from core.workspace import Request

EXCERPT = 200


class LaneExcerpt(TypedDict):
    """valid: whether the answer fits, in short; empty where nothing was checked."""

    label: str
    valid: str
    text: str
    settings: str


class RunCard(TypedDict):
    """changes: from the run before; empty if that is no longer kept."""

    number: int
    time: str
    prompt: str
    changes: list[str]
    lanes: list[LaneExcerpt]


class HistoryTab(Feature):
    """Events of its cards: `open`, `restore` with a `run` number, and `place` with its `lane`."""

    def __init__(self, services: Services) -> None:
        self._history = services.history
        with gr.Tab("History", id="history") as self.tab:
            self.view = client_component(
                "run_list", [], events=("open", "restore", "place"), elem_id="run-list"
            )

    def wire(self, page: Wiring) -> None:
        self._page = page
        inputs, written = page.inputs(), page.written()
        page.after_act(self.view.open(self._open, inputs, self._lanes(page), **PRIVATE))
        page.after_act(self.view.restore(self._restore, inputs, written, **PRIVATE))
        self.pin_at(page, self.view.place)
        page.tab_opened(self.tab, "history")

    def pin_at(self, page: Wiring, event: Callable[..., Any]) -> None:
        """Let an event with a `run` number and its `lane` pin that answer as another lane."""
        page.after_act(event(self._place, page.inputs(), self._lanes(page), **PRIVATE))

    def _lanes(self, page: Wiring) -> list[Any]:
        return [*page.written(), *page.the(Lanes).panes.values(), page.tabs, page.tab]

    def cards(self, request: gr.Request) -> Changes:
        return {self.view: run_cards(self._history.kept(page_of(request)))}

    def _open(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Show its answers in the lanes again; the inputs stay."""
        with user_errors():
            runs = self._find(request, event).runs
            workspace = self._page.read(values, repair=True)
        count = max(workspace.count, 1 + max(LABELS.index(label) for label in runs))
        workspace = replace(workspace, count=count)
        return {**self._page.write(workspace, values), **self._shown(request, runs)}

    def _restore(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Restore the inputs of the run."""
        with user_errors():
            return self._page.write(self._find(request, event).workspace)

    def _place(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Pin one of its lanes as the next lane, or as the last one if there are four."""
        with user_errors():
            kept = self._find(request, event)
            lane = sent(event, "lane", str, "")
            run = kept.runs.get(lane)
            if run is None:
                raise InvalidInput(f"Run {kept.number} has no lane {lane!r}. Reload the page.")
            workspace = self._page.read(values, repair=True)
        place = min(workspace.count, len(LABELS) - 1)
        label = LABELS[place]
        lanes = [*workspace.lanes]
        lanes[place] = replace(kept.workspace.settings_of(run.request.lane), pinned=True)
        run = replace(run, request=replace(run.request, lane=label))
        workspace = replace(workspace, lanes=tuple(lanes), count=place + 1)
        return {**self._page.write(workspace, values), **self._shown(request, {label: run})}

    def _shown(self, request: gr.Request, runs: dict[str, Run]) -> Changes:
        """Show these runs in these lanes, and open the tab with the lanes."""
        page, panes = page_of(request), self._page.the(Lanes).panes
        self._history.show(page, runs)
        first = {**self._history.shown(page), **runs}.get(LABELS[0])
        drawn = {panes[label]: lane_value(run, first) for label, run in runs.items()}
        return {**drawn, **self._page.output_opened()}

    def _find(self, request: gr.Request, event: gr.EventData) -> KeptRun:
        kept = self._history.find(page_of(request), sent(event, "run", int, 0))
        if kept is None:
            raise InvalidInput("This run is no longer kept. Choose another one.")
        return kept


def run_cards(runs: Sequence[KeptRun]) -> list[RunCard]:
    """runs: the newest first."""
    asked = [_asked(kept) for kept in runs]
    changes = [list(run_changes(before, after)) for after, before in pairwise(asked)]
    return [_card(*pair) for pair in zip(runs, [*changes, []], strict=False)]


def _asked(kept: KeptRun) -> dict[str, Request]:
    """The requests with images named by their content: a session's images are other files."""
    named: dict[str, Request] = {}
    for label, run in kept.runs.items():
        request = as_asked(run, kept.workspace)
        conversation = with_image_paths(request.conversation, _content)
        named[label] = replace(request, conversation=conversation)
    return named


def _content(image: Image) -> str:
    return content_name(image.path, (upload_folder(),)) or image.path


def _card(kept: KeptRun, changes: list[str]) -> RunCard:
    first = next(iter(kept.runs.values()))
    asked = [m.text for m in first.request.conversation.messages if m.role == "user"]
    return {
        "number": kept.number,
        "time": kept.time,
        "changes": changes,
        "prompt": (asked[-1] if asked else "")[:EXCERPT],
        "lanes": [
            {
                "label": label,
                "valid": verdict_in_short(run),
                "text": (run.prefill_text + run.text or run.error)[:EXCERPT],
                "settings": ", ".join(applied(run.sent)),
            }
            for label, run in kept.runs.items()
        ],
    }
