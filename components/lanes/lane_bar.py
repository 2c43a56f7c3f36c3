"""How many lanes answer, and the set-ups that fill them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.client_component import client_component
from core.lanes import LABELS
from core.set_ups import SET_UPS, Situation


def lane_bar(**props: Any) -> gr.HTML:
    """The value is the number of lanes. Events: `edit`, `pick` with a set-up's `key`."""
    return client_component("lane_bar", 1, set_ups=[], **props)


def set_ups(situation: Situation) -> list[dict[str, str]]:
    """What the menu shows; `missing` says why one can't be had yet."""
    return [
        {
            "key": key,
            "name": set_up.name,
            "description": set_up.description,
            "missing": set_up.missing(situation),
        }
        for key, set_up in SET_UPS.items()
    ]


def lane_count(value: Any) -> int:
    """How many lanes an untrusted value asks for."""
    return value if type(value) is int and 1 <= value <= len(LABELS) else 1
