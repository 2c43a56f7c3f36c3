"""The presets of the page: which one is active, and what was changed since it was picked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from components.client_component import text_of
from components.feature import QUICK, Changes, Feature, Services
from components.presets.own_preset_acts import OwnPresetActs
from components.presets.preset_bar import changed_since, own_props, preset_bar
from components.presets.preset_messages import changed_messages, messages_under
from components.snapshot import Snapshot
from components.wiring import Act, Wiring
from core.library.library import Library
from core.workspace import Workspace


class Presets(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services
        self.bar = preset_bar(services.library_now(), elem_id="presets")
        self.inputs = {"preset": self.bar}

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        return replace(workspace, preset=text_of(values["preset"]))

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return {"preset": workspace.preset}

    def shown(self) -> list[Any]:
        return [self.bar]

    def show(self, page: Snapshot) -> Changes:
        shown = own_props(page.library)
        return {self.bar: gr.update(modified=modified_of(page), invalid="", **shown)}

    def show_error(self, message: str) -> Changes:
        return {self.bar: gr.update(invalid=message)}

    def wire(self, page: Wiring) -> None:
        def pick(workspace: Workspace, act: Act) -> Workspace:
            return with_preset(workspace, self._services.library_now(), act.key)

        page.act(self.bar.pick, pick, repair=True, how=QUICK)
        OwnPresetActs(self._services, self.bar, page).wire()


def with_preset(workspace: Workspace, library: Library, key: str) -> Workspace:
    preset = library.preset(key)
    return replace(
        workspace.with_messages(messages_under(preset, workspace.conversation.messages)),
        preset=key,
        params=preset.params(workspace.params),
        budget=preset.budget(workspace.budget),
        variables=tuple({**dict(workspace.variables), **preset.variables}.items()),
    )


def modified_of(page: Snapshot) -> list[str]:
    """The names of the values that were changed since the active preset was picked."""
    now = page.workspace
    if (preset := page.library.presets.get(now.preset)) is None:
        return []
    values = changed_since(preset, now.params, now.budget)
    return values + changed_messages(preset, now.conversation.messages)
