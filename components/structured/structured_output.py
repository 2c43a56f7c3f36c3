"""What the answers of all lanes are held to: its row in the sidebar, and its editor below the
messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.feature import Changes, Feature, Services, static
from components.snapshot import Snapshot
from components.structured.constraint_check import checker, schema_of_example
from components.structured.constraint_words import state_of
from core.constraint import Constraint, constraint_from_dict, constraint_to_dict
from core.constraint_examples import EXAMPLES
from core.errors import InvalidInput
from core.library.library import Library
from core.runs.engine import ModelDescription
from core.workspace import Workspace

ROW = """<button type="button" class="side-row" data-open="structured" aria-controls="structured"
aria-expanded="false"><span>Structured output</span><b>None</b></button>"""


class StructuredStatus(TypedDict):
    """state: in a few words. note: why it will not be sent, else empty. thinks: whether a model in
    memory may think first. model: with another one all is checked again.
    """

    state: str
    note: str
    thinks: bool
    model: str


NONE_YET: StructuredStatus = {"state": "None", "note": "", "thinks": False, "model": ""}


class StructuredRow(Feature):
    """The editor's script writes its state: it knows first."""

    def __init__(self) -> None:
        static(ROW, elem_id="structured-row")


class StructuredOutput(Feature):
    def __init__(self, services: Services) -> None:
        self.editor = structured_editor(services, elem_id="structured")
        self.inputs = {"constraint": self.editor}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        try:
            constraint = constraint_from_dict(values["constraint"])
        except InvalidInput:
            if not repair:
                raise
            constraint = Constraint()
        return replace(workspace, constraint=constraint)

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"constraint": constraint_to_dict(workspace.constraint)}

    def value_events(self) -> list[Any]:
        return [self.editor.edit]

    def shown(self) -> list[Any]:
        return [self.editor]

    def show(self, page: Snapshot) -> Changes:
        return {self.editor: gr.update(status=structured_status(page))}


def structured_editor(services: Services, **props: Any) -> gr.HTML:
    """Event: `edit`, once a typing pause. The value: a constraint as JSON.

    Prop: status, from `structured_status`.
    """
    examples = [
        {"name": one.name, "description": one.description, **constraint_to_dict(one.constraint)}
        for one in EXAMPLES.values()
    ]
    return client_component(
        "structured_editor", constraint_to_dict(Constraint()), status=NONE_YET, examples=examples,
        events=("edit",), server_functions=[checker(services.engine), schema_of_example], **props,
    )  # fmt: skip


def structured_status(page: Snapshot) -> StructuredStatus:
    constraint, model = page.workspace.constraint, page.engine.description
    can = model is None or model.capabilities.constraints
    note = ""
    if model and not can and constraint.kind != "none":
        note = f"{model.name} can't be constrained: {constraint.in_words} will not be sent."
    return {
        "state": state_of(constraint, can),
        "note": note,
        "thinks": any(may_think(one, page.library) for one in page.engine.models),
        "model": model.name if model else "",
    }


def may_think(model: ModelDescription, library: Library) -> bool:
    options = {option.name for option in model.capabilities.template_options}
    recipe = library.recipe_of(model.model)
    thinking = recipe.thinking if recipe else "never"
    return "enable_thinking" in options or thinking in ("always", "usually", "optional")
