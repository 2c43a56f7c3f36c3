"""Events send what was typed: each server event asks the page for its inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr


def collect_live(page: gr.Blocks, names: Mapping[Any, str]) -> None:
    """Make events that read an input in `names` send the page's value. Call it after all wiring.

    names: the names that scripts use, see live_inputs.js. Events without a server part ask for
    their values themselves.
    """
    for event in page.fns.values():
        known = [names.get(component, "") for component in event.inputs]
        if event.fn is not None and any(known):
            event.js = live_values(known)


def live_values(names: list[str]) -> str:
    """The `js` of an event. names: of its inputs in Gradio's order, "" for one without a name."""
    return f"(...stored) => playground.values({json.dumps(names)}, stored)"
