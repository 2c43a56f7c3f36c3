"""What the Export tab's events do: make the script that is looked at, and verify a run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import gradio as gr

from components.access.visitors import Visitors, page_of
from components.answers.answering import StopSwitches
from components.compare.comparison_handlers import package_versions
from components.controls import Changes, Controls, Values
from components.event_data import sent
from components.export.export_view import (
    INPUTS,
    RUN,
    export_value,
    image_links,
    stopped_value,
    verification_value,
)
from components.history.run_history import RunHistory
from components.page_state import PageState, user_errors
from components.saved_state import saved_of
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import Engine, ModelDescription, name_of
from core.runs.run import Run
from core.runs.verification import cannot_verify
from core.scripts.script import Subject
from core.scripts.targets import FIRST, TARGETS, make_script
from core.workspace import Request, unseeded

REPORT_EVERY = 0.1  # seconds
SOME = ("done", "failed", "streaming")  # states in which a run has a request worth exporting


@dataclass(frozen=True)
class Choice:
    """What is looked at, cut down to what there is. source: empty where there is no run yet, so
    that nobody has chosen the inputs before there was a choice.
    """

    lane: str
    target: str
    source: str


class ExportHandlers:
    def __init__(
        self, engine: Engine, controls: Controls, history: RunHistory, visitors: Visitors,
        view: gr.HTML,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._controls = controls
        self._history = history
        self._visitors = visitors
        self._view = view
        self._verifying = StopSwitches()

    def follow(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The script of what is chosen, as things are now."""
        value = self._value(values, request, event)
        return {self._view: {**value, "serial": sent(event, "serial", int, 0)}}

    def _value(self, values: Values, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        try:
            state = self._controls.read(values)
        except InvalidInput as error:
            choice = choice_of(event, ("A",), {})
            empty = export_value(None, choice.lane, (), choice.target, "", "")
            return {**empty, "error": str(error)}
        runs = self._history.shown(page_of(request))
        choice = choice_of(event, state.labels, runs)
        run = runs.get(choice.lane)
        source, shown = choice.source, run if choice.source == RUN else None
        value = export_value(None, choice.lane, state.labels, choice.target, source, "")
        try:
            subject = self._subject(state, choice.lane, shown, request)
            value = export_value(
                make_script(choice.target, subject), choice.lane, state.labels, choice.target,
                source, _said(subject, self._now(state, choice.lane, request)),
            )  # fmt: skip
            value["images"] = image_links(subject.recipe.pictures)
            value["unverifiable"] = _unverifiable(subject.model, shown)
            if shown and _is_whole(shown) and not value["unverifiable"]:
                value |= {"key": _key(shown), "verifiable": True}
        except InvalidInput as error:
            value["error"] = str(error)
        return value

    async def verify(
        self, values: Values, request: gr.Request, event: gr.EventData
    ) -> AsyncGenerator[Changes, None]:
        """Run the exported parameters again; says how it goes until it ends or is stopped."""
        visitor, is_here = self._visitors.of(request), self._visitors.still(request)
        page = visitor.page
        with user_errors(), self._visitors.verifications.enter(visitor):
            run = self._history.shown(page).get(sent(event, "lane", str, ""))
            if run is None or not _is_whole(run):
                raise InvalidInput("There is no answer to verify. Run the lane to its end first.")
            if reason := _unverifiable(self._model_of(run.request, run), run):
                raise InvalidInput(reason)
            key, switch = _key(run), self._verifying.add(page)
            end = perf_counter() + (visitor.seconds or float("inf"))
            checked = self._engine.verify(_as_answered(run), run.token_ids)
            try:
                checked.start()
                ended = False
                while not ended:
                    await asyncio.sleep(REPORT_EVERY)
                    happened, ended = checked.drain()
                    if switch.is_set() or not is_here() or perf_counter() > end:
                        yield self._verdict(stopped_value(key))
                        return
                    if happened:
                        yield self._verdict(verification_value(happened[-1], key))
            finally:
                checked.close()
                self._verifying.remove(page, switch)

    def stop(self, request: gr.Request) -> None:
        self._verifying.stop(page_of(request))

    def leave(self, request: gr.Request) -> None:
        self._verifying.stop(page_of(request))

    def _verdict(self, value: dict[str, Any]) -> Changes:
        return {self._view: gr.update(verification=value)}

    # -- what is exported ----------------------------------------------------------------------
    def _now(self, state: PageState, label: str, request: gr.Request) -> Request:
        """What the lane would be asked; its seed may still be None."""
        workspace = state.workspace(self._controls.library_now().presets, [label])
        return self._visitors.of(request).bound(
            [unseeded(workspace.conversation, workspace.lanes[0])]
        )[0]

    def _subject(
        self, state: PageState, label: str, run: Run | None, request: gr.Request
    ) -> Subject:
        """Raises InvalidInput where the model isn't in memory or the prompt can't be built."""
        asked = run.sent if run else self._now(state, label, request)
        if not any(turn.parts for turn in asked.conversation.messages):
            raise InvalidInput("There is no message to export. Write a user message.")
        model = self._model_of(asked, run)
        return Subject(
            request=asked,
            model=model,
            model_name=self._written(model.model, request),
            prompt=self._prompt(asked, model, run),
            run=run,
            workspace=saved_of(state),
            versions=package_versions(),
        )

    def _prompt(
        self, asked: Request, model: ModelDescription, run: Run | None
    ) -> RenderedPrompt | None:
        if run and run.prompt:
            return run.prompt
        return self._engine.render(asked) if model.capabilities.exact_prompt else None

    def _model_of(self, asked: Request, run: Run | None) -> ModelDescription:
        """The model that answered, or that would."""
        wanted = (run.model if run else "") or name_of(asked.model)
        for model in self._engine.models:
            if not wanted or model.name == wanted:
                return model
        if not wanted:
            raise InvalidInput("No model is loaded. Choose one in the model picker, then export.")
        raise InvalidInput(
            f"{wanted} is not in memory any more. Load it again, or run with another."
        )

    def _written(self, model: str, request: gr.Request) -> str:
        """A model as scripts name it: a folder's place is only for those who may choose one."""
        if not self._visitors.of(request).owner:
            return name_of(model)
        return str(Path(model).expanduser()) if model.startswith("~") else model


def choice_of(event: gr.EventData, labels: Sequence[str], runs: dict[str, Run]) -> Choice:
    """What a browser asks for, or the first of each."""
    lane, target = sent(event, "lane", str, ""), sent(event, "program", str, "")
    lane = lane if lane in labels else labels[0]
    target = target if target in TARGETS else FIRST
    exists = lane in runs and runs[lane].status in SOME
    wished = INPUTS if sent(event, "source", str, "") == INPUTS else RUN
    return Choice(lane, target, wished if exists else "")


def _said(subject: Subject, now: Request) -> str:
    """What the script is a script of."""
    run, lane = subject.run, subject.request.lane
    seed = (run.request if run else subject.request).params.seed
    if run is None:
        drawn = "a seed will be drawn" if seed is None else f"seed {seed}"
        drawn = "greedy, so that no seed matters" if subject.greedy else drawn
        return f"What lane {lane} would be asked now: {drawn}."
    same = replace(now, params=replace(now.params, seed=seed)) == run.request
    changed = "" if same else " The inputs have changed since."
    return f"The run that lane {lane} shows: {len(run.tokens)} tokens, seed {seed}.{changed}"


def _is_whole(run: Run) -> bool:
    return run.status == "done" and bool(run.tokens)


def _unverifiable(model: ModelDescription, run: Run | None) -> str:
    """Why an answer of this model, or this one, can't be verified; empty where it can."""
    can = (run.capabilities if run else None) or model.capabilities
    if can.verification and run and run.tokens and not run.token_ids:
        return f"{model.name} doesn't tell its token ids, so there is nothing to compare."
    return "" if can.verification else cannot_verify(model.name)


def _as_answered(run: Run) -> Request:
    """A lane that was stopped is compared as far as it came."""
    if run.stop_reason not in ("stopped", "time_limit"):
        return run.request
    params = replace(run.request.params, max_new_tokens=len(run.tokens))
    return replace(run.request, params=params)


def _key(run: Run) -> str:
    """Names one run, so that a verdict is never shown beside another."""
    return hashlib.sha256(f"{run.request!r} {run.token_ids} {run.seconds}".encode()).hexdigest()[
        :16
    ]
