"""The lanes of the page: how many, what each changes, and their answers as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import gradio as gr

from components.answers.lane_pane import lane_pane
from components.lanes.lane_editor import lane_editor
from core.lanes import LABELS
from core.library.library import Preset


@dataclass(frozen=True)
class Lanes:
    """By label, but for the bar. All four are on the page: a style sheet hides those that aren't
    asked for, since Gradio's own way of hiding makes components forget their props.
    """

    bar: gr.HTML
    editors: dict[str, gr.HTML]
    panes: dict[str, gr.HTML]


def lanes(bar: gr.HTML, presets: Mapping[str, Preset]) -> Lanes:
    """Draw the columns; `bar` stands elsewhere on the page."""
    editors: dict[str, gr.HTML] = {}
    panes: dict[str, gr.HTML] = {}
    with gr.Row(elem_id="lanes", equal_height=False):
        for label in LABELS:
            name = label.lower()
            with gr.Column(min_width=240, elem_id=f"column-{name}", elem_classes="lane-column"):
                editors[label] = lane_editor(label, presets, elem_id=f"settings-{name}")
                panes[label] = lane_pane(label, elem_id=f"lane-{name}")
    return Lanes(bar, editors, panes)
