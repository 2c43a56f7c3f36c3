"""The Export tab on the page, and which of its events call what."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from components.controls import Controls
from components.export.export_handlers import ExportHandlers
from components.export.export_view import export_view
from components.wiring import LONG, PRIVATE, QUICK, TELL


@dataclass(frozen=True)
class ExportTab:
    tab: gr.Tab
    view: gr.HTML


def export_tab() -> ExportTab:
    with gr.Tab("Export", id="export") as tab:
        return ExportTab(tab, export_view(elem_id="export"))


def wire_export(
    page: gr.Blocks, controls: Controls, export: ExportTab, handlers: ExportHandlers
) -> None:
    view, inputs = export.view, controls.inputs()
    export.tab.select(lambda: "export", None, [controls.tab], **QUICK).then(**TELL)
    view.follow(handlers.follow, inputs, [view], trigger_mode="multiple", **PRIVATE)
    view.verify(handlers.verify, inputs, [view], **LONG)
    view.stop(handlers.stop, None, None, **QUICK)
    page.unload(handlers.leave)
