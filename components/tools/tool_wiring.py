"""What a click on a card of a call does: its result becomes a turn, and the lanes run on."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from components.answers.replies import with_results
from components.controls import Changes, Controls, Values
from components.event_data import sent, sent_lane
from components.page_state import user_errors
from components.wiring import PRESS_RUN, PRIVATE, Wiring


def wire_tools(wiring: Wiring, controls: Controls) -> None:
    """One listener per pane; the run begins where the results could be added."""
    panes = controls.lanes.panes
    inputs = controls.inputs() | set(panes.values())

    def add_results(values: Values, event: gr.EventData) -> Changes:
        """Append the answer with its calls, and a tool turn for each result."""
        with user_errors():
            state = controls.read(values)
            lane, results = values[panes[sent_lane(event)]], sent(event, "results", list, [])
            rows = with_results(state.rows, lane, results)
            return controls.write(replace(state, rows=rows), state)

    for pane in panes.values():
        added = pane.results(add_results, inputs, controls.written(), **PRIVATE)
        wiring.after_act(added)
        added.success(None, None, None, js=PRESS_RUN, **PRIVATE)
