"""The lanes of the page: their settings and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict

import gradio as gr

from components.answers.lane_pane import all_parameters, lane_pane
from components.answers.replies import with_reply, with_results
from components.event_data import sent, sent_lane
from components.feature import Changes, Feature, Services
from components.lanes.lane_editor import lane_editor
from components.lanes.lane_names import lane_name
from components.sampling.sampling_panel import with_seed
from components.snapshot import Snapshot
from components.structured.constraint_check import checker
from components.tools.tools_editor import tool_names
from components.wiring import Act, Wiring, any_of
from core.compare.differences import settings_diff
from core.errors import InvalidInput
from core.lanes import LABELS, Lane, LaneSettings, as_values, lane_settings
from core.library.library import Preset
from core.workspace import Workspace, unseeded


class EditorProps(TypedDict):
    """name: what the lane runs. chips: what it changes of the sidebar beyond its name. effective:
    all values, as text. models: names twice, as the fields of a list. tools: names. presets: keys
    and names.
    """

    name: str
    chips: list[str]
    effective: str
    models: list[tuple[str, str]]
    tools: list[str]
    presets: list[dict[str, str]]
    images_allowed: bool


class Lanes(Feature):
    """Components by label. All four lanes are on the page; a style sheet hides unused ones, because
    components that Gradio hides forget their props.
    """

    def __init__(self, services: Services) -> None:
        self._library_now = services.library_now
        presets, check = self._library_now().presets, checker(services.engine)
        self.editors: dict[str, gr.HTML] = {}
        self.panes: dict[str, gr.HTML] = {}
        with gr.Row(elem_id="lanes", equal_height=False):
            for label in LABELS:
                name = label.lower()
                with gr.Column(min_width=240, elem_id=f"column-{name}", elem_classes="lane-column"):
                    self.editors[label] = lane_editor(
                        label, presets, check, elem_id=f"settings-{name}"
                    )
                    self.panes[label] = lane_pane(label, elem_id=f"lane-{name}")
        self.inputs = {f"lane_{label}": editor for label, editor in self.editors.items()}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        lanes = tuple(_settings(label, values[f"lane_{label}"], repair) for label in LABELS)
        return replace(workspace, lanes=lanes)

    def write(self, workspace: Workspace) -> dict[str, Any]:
        lanes = zip(LABELS, workspace.lanes, strict=True)
        return {f"lane_{label}": as_values(lane) for label, lane in lanes}

    def value_events(self) -> list[Any]:
        return [editor.edit for editor in self.editors.values()]

    def shown(self) -> list[Any]:
        return list(self.editors.values())

    def show(self, page: Snapshot) -> Changes:
        shown = editor_props(page).items()
        return {self.editors[label]: gr.update(**props) for label, props in shown}

    def wire(self, page: Wiring) -> None:
        def lane_of(act: Act) -> Any:
            return act.values[self.panes[sent_lane(act.data)]]

        def reply(workspace: Workspace, act: Act) -> Workspace:
            thought = sent(act.data, "thought", bool, True)
            messages = workspace.conversation.messages
            return workspace.with_messages(with_reply(messages, lane_of(act), thought))

        def results(workspace: Workspace, act: Act) -> Workspace:
            answers = sent(act.data, "results", list, [])
            messages = workspace.conversation.messages
            return workspace.with_messages(with_results(messages, lane_of(act), answers))

        def keep_seed(workspace: Workspace, act: Act) -> Workspace:
            lane = lane_of(act)
            return with_seed(workspace, lane.get("seed") if isinstance(lane, dict) else None)

        def promote(workspace: Workspace, act: Act) -> Workspace:
            return promoted(workspace, sent_lane(act.data), self._library_now().presets)

        panes, editors = list(self.panes.values()), list(self.editors.values())
        page.act(any_of(panes, "reply"), reply, reads=panes)
        page.act(any_of(panes, "seed"), keep_seed, reads=panes)
        page.act_and_run(any_of(panes, "results"), results, reads=panes)
        page.act(any_of(editors, "promote"), promote)


def _settings(label: str, value: Any, repair: bool) -> LaneSettings:
    """Raises InvalidInput with the lane's label; with `repair`, resets a wrong lane."""
    try:
        return lane_settings(value)
    except InvalidInput as error:
        if repair:
            return LaneSettings()
        raise InvalidInput(f"Lane {label}: {error}") from error


def editor_props(page: Snapshot) -> dict[str, EditorProps]:
    """By label: what each lane would run now, and what it changes of the sidebar."""
    models = [(model.name, model.name) for model in page.engine.models]
    seeing = any(model.capabilities.images for model in page.engine.models)
    presets = [{"key": key, "name": one.name} for key, one in page.library.presets.items()]
    workspace = page.workspace
    tools = tool_names(workspace.conversation.tools)
    lane = Lane(
        "A", workspace.params, workspace.budget,
        constraint=workspace.constraint, tool_choice=workspace.tool_choice,
        variables=workspace.variables,
    )  # fmt: skip
    sidebar = unseeded(workspace.conversation, lane)
    named = {
        request.lane: lane_name(
            workspace.settings_of(request.lane),
            request.params,
            settings_diff((sidebar, request)),
            page.library,
            workspace.constraint,
        )
        for request in page.requests
    }
    return {
        request.lane: {
            "name": named[request.lane][0],
            "chips": named[request.lane][1],
            "effective": all_parameters(request.params),
            "models": models,
            "tools": tools,
            "presets": presets,
            "images_allowed": seeing,
        }
        for request in page.requests
    }


def promoted(workspace: Workspace, label: str, presets: Mapping[str, Preset]) -> Workspace:
    """The lane's settings in the sidebar; the lane itself changes nothing any more."""
    lane, preset = workspace.lane(label, presets), workspace.preset_of(label)
    lanes = {**dict(zip(LABELS, workspace.lanes, strict=True)), label: LaneSettings()}
    return replace(
        workspace, params=lane.params, budget=lane.budget, preset=preset,
        lanes=tuple(lanes.values()), constraint=lane.constraint, tool_choice=lane.tool_choice,
    )  # fmt: skip
