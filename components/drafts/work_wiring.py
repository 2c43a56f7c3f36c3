"""Wires the workspace as a whole: undo and redo, earlier drafts, and links.

What is kept is whatever `Controls` keeps; the browser holds it (kept_drafts.js, undo_steps.js).
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import gradio as gr

from components.controls import Changes, Controls, Values
from components.event_data import sent
from components.page_state import user_errors
from components.saved_state import saved_of, state_of
from components.sessions.session_bar import current
from components.wiring import PRIVATE, Wiring
from core.bounds import check_conversation
from core.errors import InvalidInput
from core.saved_workspace import workspace_from_dict, workspace_to_dict

LEFT_OUT = "images_left_out"  # how many, beside what a workspace holds


class WorkHandlers:
    """What the buttons of the work bar ask the server for."""

    def __init__(self, controls: Controls, bar: gr.HTML, session: gr.HTML) -> None:
        self._controls = controls
        self._bar = bar
        self._session = session
        self._numbers = itertools.count(1)

    def share(self, values: Values) -> Changes:
        """The workspace as links carry it, and how many images that leaves out."""
        with user_errors():
            state = self._controls.read(values)
        images = sum(len(row["images"]) for row in state.rows)
        bare = replace(state, rows=tuple({**row, "images": []} for row in state.rows))
        workspace = workspace_to_dict(saved_of(bare))
        if images:
            workspace[LEFT_OUT] = images
        shared = {"workspace": workspace, "images": images, "number": next(self._numbers)}
        return {self._bar: gr.update(shared=shared)}

    def open(self, values: Values, event: gr.EventData) -> Changes:
        """What a link holds takes the place of all that is on the page."""
        with user_errors():
            state = self._controls.read(values, mend=True)
            held = _held(event, "workspace")
            saved = workspace_from_dict(held)
            check_conversation(saved.conversation)
            changes = self._controls.write(state_of(saved, state))
        images = held.get(LEFT_OUT)
        opened = {"images": images if type(images) is int else 0, "number": next(self._numbers)}
        return {**changes, self._bar: gr.update(opened=opened), **self._no_session()}

    def reopen(self, event: gr.EventData) -> Changes:
        """The same with an earlier draft of this browser."""
        with user_errors():
            if (state := self._controls.read_draft(_held(event, "draft"))) is None:
                raise InvalidInput("This draft is damaged. Choose another one.")
            return {**self._controls.write(state), **self._no_session()}

    def _no_session(self) -> Changes:
        """Save must not add a page from elsewhere to the session that was open before."""
        return {self._session: current()}


def _held(event: gr.EventData, name: str) -> Any:
    """What the browser sends as the text of a JSON object: in what is no text, Gradio looks for
    files. Nothing where it is none.
    """
    try:
        value = json.loads(sent(event, name, str, ""))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def wire_work(wiring: Wiring, controls: Controls, bar: gr.HTML, session: gr.HTML) -> None:
    """bar: the work bar. session: the bar with the session's name."""
    work = WorkHandlers(controls, bar, session)
    names, kept = controls.kept_names(), controls.written()
    for event, direction in ((bar.step_back, "back"), (bar.step_forward, "forth")):
        script = f"(...values) => stepWorkspace({json.dumps(names)}, values, '{direction}')"
        event(None, kept, kept, js=script, **PRIVATE)
    wiring.show_after(bar.settle, trigger_mode="always_last")
    bar.make_link(work.share, controls.inputs(), [bar], **PRIVATE)
    wiring.after_act(bar.open_link(work.open, controls.inputs(), [*kept, bar, session], **PRIVATE))
    wiring.after_act(bar.reopen(work.reopen, None, [*kept, session], **PRIVATE))
