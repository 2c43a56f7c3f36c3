"""The runs of this visit as cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.answers.lane_pane import applied_parameters
from components.client_component import client_component
from components.history.run_history import KeptRun

EXCERPT = 200


def run_list(**props: Any) -> gr.HTML:
    """Events with a run's number as `run`: `open`, `restore`, and `place` with a `lane` of it."""
    return client_component("run_list", [], **props)


def run_cards(runs: Sequence[KeptRun]) -> list[dict[str, Any]]:
    return [_card(run) for run in runs]


def _card(kept: KeptRun) -> dict[str, Any]:
    first = next(iter(kept.runs.values()))
    asked = [m.text for m in first.request.conversation.messages if m.role == "user"]
    return {
        "number": kept.number,
        "time": kept.time,
        "prompt": (asked[-1] if asked else "")[:EXCERPT],
        "lanes": [
            {
                "label": label,
                "text": (run.prefill_text + run.text or run.error)[:EXCERPT],
                "settings": ", ".join(applied_parameters(run.sent.params)),
            }
            for label, run in kept.runs.items()
        ],
    }
