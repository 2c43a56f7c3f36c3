"""The events of the Export tab: make the chosen script, and verify a run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import gradio as gr

from components.access.visitors import page_of
from components.answers.answering import CancelTokens
from components.compare.compare_tab import package_versions
from components.event_data import question, sent
from components.export.export_view import (
    INPUTS,
    RUN,
    ExportValue,
    Verification,
    export_value,
    export_view,
    image_links,
    stopped_value,
    verification_value,
)
from components.feature import LONG, PRIVATE, QUICK, Changes, Feature, Services, Values
from components.tokens.branches import traced
from components.user_errors import user_errors
from components.wiring import Wiring
from components.wording import counted
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription, display_name
from core.runs.run import Run
from core.runs.verification import cannot_verify
from core.scripts.script import Subject
from core.scripts.targets import FIRST, TARGETS, make_script
from core.workspace import Request, Workspace, unseeded

REPORT_EVERY = 0.1  # seconds
# A run in these states has a request worth exporting.
SOME = ("done", "failed", "streaming", "checking")


@dataclass(frozen=True)
class Choice:
    """The choice, limited to what exists. source: empty before the first run, because there is no
    choice yet.
    """

    lane: str
    target: str
    source: str


class ExportTab(Feature):
    def __init__(self, services: Services) -> None:
        self._engine = services.engine
        self._services = services
        self._verifying = CancelTokens()
        with gr.Tab("Export", id="export", elem_id="view-export") as self.tab:
            self._view = export_view(elem_id="export")

    def wire(self, page: Wiring) -> None:
        self._page = page
        view, inputs = self._view, page.inputs()
        view.follow(self._follow, inputs, [view], trigger_mode="multiple", **PRIVATE)
        view.verify(self._verify, inputs, [view], **LONG)
        view.stop(self._stop, None, None, **QUICK)
        page.blocks.unload(self._stop)
        page.tab_opened(self.tab, "export")

    def _follow(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The script for the current choice and inputs."""
        value = self._value(values, request, event)
        value["question"] = question(event)
        return {self._view: value}

    def _value(self, values: Values, request: gr.Request, event: gr.EventData) -> ExportValue:
        try:
            workspace = self._page.read(values)
        except InvalidInput as error:
            choice = choice_of(event, ("A",), {})
            value = export_value(None, choice.lane, (), choice.target, "", "")
            value["error"] = str(error)
            return value
        runs = self._services.history.shown(page_of(request))
        choice = choice_of(event, workspace.labels, runs)
        run = runs.get(choice.lane)
        source, shown = choice.source, run if choice.source == RUN else None
        value = export_value(None, choice.lane, workspace.labels, choice.target, source, "")
        try:
            subject = self._subject(workspace, choice.lane, shown, request)
            value = export_value(
                make_script(choice.target, subject), choice.lane, workspace.labels, choice.target,
                source, _said(subject, self._now(workspace, choice.lane, request)),
            )  # fmt: skip
            value["images"] = image_links(subject.call.pictures)
            value["unverifiable"] = _unverifiable(subject.model, shown)
            if shown and _is_whole(shown) and not value["unverifiable"]:
                value["key"], value["verifiable"] = _key(shown), True
        except InvalidInput as error:
            value["error"] = str(error)
        return value

    async def _verify(
        self, values: Values, request: gr.Request, event: gr.EventData
    ) -> AsyncGenerator[Changes, None]:
        """Run the exported parameters again, and report progress until it ends or is stopped."""
        visitor, is_here = (
            self._services.visitors.of(request),
            self._services.visitors.still(request),
        )
        page = visitor.page
        with user_errors(), self._services.visitors.verifications.enter(visitor):
            run = self._services.history.shown(page).get(sent(event, "lane", str, ""))
            if run is None or not _is_whole(run):
                raise InvalidInput("This lane has no answer to verify. Run it to the end first.")
            if reason := _unverifiable(self._model_of(run.request, run), run):
                raise InvalidInput(reason)
            key, cancel = _key(run), self._verifying.add(page)
            end = perf_counter() + (visitor.seconds or float("inf"))
            checked = self._engine.verify(_as_answered(run), run.token_ids)
            try:
                checked.start()
                ended = False
                while not ended:
                    await asyncio.sleep(REPORT_EVERY)
                    happened, ended = checked.drain()
                    if cancel.is_set() or not is_here() or perf_counter() > end:
                        yield self._verdict(stopped_value(key))
                        return
                    if happened:
                        yield self._verdict(verification_value(happened[-1], key))
            finally:
                checked.close()
                self._verifying.remove(page, cancel)

    def _stop(self, request: gr.Request) -> None:
        self._verifying.stop(page_of(request))

    def _verdict(self, value: Verification) -> Changes:
        return {self._view: gr.update(verification=value)}

    # -- what is exported ----------------------------------------------------------------------
    def _now(self, workspace: Workspace, label: str, request: gr.Request) -> Request:
        """The request of the lane; its seed may still be None."""
        lane = workspace.lane(label, self._services.library_now().presets)
        asked = unseeded(workspace.conversation, lane)
        return self._services.visitors.of(request).bound([asked])[0]

    def _subject(
        self, workspace: Workspace, label: str, run: Run | None, request: gr.Request
    ) -> Subject:
        """Raises InvalidInput if the model isn't in memory or the prompt can't be built."""
        asked = run.sent if run else self._now(workspace, label, request)
        if not any(turn.parts for turn in asked.conversation.messages):
            raise InvalidInput("The messages are empty. Write a user message, then export.")
        model = self._model_of(asked, run)
        return Subject(
            request=asked,
            model=model,
            model_name=self._written(model.model, request),
            prompt=self._prompt(asked, model, run),
            run=run and traced(run, self._services.history.kept(page_of(request))),
            workspace=workspace,
            versions=package_versions(),
        )

    def _prompt(
        self, asked: Request, model: ModelDescription, run: Run | None
    ) -> RenderedPrompt | None:
        if run and run.prompt:
            return run.prompt
        return self._engine.render(asked) if model.capabilities.exact_prompt else None

    def _model_of(self, asked: Request, run: Run | None) -> ModelDescription:
        """The model that answered, or that would answer."""
        wanted = (run.model if run else "") or display_name(asked.model)
        for model in self._engine.models:
            if not wanted or model.name == wanted:
                return model
        if not wanted:
            raise InvalidInput("No model is loaded. Choose one in the model picker, then export.")
        raise InvalidInput(
            f"{wanted} is no longer in memory. Load it again, or run with another model."
        )

    def _written(self, model: str, request: gr.Request) -> str:
        """A model as scripts name it. Only people who may choose a folder see its path."""
        if not self._services.visitors.of(request).owner:
            return display_name(model)
        return str(Path(model).expanduser()) if model.startswith("~") else model


def choice_of(event: gr.EventData, labels: Sequence[str], runs: dict[str, Run]) -> Choice:
    """The browser's choice, with the first option as the default."""
    lane, target = sent(event, "lane", str, ""), sent(event, "program", str, "")
    lane = lane if lane in labels else labels[0]
    target = target if target in TARGETS else FIRST
    exists = lane in runs and runs[lane].status in SOME
    wished = INPUTS if sent(event, "source", str, "") == INPUTS else RUN
    return Choice(lane, target, wished if exists else "")


def _said(subject: Subject, now: Request) -> str:
    """A sentence that says what the script runs."""
    run, lane = subject.run, subject.request.lane
    seed = (run.request if run else subject.request).params.seed
    if run is None:
        drawn = "with a random seed" if seed is None else f"with seed {seed}"
        drawn = "with greedy decoding, so the seed does not matter" if subject.greedy else drawn
        return f"The current settings of lane {lane}, {drawn}."
    same = replace(now, params=replace(now.params, seed=seed)) == run.request
    changed = "" if same else " The inputs have changed since then."
    return f"The run in lane {lane}: {counted(run.token_count, 'token')}, seed {seed}.{changed}"


def _is_whole(run: Run) -> bool:
    return run.status == "done" and bool(run.tokens)


def _unverifiable(model: ModelDescription, run: Run | None) -> str:
    """Why this model's answers, or this answer, can't be verified; empty if they can."""
    if run and run.token_count > len(run.tokens):
        return "A saved answer has no tokens to compare. Run the lane again to verify it."
    can = (run.capabilities if run else None) or model.capabilities
    if can.verification and run and run.tokens and not run.token_ids:
        return f"{model.name} doesn't report its token ids, so there is nothing to compare."
    return "" if can.verification else cannot_verify(model.name)


def _as_answered(run: Run) -> Request:
    """The request of a stopped lane ends where its answer ended."""
    if run.stop_reason not in ("stopped", "time_limit"):
        return run.request
    params = replace(run.request.params, max_new_tokens=len(run.tokens) - run.given_count)
    return replace(run.request, params=params)


def _key(run: Run) -> str:
    """A key for one run, so that its verdict is never shown with another run."""
    return hashlib.sha256(f"{run.request!r} {run.token_ids} {run.seconds}".encode()).hexdigest()[
        :16
    ]
