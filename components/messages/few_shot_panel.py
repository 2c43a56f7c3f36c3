"""The few-shot helper: pasted or typed pairs become turns before the last user message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.messages.message_editor import Row, rows_of
from core.errors import InvalidInput
from core.few_shot import insertion_place, parse_pairs, turns

EMPTY_TABLE = [["", ""], ["", ""], ["", ""]]


@dataclass(frozen=True)
class FewShotPanel:
    text: gr.Textbox
    table: gr.Dataframe
    insert: gr.Button


def few_shot_panel() -> FewShotPanel:
    with gr.Accordion("Few-shot examples", open=False, elem_id="few-shot", elem_classes="panel"):
        with gr.Tabs(elem_id="few-shot-tabs"):
            with gr.Tab("Paste"):
                text = gr.Textbox(
                    label="Examples",
                    info="One `input => output` pair a line, or two columns of CSV or TSV.",
                    placeholder="2024-01-15 => January 15, 2024\n2024-12-25 => December 25, 2024",
                    lines=4,
                    max_lines=12,
                    interactive=True,
                    elem_id="few-shot-text",
                )
            with gr.Tab("Table"):
                table = gr.Dataframe(
                    EMPTY_TABLE,
                    headers=["input", "output"],
                    column_count=2,
                    type="array",
                    datatype="str",
                    interactive=True,
                    show_label=False,
                    label="Examples as a table",
                    elem_id="few-shot-table",
                )
        insert = gr.Button(
            "Insert before the last user message", size="sm", elem_id="few-shot-insert"
        )
    return FewShotPanel(text, table, insert)


def insert_examples(rows: Sequence[Row], text: Any, table: Any) -> tuple[Row, ...]:
    """The rows with the examples of both tabs, as a browser sends them.

    Raises InvalidInput where there are none, or half of one.
    """
    pairs = parse_pairs(text) if isinstance(text, str) and text.strip() else ()
    pairs += tuple(_table_pairs(table.get("data") if isinstance(table, dict) else None))
    if not pairs:
        raise InvalidInput("There are no examples. Write one `input => output` pair on each line.")
    place = insertion_place([row["role"] for row in rows])
    return (*rows[:place], *rows_of(turns(pairs)), *rows[place:])


def _table_pairs(table: Any) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for place, cells in enumerate(table or [], start=1):
        given, wanted = (str(cell or "") for cell in cells[:2])
        if bool(given.strip()) != bool(wanted.strip()):
            raise InvalidInput(f"Row {place} of the table has one empty cell. Fill or clear both.")
        if given.strip():
            pairs.append((given, wanted))
    return pairs
