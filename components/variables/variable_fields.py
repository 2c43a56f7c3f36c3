"""The fields of the variables, below the messages: one for each name in the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.feature import Changes, Feature
from components.snapshot import Snapshot
from components.wiring import Wiring
from core.conversation import Conversation, Part, Text
from core.errors import InvalidInput
from core.variable_values import LONGEST_VALUE, MOST_KEPT, variable_values
from core.variables import MARK, Doubtful, doubtful, in_words, left_as_is
from core.workspace import Workspace, variables_of

MOST_DOUBTFUL = 5  # that are named


class FoundVariables(TypedDict):
    """names: in their order. doubtful: sentences about what looks like a variable and is none.
    refused: whether a run is refused for it.
    """

    names: list[str]
    doubtful: list[str]
    refused: bool


NONE_YET: FoundVariables = {"names": [], "doubtful": [], "refused": False}


class Variables(Feature):
    def __init__(self) -> None:
        """The value: texts by name. Prop: found. Events: `edit`, once a typing pause; `leave`, to
        escape what is doubtful.
        """
        self.fields = client_component(
            "variable_fields", {}, found=NONE_YET, longest=LONGEST_VALUE, most=MOST_KEPT,
            events=("edit", "leave"), elem_id="variables",
        )  # fmt: skip
        self.inputs = {"variables": self.fields}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        try:
            variables = variable_values(values["variables"])
        except InvalidInput:
            if not repair:
                raise
            variables = ()
        return replace(workspace, variables=variables)

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"variables": dict(workspace.variables)}

    def value_events(self) -> list[Any]:
        return [self.fields.edit]

    def shown(self) -> list[Any]:
        return [self.fields]

    def show(self, page: Snapshot) -> Changes:
        return {self.fields: gr.update(found=found_variables(page))}

    def wire(self, page: Wiring) -> None:
        page.act(self.fields.leave, lambda workspace, act: with_escapes(workspace))


def found_variables(page: Snapshot) -> FoundVariables:
    conversation = page.workspace.conversation
    names = variables_of(conversation, page.lanes)
    places = [(f"Message {n}", turn.text) for n, turn in enumerate(conversation.messages, 1)]
    places.append(("The tools", conversation.tools))
    told: list[str] = []
    refused = False
    for where, text in places:
        found = tuple(islice(doubtful(text), MOST_DOUBTFUL))
        refused = refused or bool(found and _has_variables(text))
        told += _told(where, text, found)
    shown = list(names[:MOST_KEPT])
    return {"names": shown, "doubtful": told[:MOST_DOUBTFUL], "refused": refused}


def with_escapes(workspace: Workspace) -> Workspace:
    """The same prompt with what is doubtful written such that it is sent as it looks."""
    talk = workspace.conversation
    turns = [
        replace(turn, parts=tuple(_escaped_part(part) for part in turn.parts))
        for turn in talk.messages
    ]
    return replace(workspace, conversation=Conversation(tuple(turns), _escaped(talk.tools)))


def _escaped_part(part: Part) -> Part:
    return Text(_escaped(part.text)) if isinstance(part, Text) else part


def _escaped(text: str) -> str:
    return left_as_is(text) if _has_variables(text) else text


def _has_variables(text: str) -> bool:
    """Only a text that has some is ever filled in, and refused for what is doubtful."""
    return MARK.search(text) is not None


def _told(where: str, text: str, found: tuple[Doubtful, ...]) -> list[str]:
    if found and _has_variables(text):
        return [f"{where}, {in_words(one)}" for one in found]
    return [
        f"{where}, line {one.line}, column {one.column}: {one.text[:40]} is not a variable. It is "
        "sent as written."
        for one in found[:1]
    ]
