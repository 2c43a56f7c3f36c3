"""The Tokens tab: which tokens a lane chose, what else was possible, and what the samplers did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypedDict

import gradio as gr

from components.access.visitors import page_of
from components.answers.lane_pane import lane_value
from components.client_component import client_component
from components.event_data import question, sent, sent_lane
from components.feature import LONG, PRIVATE, RAN, Changes, Feature, Services, Values
from components.history.history_tab import HistoryTab
from components.lanes.lane_runs import LaneRuns
from components.lanes.lanes import Lanes
from components.tokens.branches import (
    branch_request,
    branches,
    redrawn_request,
    traced,
    workspace_of,
)
from components.tokens.logits import Logits, logits_at
from components.tokens.scoring import Scores, score_rows
from components.tokens.token_values import EMPTY, TokensValue, run_key, tokens_value
from components.user_errors import user_errors
from components.wiring import Act, Wiring
from core.errors import InvalidInput
from core.lanes import LABELS
from core.library.library import Library
from core.runs.run import Run
from core.sampling import in_order, samplers, under
from core.workspace import Request, Workspace, requests

PRESETS = ("lfm2.5-text", "lfm2-text")  # those that the microscope offers, by key
GONE = "This answer is no longer kept. Run the lane again."


class SamplerField(TypedDict):
    """A slider of the microscope."""

    name: str
    label: str
    minimum: float
    maximum: float
    step: float
    off: float | None


class TriedValues(TypedDict):
    name: str
    values: dict[str, Any]


class TokensTab(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services
        with gr.Tab("Tokens", id="tokens", elem_id="view-tokens") as self.tab:
            self.view = tokens_view(services.library_now(), elem_id="tokens")

    def wire(self, page: Wiring) -> None:
        self._page = page
        inputs, outputs = page.inputs(), [page.tab, self.view]
        self.tab.select(self._open, inputs, outputs, **PRIVATE)
        self.view.open(self._open, inputs, outputs, **PRIVATE)
        self.view.look(self._look, None, [self.view], **LONG)
        page.act(self.view.apply, _applied)
        page.the(HistoryTab).pin_at(page, self.view.compare)
        self.view.score(self._score, inputs, [self.view], **LONG)
        panes = page.the(Lanes).panes
        self.view.back(self._back, inputs, [*panes.values(), self.view], **PRIVATE)
        for label, pane in panes.items():
            run = {"inputs": inputs, "outputs": [pane, self.view], "postprocess": False, **LONG}
            branched = getattr(self.view, f"branch_{label}")(self._branch_of(label), **run)
            branched.then(**RAN)

    def _open(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Show the tokens of the lane that is asked for, or of the first one with an answer."""
        with user_errors():
            labels = self._page.read(values, repair=True).labels
        value = self._value(page_of(request), labels, sent(event, "lane", str, ""))
        return {self._page.tab: "tokens", self.view: value}

    def _value(self, page: str, labels: Sequence[str], lane: str) -> TokensValue:
        history = self._services.history
        runs, kept = history.shown(page), history.kept(page)
        shown = {label: traced(runs[label], kept) for label in labels if label in runs}
        value = tokens_value(shown, lane)
        if run := runs.get(value["lane"]):
            value["branches"] = branches(kept, run)
        return value

    async def _look(self, request: gr.Request, event: gr.EventData) -> Changes:
        """The logits of one place. What goes wrong is said in the microscope."""
        visitors = self._services.visitors
        page, number = page_of(request), question(event)
        try:
            run, place = asked_place(self._services.history.shown(page), event)
            visitor, is_here = visitors.of(request), visitors.still(request)
            with visitors.runs.enter(visitor):
                found = await logits_at(self._services.engine, run, place, visitor, is_here, number)
        except InvalidInput as error:
            found: Logits = {"question": number, "error": str(error)}
        return {self.view: gr.update(logits=found)}

    async def _score(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """A pasted text as the answer of each lane. What goes wrong is said in the dialog."""
        visitors, number = self._services.visitors, question(event)
        visitor = visitors.of(request)
        try:
            workspace = self._page.read(values)
            presets = self._services.library_now().presets
            lanes = [workspace.lane(label, presets) for label in workspace.labels]
            asked = visitor.bound(requests(workspace.conversation, lanes))
            with visitors.runs.enter(visitor):
                text = sent(event, "text", str, "")
                is_here = visitors.still(request)
                rows = await score_rows(self._services.engine, asked, text, visitor, is_here)
            found: Scores = {"question": number, "rows": rows}
        except InvalidInput as error:
            found = {"question": number, "error": str(error)}
        return {self.view: gr.update(scores=found)}

    # -- branches ----------------------------------------------------------------------------
    def _branch_of(self, label: str) -> Callable[..., AsyncGenerator[Changes, None]]:
        """The handler that answers again in that lane, differently from one place on."""

        async def branch(
            values: Values, request: gr.Request, event: gr.EventData
        ) -> AsyncGenerator[Changes, None]:
            """The lane's answer stays until the branch has a token, and if it is refused."""
            page, history = page_of(request), self._services.history
            pane, labels, refusal = self._page.the(Lanes).panes[label], LABELS, ""
            try:
                workspace = self._page.read(values, repair=True)
                labels = workspace.labels
                run, place = asked_place(history.shown(page), event, label)
                kept = history.kept(page)
                asked = _asked(await asyncio.to_thread(traced, run, kept), place, event)
                workspace = workspace_of(kept, run, workspace)
                runs = self._page.the(LaneRuns)
                answers = runs.answers([asked], workspace, request, keeps_refused=False)
                async with aclosing(answers) as changes:
                    async for change in changes:
                        if change[pane]["status"] == "failed" and not change[pane]["text"]:
                            history.show(page, {label: run})
                            raise InvalidInput(change[pane]["error"])
                        if change[pane]["text"]:
                            yield change
            except InvalidInput as error:
                refusal = str(error)
            except gr.Error as error:
                refusal = error.message
            value = await asyncio.to_thread(self._value, page, labels, label)
            yield {self.view: {**value, "note": refusal or value["note"]}}

        return branch

    def _back(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Show an earlier answer of the lane again."""
        page, history = page_of(request), self._services.history
        with user_errors():
            label, labels = sent_lane(event), self._page.read(values, repair=True).labels
            found = history.find(page, sent(event, "run", int, -1))
            if found is None or label not in found.runs:
                raise InvalidInput(GONE)
        history.show(page, {label: found.runs[label]})
        first = history.shown(page).get(LABELS[0]) if len(labels) > 1 else None
        pane = self._page.the(Lanes).panes[label]
        return {
            pane: lane_value(found.runs[label], first),
            self.view: self._value(page, labels, label),
        }


def tokens_view(library: Library, **props: Any) -> gr.HTML:
    """Events: `open`, show a lane; `look`, the logits of one of its places; `apply`, values for the
    sidebar; `branch_A` and so on, answer with another token at a place (`id`), or drawn anew from
    there on (`keeps_seed`); `back`, show an earlier answer again; `compare`, pin one as another
    lane; `score`, a text as the answer. Props: logits, scores, the results of `look` and `score`.
    """
    return client_component(
        "tokens_view",
        EMPTY,
        samplers=sampler_fields(),
        presets=presets_to_try(library),
        logits={},
        scores={},
        events=(
            *("open", "look", "apply", "back", "compare", "score"),
            *(f"branch_{label}" for label in LABELS),
        ),
        **props,
    )


def sampler_fields() -> list[SamplerField]:
    """In the order in which they are applied."""
    rows = ((name, samplers()[name].setting) for name in in_order())
    return [
        {
            "name": name, "label": one.label, "minimum": one.minimum, "maximum": one.maximum,
            "step": one.step, "off": one.off,
        }
        for name, one in rows
    ]  # fmt: skip


def presets_to_try(library: Library) -> list[TriedValues]:
    off = {name: row.setting.off for name, row in samplers().items()}
    known = (library.presets[key] for key in PRESETS if key in library.presets)
    return [{"name": one.name, "values": {**off, **one.sampling}} for one in known]


def asked_place(runs: Mapping[str, Run], event: gr.EventData, lane: str = "") -> tuple[Run, int]:
    """The run and the place that a browser asks about. lane: its label; empty: the event has it.

    Raises InvalidInput.
    """
    run = runs.get(lane or sent_lane(event))
    if run is None or sent(event, "run", str, "") != run_key(run) or not run.token_ids:
        raise InvalidInput(GONE)
    place = sent(event, "place", int, -1)
    if not 0 <= place < len(run.tokens):
        raise InvalidInput(
            f"place is {place}; it must be from 0 to {len(run.tokens) - 1}. Reload the page."
        )
    return run, place


def _asked(run: Run, place: int, event: gr.EventData) -> Request:
    keeps_seed = sent(event, "keeps_seed", bool, None)
    if keeps_seed is not None:
        return redrawn_request(run, place, keeps_seed)
    return branch_request(run, place, sent(event, "id", int, -1))


def _applied(workspace: Workspace, act: Act) -> Workspace:
    """The microscope's values in the sidebar; length, seed and stop strings stay."""
    values = sent(act.data, "values", dict, {})
    if missing := [name for name in samplers() if name not in values]:
        raise InvalidInput(f"The values lack {', '.join(missing)}. Reload the page.")
    chosen = {name: values[name] for name in samplers()}
    return replace(workspace, params=under(workspace.params, chosen))
