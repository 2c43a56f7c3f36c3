"""The options of the loaded model's chat template, such as `enable_thinking`, below its recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.feature import Changes, Feature
from components.snapshot import Snapshot
from core.errors import InvalidInput
from core.runs.engine import ModelDescription
from core.template_options import (
    LARGEST_NUMBER,
    LONGEST_TEXT,
    in_short,
    option_values,
)
from core.workspace import Workspace


class OptionRow(TypedDict):
    """default: in words, empty if the template doesn't say. only: the model in memory that reads
    it, empty where all do.
    """

    name: str
    kind: str
    default: str
    only: str


class TemplateOptions(Feature):
    """The value holds the options that a person has set; what isn't in it is not sent."""

    def __init__(self) -> None:
        self.view = template_options(elem_id="template-options")
        self.inputs = {"template_options": self.view}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        try:
            options = option_values(values["template_options"])
        except InvalidInput:
            if not repair:
                raise
            options = ()
        return replace(workspace, template_options=options)

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"template_options": dict(workspace.template_options)}

    def value_events(self) -> list[Any]:
        return [self.view.edit]

    def shown(self) -> list[Any]:
        return [self.view]

    def show(self, page: Snapshot) -> Changes:
        return {self.view: gr.update(options=option_rows(page.engine.models))}


def template_options(**props: Any) -> gr.HTML:
    """Event: `edit`, after a choice and once a typing pause. The value: texts, numbers and booleans
    by the options' names.

    Prop: options, from `option_rows`; None until the page is ready.
    """
    return client_component(
        "template_options", {}, options=None, longest=LONGEST_TEXT, largest=LARGEST_NUMBER,
        events=("edit",), **props,
    )  # fmt: skip


def option_rows(models: Sequence[ModelDescription]) -> list[OptionRow]:
    """The options that any model in memory reads, each once; those of the one in use first."""
    known = [{o.name: o for o in model.capabilities.template_options} for model in models]
    rows: dict[str, OptionRow] = {}
    for model, options in zip(models, known, strict=True):
        for name, option in options.items():
            default = "" if option.default is None else in_short(option.default)
            only = "" if all(name in others for others in known) else model.name
            row: OptionRow = {"name": name, "kind": option.kind, "default": default, "only": only}
            rows.setdefault(name, row)
    return list(rows.values())
