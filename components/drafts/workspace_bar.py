"""Actions on the whole workspace: undo, redo, earlier drafts and the link.

The browser holds what is kept (kept_drafts.js, undo_steps.js).
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from components.client_component import client_component
from components.event_data import question, sent
from components.feature import PRIVATE, Changes, Feature, Values
from components.sessions.session_bar import SessionBar, current
from components.user_errors import user_errors
from components.wiring import Wiring
from core.bounds import check_conversation
from core.errors import InvalidInput
from core.workspace_json import workspace_from_dict, workspace_to_dict

LEFT_OUT = "images_left_out"  # how many, in addition to what a workspace holds


class WorkspaceBar(Feature):
    """Events: `new`, which `Opening` answers; `step_back`, `step_forward`; `acted` and `ran` after
    each act and each run of any feature; `show` to show all anew, as after several steps;
    `make_link`; `open_link` with a `workspace` and `reopen` with a `draft`.

    Props: shared, the answer to `make_link`: the `workspace`, how many `images` it leaves out,
    and the number of the `question`; opened, the answer to `open_link`: `images` and `question`.
    """

    def __init__(self) -> None:
        self.bar = client_component(
            "workspace_bar",
            shared=None,
            opened=None,
            events=(
                "new",
                "step_back",
                "step_forward",
                "acted",
                "ran",
                "show",
                "make_link",
                "open_link",
                "reopen",
            ),
            elem_id="work-bar",
        )

    def wire(self, page: Wiring) -> None:
        self._page = page
        self._session = page.the(SessionBar).bar
        bar, names, kept = self.bar, list(page.kept()), page.written()
        for event, direction in ((bar.step_back, "back"), (bar.step_forward, "forth")):
            given = f"{json.dumps(names)}, values, '{direction}'"
            script = f"(...values) => playground.stepWorkspace({given})"
            event(None, kept, kept, js=script, **PRIVATE)
        page.answer_acts(bar)
        bar.make_link(self._share, page.inputs(), [bar], **PRIVATE)
        opened = [*kept, bar, self._session]
        page.after_act(bar.open_link(self._open, page.inputs(), opened, **PRIVATE))
        page.after_act(bar.reopen(self._reopen, None, [*kept, self._session], **PRIVATE))

    def _share(self, values: Values, event: gr.EventData) -> Changes:
        """The workspace for a link, and how many images it leaves out."""
        with user_errors():
            workspace = self._page.read(values)
        talk = workspace.conversation
        bare = workspace.with_messages(turn.with_images(()) for turn in talk.messages)
        images = len(talk.images)
        shared: dict[str, Any] = workspace_to_dict(bare)
        if images:
            shared[LEFT_OUT] = images
        answer = {"workspace": shared, "images": images, "question": question(event)}
        return {self.bar: gr.update(shared=answer)}

    def _open(self, values: Values, event: gr.EventData) -> Changes:
        """The workspace of a link replaces everything on the page."""
        with user_errors():
            held = _held(event, "workspace")
            workspace = workspace_from_dict(held)
            check_conversation(workspace.conversation)
            changes = self._page.write(workspace)
        images = held.get(LEFT_OUT)
        opened = {"images": images if type(images) is int else 0, "question": question(event)}
        return {**changes, self.bar: gr.update(opened=opened), **self._no_session()}

    def _reopen(self, event: gr.EventData) -> Changes:
        """An earlier draft of this browser replaces everything on the page."""
        with user_errors():
            if (workspace := self._page.read_draft(_held(event, "draft"))) is None:
                raise InvalidInput("This draft is damaged. Choose another one.")
            return {**self._page.write(workspace), **self._no_session()}

    def _no_session(self) -> Changes:
        """Save must not add a page from elsewhere to the session that was open."""
        return {self._session: current()}


def _held(event: gr.EventData, name: str) -> Any:
    """The JSON object that the browser sent as text; empty if it is not one. It is text because
    Gradio searches other values for files.
    """
    try:
        value = json.loads(sent(event, name, str, ""))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
