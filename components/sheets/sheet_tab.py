"""The Sheet tab: rows, checks and results of one prompt in every lane."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import gradio as gr

from components.access.visitors import page_of
from components.event_data import question, sent
from components.feature import LONG, PRIVATE, QUICK, TELL, Changes, Feature, Services, Values
from components.lanes.lane_runs import LaneRuns
from components.lanes.lanes import Lanes
from components.scenarios.scenario_cards import Scenarios
from components.sessions.session_pictures import placed, put_file
from components.sheets.open_sheet import OpenSheet
from components.sheets.open_sheets import OpenSheets
from components.sheets.sheet_edits import edited, for_sheet, new_sheet
from components.sheets.sheet_files import saved_file
from components.sheets.sheet_input import Asked, asked, shown
from components.sheets.sheet_view import (
    Listed,
    lane_names,
    prompt_print,
    sheet_view,
    state_value,
)
from components.snapshot import Snapshot
from components.user_errors import user_errors
from components.wiring import Wiring, named
from core.errors import InvalidInput
from core.library.library import Preset
from core.sessions.session_images import with_image_paths
from core.sheets.store import SheetStore
from core.workspace import Request, Workspace, variables_of

REFUSED = "sheets are not available"
Answer = dict[str, Any]


class SheetTab(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services
        self._engine = services.engine
        self._visitors = services.visitors
        self._open = OpenSheets(services.engine)
        self._asked: dict[str, tuple[tuple[Request, ...], Workspace]] = {}  # by page
        with gr.Tab("Sheet", id="sheet", elem_id="view-sheet") as self.tab:
            self.view = sheet_view(elem_id="sheet")

    def shown(self) -> list[Any]:
        return [self.view]

    def show(self, page: Snapshot) -> Changes:
        return {self.view: gr.update(prompt=prompt_print(page.workspace))}

    def wire(self, page: Wiring) -> None:
        self._page = page
        view, inputs = self.view, page.inputs()
        several = {"trigger_mode": "multiple"}  # the script ignores old answers
        view.look(self._look, None, [view], **several, **QUICK)
        view.edit(self._edit, None, [view], **several, **QUICK)
        view.run(self._run, inputs, [view], **several, **QUICK)
        view.save_as(self._save_as, None, [view], **several, **QUICK)
        written = [*page.written(), view]
        page.after_act(view.open(self._open_sheet, inputs, written, **PRIVATE))
        example = [*written, page.tabs, page.tab]
        page.after_act(page.the(Scenarios).cards.sheet(self._example, inputs, example, **PRIVATE))
        opened = [*page.written(), page.tabs, page.tab]
        acted = view.cell(self._cell, inputs, opened, **PRIVATE)
        panes = list(page.the(Lanes).panes.values())
        page.after_act(acted)
        run = acted.success(self._answers, None, panes, postprocess=False, **LONG)
        run.then(**TELL)
        page.tab_opened(self.tab, "sheet")
        page.blocks.unload(self._leave)

    # -- events ----------------------------------------------------------------------------------
    def _look(self, request: gr.Request, event: gr.EventData) -> Changes:
        """A sheet's rows and results; without a key, which sheets there are."""
        return self._answered(request, event, self._looked)

    def _edit(self, request: gr.Request, event: gr.EventData) -> Changes:
        return self._answered(request, event, self._edited)

    def _run(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """What needs the prompt and the lanes of the page: a run, and a new sheet."""
        return self._answered(
            request, event, lambda ask, event: self._ran(self._page.read(values), ask, event)
        )

    def _save_as(self, request: gr.Request, event: gr.EventData) -> Changes:
        return self._answered(request, event, self._saved_as)

    def _open_sheet(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """A sheet, or a shipped example as a new one; the page gets its prompt and lanes."""
        with user_errors():
            self._visitors.of(request).refuse_in_demo(REFUSED)
            ask = asked(event)
            key = ask.key
            if ask.act == "example":
                key = self._open.create(self._store, named(self._services.sheets, key, "example"))
            workspace, notes = self._on_page(self.opened(key).sheet.workspace)
            answer = {**self._state(key, event), "opened": key, "notes": notes}
            answer["question"] = question(event)
            written = self._page.write(workspace, values)
        return {**written, self.view: gr.update(answer=answer)}

    def _example(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The card of an example: the same in the Sheet tab, which may not have been open yet."""
        with user_errors():
            self._visitors.of(request).refuse_in_demo(REFUSED)
            example = named(self._services.sheets, sent(event, "key", str, ""), "example")
            key = self._open.create(self._store, example)
            answer = {**self._state(key, event), "opened": key}
            written = self._page.write(example.workspace, values)
        tab = {self._page.tabs: gr.Tabs(selected="sheet"), self._page.tab: "sheet"}
        return {**written, **tab, self.view: gr.update(answer=answer)}

    def _cell(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """The answers to a row as runs on the page: asked again with their seeds, so that they
        have their tokens.
        """
        with user_errors():
            self._visitors.of(request).refuse_in_demo(REFUSED)
            ask = asked(event)
            sheet = self.opened(ask.key)
            workspace, requests = sheet.sheet.workspace, sheet.asked(ask.number, self._presets)
            lanes = [workspace.lane(label, self._presets) for label in workspace.labels]
            names = variables_of(workspace.conversation, lanes)
            now, row = sheet.row(ask.number)
            texts = {**dict(workspace.variables), **now.values(row)}
            filled = tuple((name, texts[name]) for name in names if texts.get(name))
            workspace, _ = self._on_page(replace(workspace, variables=filled))
            self._asked[page_of(request)] = (
                tuple(self._placed(one, ask.key) for one in requests),
                workspace,
            )
            written = self._page.write(workspace, values)
        return {**written, **self._page.output_opened()}

    async def _answers(self, request: gr.Request) -> AsyncGenerator[Changes, None]:
        """The second step of `_cell`."""
        asked, workspace = self._asked.pop(page_of(request), ((), Workspace()))
        if not asked:
            return
        runs = self._page.the(LaneRuns)
        async with aclosing(runs.answers(asked, workspace, request)) as changes:
            async for change in changes:
                yield change

    def _leave(self, request: gr.Request) -> None:
        self._asked.pop(page_of(request), None)

    # -- what they do ----------------------------------------------------------------------------
    def _answered(
        self, request: gr.Request, event: gr.EventData, act: Callable[[Asked, gr.EventData], Answer]
    ) -> Changes:
        """What is refused is said in the tab."""
        try:
            self._visitors.of(request).refuse_in_demo(REFUSED)
            answer = act(asked(event), event)
        except InvalidInput as error:
            answer = {"refused": str(error)}
        return {self.view: gr.update(answer={**answer, "question": question(event)})}

    def _looked(self, ask: Asked, event: gr.EventData) -> Answer:
        if not ask.key:
            return self._list()
        try:
            self.opened(ask.key)
        except InvalidInput:  # it was deleted, or belongs to another user
            return {**self._list(), "gone": True}
        if ask.act == "whole":
            sheet, row = self.opened(ask.key).row(ask.number)
            return {"whole": sheet.texts(row).get(ask.column, "")}
        return self._state(ask.key, event)

    def _edited(self, ask: Asked, event: gr.EventData) -> Answer:
        if ask.act == "undelete":
            return self._state(self._store.undelete(ask.key), event)
        sheet, notes = self.opened(ask.key), []
        match ask.act:
            case "pause":
                sheet.runs.pause()
            case "resume":
                with self._open.room(self._store, ask.key):
                    sheet.runs.resume()
            case "judge":
                with self._open.room(self._store, ask.key):
                    sheet.judge(self._presets)
            case "stop":
                sheet.runs.stop()
            case "delete":
                name = sheet.sheet.name
                gone = self._open.delete(self._store, ask.key)
                return {**self._list(), "gone": True, "deleted": {"key": gone, "name": name}}
            case _:
                notes = edited(sheet, ask)
        return {**self._state(ask.key, event), "notes": notes, "done": ask.act}

    def _ran(self, page: Workspace, ask: Asked, event: gr.EventData) -> Answer:
        match ask.act:
            case "new":
                sheet, notes = new_sheet(page, ask)
                key = self._open.create(self._store, sheet)
                return {**self._state(key, event), "opened": key, "notes": notes}
            case "run" | "failed" | "cell":
                sheet, presets = self.opened(ask.key), self._presets
                again = sheet.failed(presets) if ask.act == "failed" else []
                if ask.act == "cell":
                    again = sheet.places(ask.number, ask.lane, presets)
                prompt = for_sheet(page, sheet.sheet.columns)
                with self._open.room(self._store, ask.key):
                    sheet.run(sheet.sheet.workspace if again else prompt, presets, again)
                return self._state(ask.key, event)
        raise InvalidInput(f"Unknown action {ask.act[:40]!r}. Reload the page.")

    def _saved_as(self, ask: Asked, event: gr.EventData) -> Answer:
        return {"saved": saved_file(self.opened(ask.key), self._presets, ask.form)}

    def _list(self) -> Answer:
        stored, broken = self._store.sheets()
        running = self._open.running(self._store)
        sheets: list[Listed] = [
            {
                "key": one.key,
                "name": one.about.name,
                "about": f"{one.about.rows:,} rows, {one.about.lanes} lanes",
                "state": running[one.key].runs.state if one.key in running else "",
            }
            for one in stored
        ]
        examples = [
            {"key": key, "name": sheet.name, "about": f"{len(sheet.rows):,} rows"}
            for key, sheet in self._services.sheets.items()
        ]
        return {"sheets": sheets, "examples": examples, "broken": list(broken)}

    def _state(self, key: str, event: gr.EventData) -> Answer:
        start, count, order = shown(event)
        sheet = self.opened(key)
        state = sheet.state(self._presets, order, start, count)
        names = lane_names(self._engine, self._services.library_now(), state.sheet.workspace)
        models = [one.name for one in self._engine.models]
        return {**state_value(key, state, names), "models": models}

    # -- what they share -------------------------------------------------------------------------
    @property
    def _store(self) -> SheetStore:
        return self._services.stores.sheets

    @property
    def _presets(self) -> Mapping[str, Preset]:
        return self._services.library_now().presets

    def opened(self, key: str, store: SheetStore | None = None) -> OpenSheet:
        """A sheet of the user who sent the current event, or of a store. Raises InvalidInput."""
        return self._open.get(store or self._store, key)

    def _on_page(self, workspace: Workspace) -> tuple[Workspace, list[str]]:
        """With its images where the page may show them; and notes about those that are gone."""
        shown, gone = placed(workspace, self._store.folder)
        return shown, [f"The image {name} is missing." for name in gone]

    def _placed(self, request: Request, key: str) -> Request:
        """With the images of the sheet's folder where the page may show them."""
        folder = self._store.images(key)
        talk = with_image_paths(request.conversation, lambda image: put_file(image.path, folder))
        return replace(request, conversation=talk)
