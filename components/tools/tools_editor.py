"""The tools that the model may call: a JSON list in a field below the messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NotRequired, TypedDict

import gradio as gr

from components.client_component import client_component, text_of
from components.feature import Changes, Feature
from components.snapshot import Snapshot
from components.wording import counted
from core.errors import InvalidInput
from core.lanes import tool_choice
from core.prompt import RenderedPrompt
from core.tools.schemas import check_tool_choice, parse_tools
from core.workspace import Workspace, both_held

IGNORED = (
    "This model's chat template ignores tools: they are not in the prompt. Describe them in a "
    "system message, or load a model that supports tool calls."
)


class ToolsStatus(TypedDict):
    """line, column: of a mistake in the JSON, from 1."""

    summary: str
    note: str
    warning: bool
    count: int
    line: NotRequired[int]
    column: NotRequired[int]


class ChoiceStatus(TypedDict):
    """tools: names. note: why a run would refuse the choice, or what is not sent of it."""

    tools: list[str]
    note: str


EMPTY: ToolsStatus = {"summary": "none", "note": "", "warning": False, "count": 0}


def _text(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [next(iter(properties))]}


EXAMPLES: dict[str, dict[str, Any]] = {
    "Weather": {
        "name": "get_weather",
        "description": "Current weather at a place.",
        "parameters": _text(
            location={"type": "string", "description": "City, and country if there are several."},
            unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
        ),
    },
    "Search": {
        "name": "search",
        "description": "Search the web and return the best pages.",
        "parameters": _text(query={"type": "string"}, count={"type": "integer"}),
    },
    "Calculator": {
        "name": "calculate",
        "description": "The value of an arithmetic expression.",
        "parameters": _text(expression={"type": "string"}),
    },
}


class Tools(Feature):
    def __init__(self) -> None:
        self.editor = tools_editor(elem_id="tools")
        self.choice = client_component(
            "tool_choice", "auto", status={"tools": [], "note": ""}, events=("edit",),
            elem_id="tool-choice",
        )  # fmt: skip
        self.inputs = {"tools": self.editor, "tool_choice": self.choice}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        conversation = replace(workspace.conversation, tools=text_of(values["tools"]))
        try:
            choice = tool_choice(values["tool_choice"] or "auto")
        except InvalidInput:
            if not repair:
                raise
            choice = "auto"
        return replace(workspace, conversation=conversation, tool_choice=choice)

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"tools": workspace.conversation.tools, "tool_choice": workspace.tool_choice}

    def value_events(self) -> list[Any]:
        return [self.editor.edit, self.choice.edit]

    def shown(self) -> list[Any]:
        return [self.editor, self.choice]

    def show(self, page: Snapshot) -> Changes:
        status = tools_status(page.workspace.conversation.tools, page.prompt)
        return {
            self.editor: gr.update(status=status),
            self.choice: gr.update(status=choice_status(page)),
        }


def tools_editor(**props: Any) -> gr.HTML:
    """Event: `edit`, once a typing pause and after an example was added. The value is the text.

    Prop: status, from `tools_status`.
    """
    return client_component(
        "tools_editor", "", status=EMPTY, examples=EXAMPLES, events=("edit",), **props
    )


def tools_status(text: str, prompt: RenderedPrompt | None) -> ToolsStatus:
    """The number of tools and their cost, or what is wrong with them.

    prompt: rendered with them; None where it is not known. line, column: of a mistake,
    counted from 1, for the field's caret.
    """
    try:
        tools = parse_tools(text)
    except InvalidInput as error:
        status: ToolsStatus = {
            **EMPTY,
            "summary": "unreadable",
            "note": str(error),
            "warning": True,
        }
        if place := _place(text):
            status["line"], status["column"] = place
        return status
    if not tools:
        return EMPTY
    count = counted(len(tools), "tool")
    if prompt is None or not prompt.parts_known:
        return {**EMPTY, "summary": count, "count": len(tools)}
    if prompt.tools_ignored:
        return {**EMPTY, "summary": f"{count} · not in the prompt", "note": IGNORED,
                "warning": True, "count": len(tools)}  # fmt: skip
    cost = f"{count} · {counted(prompt.tool_tokens, 'token')}"
    return {**EMPTY, "summary": cost, "count": len(tools)}


def choice_status(page: Snapshot) -> ChoiceStatus:
    workspace, model = page.workspace, page.engine.description
    choice, can = workspace.tool_choice, model.capabilities if model else None
    names = tool_names(workspace.conversation.tools)
    note = both_held(workspace.constraint, choice)
    try:
        check_tool_choice(choice, parse_tools(workspace.conversation.tools))
    except InvalidInput as error:
        note = str(error)
    if model and can and choice != "auto" and not (can.tools and can.constraints):
        note = f"{model.name} can't be made to call a tool: tool_choice {choice} will not be sent."
    return {"tools": names, "note": note}


def tool_names(text: str) -> list[str]:
    """Empty while the list can't be read."""
    try:
        return [tool.name for tool in parse_tools(text)]
    except InvalidInput:
        return []


def _place(text: str) -> tuple[int, int] | None:
    """The position of the JSON error; empty if it is JSON but not a list of tools."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    except (ValueError, RecursionError):
        return None
    return None
