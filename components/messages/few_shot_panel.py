"""The few-shot helper turns pasted or typed pairs into turns before the last user message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.feature import Feature
from components.wiring import Act, Wiring
from core.conversation import Message
from core.errors import InvalidInput
from core.few_shot import insertion_place, parse_pairs, turns
from core.workspace import Workspace

PLACEHOLDER = "2024-01-15 => January 15, 2024\n2024-12-25 => December 25, 2024"
EMPTY_TABLE = [["", ""], ["", ""], ["", ""]]


class FewShot(Feature):
    def __init__(self) -> None:
        with gr.Accordion(
            "Few-shot examples", open=False, elem_id="few-shot", elem_classes="panel"
        ):
            with gr.Tabs(elem_id="few-shot-tabs"):
                with gr.Tab("Paste"):
                    self.text = gr.Textbox(
                        label="Examples",
                        info="One `input => output` pair per line, or two columns of CSV or TSV.",
                        placeholder=PLACEHOLDER,
                        lines=4,
                        max_lines=12,
                        interactive=True,
                        elem_id="few-shot-text",
                    )
                with gr.Tab("Table"):
                    self.table = gr.Dataframe(
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
            self.insert = gr.Button(
                "Insert before the last user message", size="sm", elem_id="few-shot-insert"
            )

    def wire(self, page: Wiring) -> None:
        def insert(workspace: Workspace, act: Act) -> Workspace:
            examples = act.values[self.text], act.values[self.table]
            return workspace.with_messages(
                with_examples(workspace.conversation.messages, *examples)
            )

        empty = {self.text: "", self.table: EMPTY_TABLE}
        page.act(self.insert.click, insert, reads=empty, then=empty)


def with_examples(messages: Sequence[Message], text: Any, table: Any) -> tuple[Message, ...]:
    """The messages with the examples of both tabs, as a browser sends them.

    Raises InvalidInput without examples, or if one is incomplete.
    """
    pairs = parse_pairs(text) if isinstance(text, str) and text.strip() else ()
    pairs += tuple(_table_pairs(table.get("data") if isinstance(table, dict) else None))
    if not pairs:
        raise InvalidInput("The examples are empty. Write one `input => output` pair per line.")
    place = insertion_place([turn.role for turn in messages])
    return (*messages[:place], *turns(pairs), *messages[place:])


def _table_pairs(table: Any) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for place, cells in enumerate(table or [], start=1):
        given, wanted = (str(cell or "") for cell in cells[:2])
        if bool(given.strip()) != bool(wanted.strip()):
            raise InvalidInput(
                f"Row {place} of the table has one empty cell. Fill in or clear both."
            )
        if given.strip():
            pairs.append((given, wanted))
    return pairs
