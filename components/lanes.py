"""The lanes of the page: how many, what each changes, and their answers as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.lane_editor import lane_editor
from components.lane_pane import lane_pane
from core.lanes import LABELS
from core.library import Preset


@dataclass(frozen=True)
class Lanes:
    """By label, but for the bar. Columns of lanes that aren't asked for are hidden: taken from the
    page they would forget their props.
    """

    bar: gr.HTML
    columns: dict[str, gr.Column]
    editors: dict[str, gr.HTML]
    panes: dict[str, gr.HTML]

    def label_of(self, pane: Any) -> str:
        return next(label for label, known in self.panes.items() if known is pane)

    def visible(self, count: int) -> dict[Any, Any]:
        """What changes with the number of lanes. One alone needs no settings of its own."""
        shown = {
            column: gr.Column(visible=number < count or "hidden")
            for number, column in enumerate(self.columns.values())
        }
        alone = {editor: gr.update(alone=count == 1) for editor in self.editors.values()}
        return {**shown, **alone}


def lanes(bar: gr.HTML, presets: Mapping[str, Preset]) -> Lanes:
    """Draw the columns; `bar` stands elsewhere on the page."""
    columns: dict[str, gr.Column] = {}
    editors: dict[str, gr.HTML] = {}
    panes: dict[str, gr.HTML] = {}
    with gr.Row(elem_id="lanes", equal_height=False):
        for label in LABELS:
            name = label.lower()
            with gr.Column(
                visible=label == LABELS[0] or "hidden", min_width=240, elem_id=f"column-{name}",
                elem_classes="lane-column",
            ) as columns[label]:  # fmt: skip
                editors[label] = lane_editor(label, presets, elem_id=f"settings-{name}")
                panes[label] = lane_pane(label, elem_id=f"lane-{name}")
    return Lanes(bar, columns, editors, panes)
