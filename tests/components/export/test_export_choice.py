"""What the Export tab shows, of what a browser asks for and what there is."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from components.export.export_tab import choice_of
from components.export.export_view import verification_value
from core.conversation import Conversation
from core.runs.events import Failed
from core.runs.run import Run
from core.runs.verification import Difference, Verified, Verifying, compared
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request


def run(status: Any) -> Run:
    return Run(Request("A", Conversation(), SamplingParams(seed=1), VisionBudget()), status)


def chosen(runs: dict[str, Run], **asked: Any) -> tuple[str, str, str]:
    choice = choice_of(gr.EventData(None, asked), ("A", "B"), runs)
    return choice.lane, choice.target, choice.source


def test_a_run_is_exported_unless_the_inputs_are_asked_for() -> None:
    runs = {"A": run("done")}
    assert chosen(runs) == ("A", "transformers", "run")
    assert chosen(runs, source="inputs") == ("A", "transformers", "inputs")
    assert chosen(runs, lane="B") == ("B", "transformers", "")


@pytest.mark.parametrize("status", ["waiting", "queued", "prefill"])
def test_a_run_that_only_begins_does_not_choose_the_inputs(status) -> None:
    """It once did, and the answer was not exported when it was there: the choice had stuck."""
    assert chosen({"A": run(status)}) == ("A", "transformers", "")


@pytest.mark.parametrize("odd", [None, 3, ["transformers"], "other"])
def test_what_a_browser_may_send_is_cut_down_to_what_there_is(odd) -> None:
    assert chosen({}, lane=odd, program=odd, source=odd) == ("A", "transformers", "")


def test_verdicts_say_what_was_found() -> None:
    texts = {1: "one", 2: "two", 3: " three\n"}
    same = compared([1, 2], [1, 2], texts.__getitem__, 1.5)
    assert verification_value(same, "k")["text"] == (
        "Reproduced: 2 of 2 tokens are the same. (1.5 s)"
    )
    other = compared([1, 2, 3], [1, 3], texts.__getitem__, 1.0)
    assert other.difference == Difference(1, 2, "two", 3, " three\n")
    assert verification_value(other, "k")["state"] == "differs"
    assert other.sentence == (
        "Differs at token 2 of 3: the lane has 'two' (2), the script has ' three\\n' (3)."
    )
    short = compared([1, 2], [1], texts.__getitem__, 1.0)
    assert (
        short.sentence == "Differs at token 2 of 2: the lane has 'two' (2), the script has ended."
    )
    prompt = Verified(2, 0, 1.0, prompt_differs=True)
    assert verification_value(prompt, "k")["state"] == "differs"
    assert verification_value(Failed("It failed.", 1.0), "k")["state"] == "failed"
    waiting = verification_value(Verifying(0, 2, 0.1, True), "k")
    assert (waiting["busy"], waiting["text"]) == (True, "Waiting for another verification.")
