"""What was typed is what is sent: each event of the server asks the page for its inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr


def collect_live(page: gr.Blocks, names: Mapping[Any, str]) -> None:
    """Once all events are wired: those that read an input in `names` send what the page has.

    names: as scripts offer their values, see live_inputs.js. An event that runs in the browser
    alone asks for itself.
    """
    for event in page.fns.values():
        known = [names.get(component, "") for component in event.inputs]
        if event.fn is not None and any(known):
            event.js = live_values(known)


def live_values(names: list[str]) -> str:
    """The `js` of an event. names: of its inputs in Gradio's order, "" for one that has none."""
    return f"(...stored) => liveInputs.values({json.dumps(names)}, stored)"
