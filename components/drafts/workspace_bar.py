"""Undo, redo, earlier drafts and the link: what can be done with the workspace as a whole."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.client_component import client_component


def work_bar(**props: Any) -> gr.HTML:
    """Events: `step_back`, `step_forward`, `settle` after the last of several steps; `make_link`;
    `open_link` with a `workspace` and `reopen` with a `draft`.

    Props: shared, the answer to `make_link`: the `workspace`, how many `images` that leaves out,
    and a `number` of its own; opened, that to `open_link`: `images` and `number` likewise.
    """
    return client_component(
        "workspace_bar", scripts=("workspace_link.js",), shared=None, opened=None, **props
    )
