"""The servers whose models lanes can choose, for owners: add one, remove one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.event_data import sent_as
from components.feature import LONG, Changes, Feature, Services
from components.models.models import Models
from components.user_errors import user_errors
from components.wiring import Wiring
from core.access.access import Visitor
from core.errors import InvalidInput
from core.runs.servers import LONGEST_KEY, LONGEST_NAME, LONGEST_URL, ServerDescription

REFUSED = "servers can't be changed"


class ServerRow(TypedDict):
    """facts: which server it is, and its models. trouble: empty where it answers."""

    name: str
    url: str
    facts: str
    trouble: str


class ServerAnswer(TypedDict):
    """question: the number of what was asked. done: in a sentence; empty where it failed."""

    question: int
    done: str
    error: str


@dataclass(frozen=True)
class Asked:
    """The data of an event. The key goes to the server's client and nowhere else."""

    question: int = 0
    url: str = ""
    name: str = ""
    key: str = field(default="", repr=False)


class ServerPanel(Feature):
    """No input of the workspace, so that drafts, sessions, links and scripts know nothing of it."""

    def __init__(self, services: Services) -> None:
        self._servers = services.servers
        self._visitors = services.visitors
        self.view = server_panel(elem_id="servers")

    def model_shown(self) -> list[Any]:
        return [self.view]

    def show_model(self) -> Changes:
        return {self.view: gr.update(servers=self._rows(self._visitors.current()))}

    def wire(self, page: Wiring) -> None:
        self._page = page
        outputs = list(dict.fromkeys([*page.model_shown(), page.the(Models).choice]))
        for event, handler in (
            (self.view.add_server, self._add),
            (self.view.remove_server, self._remove),
        ):
            page.after_act(event(handler, None, outputs, **LONG))

    def _add(self, event: gr.EventData, request: gr.Request) -> Changes:
        asked, visitor = sent_as(event, Asked), self._owner(request)
        try:
            assert self._servers is not None
            added = self._servers.add(asked.url, asked.name, asked.key, visitor.private)
        except InvalidInput as error:
            return self._answered(asked, visitor, error=str(error))
        return self._answered(asked, visitor, f"Added {added.name}. Lanes can choose its models.")

    def _remove(self, event: gr.EventData, request: gr.Request) -> Changes:
        asked, visitor = sent_as(event, Asked), self._owner(request)
        try:
            assert self._servers is not None
            self._servers.remove(asked.name)
        except InvalidInput as error:
            return self._answered(asked, visitor, error=str(error))
        return self._answered(asked, visitor, f"Removed {asked.name}.")

    def _owner(self, request: gr.Request) -> Visitor:
        with user_errors():
            visitor = self._visitors.of(request)
            visitor.must_own(REFUSED)
            if self._servers is None:
                raise InvalidInput("This page can't change its servers. Start it with --server.")
            return visitor

    def _answered(self, asked: Asked, visitor: Visitor, done: str = "", error: str = "") -> Changes:
        answer: ServerAnswer = {"question": asked.question, "done": done, "error": error}
        models = self._page.the(Models)
        return {
            **self._page.show_model(),
            self.view: gr.update(answer=answer, servers=self._rows(visitor)),
            models.choice: models.choices_now(),
        }

    def _rows(self, visitor: Visitor | None) -> list[ServerRow] | None:
        """None for those who may not change them: addresses of a network are not for all."""
        if self._servers is None or visitor is None or visitor.demo or not visitor.owner:
            return None
        return [server_row(server) for server in self._servers.listed()]


def server_panel(**props: Any) -> gr.HTML:
    """Events: `add_server` and `remove_server`, both with a number of the question.

    Props: servers, None where they can't be changed; answer, a `ServerAnswer`.
    """
    longest = {"url": LONGEST_URL, "name": LONGEST_NAME, "key": LONGEST_KEY}
    return client_component(
        "server_panel",
        None,
        servers=None,
        answer=None,
        longest=longest,
        events=("add_server", "remove_server"),
        **props,
    )


def server_row(server: ServerDescription) -> ServerRow:
    facts = [server.kind, ", ".join(filter(None, server.models))]
    return {
        "name": server.name, "url": server.url, "facts": " · ".join(filter(None, facts)),
        "trouble": server.trouble,
    }  # fmt: skip
