"""The Export tab: a lane as a script for other programs, and whether it reproduces the lane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.client_component import client_component
from components.uploads import file_url
from core.runs.events import Failed
from core.runs.verification import Verified, VerifyEvent, Verifying
from core.scripts.script import Script
from core.scripts.targets import TARGETS
from core.scripts.transformers_call import Picture

RUN, INPUTS = "run", "inputs"
SOURCES = [[RUN, "The run shown"], [INPUTS, "As set now"]]


def export_view(**props: Any) -> gr.HTML:
    """Events: `follow`, with `lane`, `program`, `source` and a `serial` number that comes back in
    the value; `verify`, with `lane`; `stop`.

    Prop: verification, what is known of the run with that key.
    """
    return client_component("export_view", {}, verification={}, **props)


def export_value(
    script: Script | None, lane: str, lanes: Sequence[str], target: str, source: str, state: str
) -> dict[str, Any]:
    """source: empty where there is no run to choose. script: None where there is an error.

    In the value: unverifiable, why the model can't be verified at all.
    """
    return {
        "lane": lane,
        "lanes": list(lanes) if len(lanes) > 1 else [],
        "target": target,
        "targets": [[key, one.name] for key, one in TARGETS.items()],
        "source": source,
        "sources": SOURCES if source else [],
        "state": state,
        "code": script.text if script else "",
        "file": script.file if script else "",
        "notes": list(script.notes) if script else [],
        "mark": TARGETS[target].comments.strip(),
        "images": [],
        "error": "",
        "key": "",
        "verifiable": False,
        "unverifiable": "",
    }


def image_links(pictures: Sequence[Picture]) -> list[dict[str, str]]:
    return [{"name": one.file, "url": file_url(one.path)} for one in pictures]


def verification_value(event: VerifyEvent, key: str) -> dict[str, Any]:
    """key: of the run that is verified."""
    busy, state = False, "failed"
    match event:
        case Verifying():
            busy, state = True, "busy"
            done = f"{event.done} of {event.expected} tokens"
            text = "Another verification goes first." if event.waiting else f"Verifying: {done}"
        case Verified():
            state = "same" if event.difference is None and not event.prompt_differs else "differs"
            text = f"{event.sentence} ({event.seconds:.1f} s)"
        case Failed():
            text = event.message
    return {"key": key, "busy": busy, "state": state, "text": text}


def stopped_value(key: str) -> dict[str, Any]:
    return {"key": key, "busy": False, "state": "", "text": "Stopped before the end."}
