"""What the demo page shows, and the code that leads others to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from components.demo.demo_page import Demo, demo_value
from components.demo.qr_code import LONGEST_ADDRESS, qr_code
from components.scenarios.scenario_cards import cards, with_scenario
from core.conversation import Image
from tests.components.snapshots import LIBRARY, snapshot, workspace


def shown(key: str) -> Any:
    page = with_scenario(workspace("x"), LIBRARY, LIBRARY.scenarios[key], None)
    return demo_value(snapshot(page), cards(LIBRARY))


def test_the_lanes_of_an_example_are_named_without_the_words_of_the_controls():
    assert shown("small-code")["lanes"] == {"A": "High detail", "B": "Balanced", "C": "Fast"}
    assert shown("dates")["lanes"] == {"A": "Usual settings"}


def test_each_lane_has_the_sizes_at_which_it_sees_the_picture():
    (picture,) = shown("small-code")["images"]
    assert {plan["lanes"]: plan["whole"] for plan in picture["plans"]} == {
        "A": (512, 512), "B": (352, 352), "C": (256, 256),
    }  # fmt: skip


def test_what_the_model_reads_before_the_question_is_told():
    earlier = shown("dates")["earlier"]
    assert [turn["role"] for turn in earlier] == ["system", *["user", "assistant"] * 2]
    assert shown("json-prefill")["earlier"][-1]["role"] == "system"  # the prefill is in the answer


def test_what_the_model_in_use_can_not_do_is_no_example():
    offered = cards(LIBRARY, (), lambda one: "Needs a vision model." if one.images else "")
    value = demo_value(snapshot(workspace("x")), offered)
    assert "dates" in {card["key"] for card in value["cards"]}
    assert not {"picture", "small-code"} & {card["key"] for card in value["cards"]}


def test_every_general_example_says_how_it_works():
    general = [one for one in LIBRARY.scenarios.values() if not one.models]
    assert [one.name for one in general if not one.how] == []
    assert all(len(one.how) < 180 for one in general)


def test_pages_that_are_no_demo_are_sent_nothing():
    with gr.Blocks():
        visitors = SimpleNamespace(is_demo=lambda: False)
        feature = Demo(SimpleNamespace(visitors=visitors))  # pyright: ignore[reportArgumentType]
    assert feature.show(snapshot(workspace("x"))) == {}


def test_a_picture_that_is_missing_says_so():
    page = workspace("x")
    turn = page.conversation.messages[0].with_images([Image("missing.png", "a.png")])
    value = demo_value(snapshot(page.with_messages((turn,))), [])
    assert value["images"][0]["error"]


def test_an_address_becomes_a_code():
    rows = qr_code("http://192.168.1.7:7860/?demo=1&card=dates")
    assert len(rows) == len(rows[0]) >= 21
    assert {*"".join(rows)} == {"0", "1"}
    assert rows[0].startswith("1111111")  # the corner by which a camera finds it


@pytest.mark.parametrize(
    "wrong",
    ["", "x", "javascript:alert(1)", "http://\ud83d", "http://ü.example", 7, None, ["http://x"],
     "http://" + "x" * LONGEST_ADDRESS],
)  # fmt: skip
def test_what_is_no_address_of_a_page_becomes_no_code(wrong: Any):
    assert qr_code(wrong) == []
