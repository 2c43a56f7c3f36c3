"""How many lanes answer, and the templates that fill them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from components.client_component import client_component
from components.feature import Changes, Feature, Services
from components.snapshot import Snapshot
from components.wiring import Act, Wiring, named
from core.errors import InvalidInput
from core.lane_templates import LANE_TEMPLATES, Situation
from core.lanes import LABELS
from core.library.library import Library
from core.runs.engine import Engine
from core.workspace import Workspace


class LaneBar(Feature):
    def __init__(self, services: Services) -> None:
        self._engine, self._library_now = services.engine, services.library_now
        self.bar = lane_bar(elem_id="lane-count")
        self.inputs = {"lanes": self.bar}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        return replace(workspace, count=lane_count(values["lanes"]))

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"lanes": workspace.count}

    def value_events(self) -> list[Any]:
        return [self.bar.edit]

    def shown(self) -> list[Any]:
        return [self.bar]

    def show(self, page: Snapshot) -> Changes:
        situation = situation_of(page.engine, page.library, page.workspace)
        return {self.bar: gr.update(templates=templates(situation))}

    def wire(self, page: Wiring) -> None:
        def fill(workspace: Workspace, act: Act) -> Workspace:
            template = named(LANE_TEMPLATES, act.key, "template")
            situation = situation_of(self._engine, self._library_now(), template.shared(workspace))
            if missing := template.missing(situation):
                raise InvalidInput(missing)
            return template.shared(workspace).with_lanes(template.lanes(situation))

        page.act(self.bar.pick, fill)


def situation_of(engine: Engine, library: Library, workspace: Workspace) -> Situation:
    presets, messages = tuple(library.presets), workspace.conversation.messages
    return Situation(
        preset=workspace.preset if workspace.preset in presets else "",
        presets=presets,
        has_images=any(turn.images for turn in messages),
        has_system=any(turn.role == "system" and turn.text for turn in messages),
        models=tuple(model.name for model in engine.models),
        budgets=tuple(tuple(budget.images.items()) for budget in library.budgets.values()),
        has_prefill=workspace.conversation.prefill is not None,
        constraint=workspace.constraint,
        tool_choice=workspace.tool_choice,
    )


def lane_bar(**props: Any) -> gr.HTML:
    """The value is the number of lanes. Events: `edit`, `pick` with a template's `key`."""
    return client_component("lane_bar", 1, templates=[], events=("edit", "pick"), **props)


def templates(situation: Situation) -> list[dict[str, str]]:
    """The entries of the menu; `missing` says what a template still needs."""
    return [
        {
            "key": key,
            "name": template.name,
            "description": template.description,
            "missing": template.missing(situation),
        }
        for key, template in LANE_TEMPLATES.items()
    ]


def lane_count(value: Any) -> int:
    """The number of lanes in an untrusted value."""
    return value if type(value) is int and 1 <= value <= len(LABELS) else 1
