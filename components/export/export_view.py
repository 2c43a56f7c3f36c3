"""The Export tab: a lane as a script for other programs, and whether it reproduces the lane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.uploads import file_url
from components.wording import counted
from core.runs.events import Failed
from core.runs.verification import Verified, VerifyEvent, Verifying
from core.scripts.script import Script
from core.scripts.targets import TARGETS
from core.scripts.transformers_call import Picture

RUN, INPUTS = "run", "inputs"
SOURCES = ((RUN, "Shown run"), (INPUTS, "Current settings"))


class Verification(TypedDict):
    """key: of the run that is verified. state: busy, same, differs, failed, or empty."""

    key: str
    busy: bool
    state: str
    text: str


class ImageLink(TypedDict):
    name: str
    url: str


class ExportValue(TypedDict):
    """lanes: empty for one. targets, sources: keys with names. mark: begins a comment. key: of the
    run that can be verified. unverifiable: why the model can't be verified at all. question: the
    number of what the script asked.
    """

    lane: str
    lanes: list[str]
    target: str
    targets: list[tuple[str, str]]
    source: str
    sources: Sequence[tuple[str, str]]
    state: str
    code: str
    file: str
    notes: list[str]
    mark: str
    images: list[ImageLink]
    error: str
    key: str
    verifiable: bool
    unverifiable: str
    question: int


def export_view(**props: Any) -> gr.HTML:
    """Events: `follow`, with `lane`, `program`, `source` and the number of the `question`, which
    comes back in the value; `verify`, with `lane`; `stop`.

    Prop: verification, what is known of the run with that key.
    """
    return client_component(
        "export_view", {}, verification={}, events=("follow", "verify", "stop"), **props
    )


def export_value(
    script: Script | None, lane: str, lanes: Sequence[str], target: str, source: str, state: str
) -> ExportValue:
    """source: empty if there is no run to choose. script: None after an error."""
    return {
        "lane": lane,
        "lanes": list(lanes) if len(lanes) > 1 else [],
        "target": target,
        "targets": [(key, one.name) for key, one in TARGETS.items()],
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
        "question": 0,
    }


def image_links(pictures: Sequence[Picture]) -> list[ImageLink]:
    return [{"name": one.file, "url": file_url(one.path)} for one in pictures]


def verification_value(event: VerifyEvent, key: str) -> Verification:
    busy, state = False, "failed"
    match event:
        case Verifying():
            busy, state = True, "busy"
            done = f"{event.done:,} of {counted(event.expected, 'token')}"
            text = "Waiting for another verification." if event.waiting else f"Verifying: {done}"
        case Verified():
            state = "same" if event.difference is None and not event.prompt_differs else "differs"
            text = f"{event.sentence} ({event.seconds:.1f} s)"
        case Failed():
            text = event.message
    return {"key": key, "busy": busy, "state": state, "text": text}


def stopped_value(key: str) -> Verification:
    return {"key": key, "busy": False, "state": "", "text": "Stopped before the end."}
