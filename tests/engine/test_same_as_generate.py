"""The promise: a lane's tokens are those of `generate()` alone at batch 1, in float32."""

from __future__ import annotations

from typing import Any

import pytest

from core.conversation import Conversation, message
from core.vision import VisionBudget
from tests.amounts import every

TABLE: list[dict[str, Any]] = [
    {"temperature": 0.0},
    {"temperature": 0.0, "repetition_penalty": 1.3},
    {"temperature": 0.0, "repetition_penalty": 0.7},
    {"temperature": 0.0, "stop": ("e",)},
    {},
    {"temperature": 0.1},
    {"temperature": 0.7},
    {"temperature": 1.7},
    {"temperature": 2.0},
    {"top_k": 1},
    {"top_k": 2},
    {"top_k": 50, "temperature": 0.3},
    {"top_k": 200, "temperature": 1.5},
    {"top_p": 0.0},
    {"top_p": 0.5},
    {"top_p": 0.95, "temperature": 1.5},
    {"top_p": 0.9, "top_k": 20},
    {"top_p": 0.1, "top_k": 50, "temperature": 0.1, "repetition_penalty": 1.05},
    {"min_p": 0.15, "temperature": 0.3, "repetition_penalty": 1.05},
    {"min_p": 0.01, "temperature": 1.9},
    {"min_p": 1.0},
    {"min_p": 0.05, "top_k": 100, "top_p": 0.98},
    {"typical_p": 0.01},
    {"typical_p": 0.5, "temperature": 0.7},
    {"typical_p": 0.9, "top_k": 20, "temperature": 1.3},
    {"typical_p": 0.8, "top_p": 0.95, "min_p": 0.02, "repetition_penalty": 1.1},
    {"repetition_penalty": 1.05, "temperature": 0.1, "top_k": 50},
    {"repetition_penalty": 2.0},
    {"repetition_penalty": 0.5},
    {"temperature": 0.2, "top_k": 80, "repetition_penalty": 1.05},
    {"stop": ("a",)},
    {"stop": ("th", "\n", " ")},
    {"max_new_tokens": 1},
    {"max_new_tokens": 30, "temperature": 1.2},
]


def expected_reason(ids: list[int], params: Any, ends: Any) -> str:
    if ids[-1] in ends:
        return "end_of_sequence"
    return "max_new_tokens" if len(ids) == params.max_new_tokens else "stop_string"


@pytest.mark.parametrize("settings", TABLE, ids=str)
def test_a_single_lane_gives_the_tokens_of_generate(
    settings, engine_of, oracle_of, ask, run, ends
) -> None:
    for seed in every(2, (2**32 - 1, 0)):
        request = ask(**{"seed": seed, **settings})
        lanes = run(engine_of("lfm2"), request)
        wanted = oracle_of("lfm2").ids(request)
        assert lanes.ids() == wanted
        if not request.params.stop:
            assert lanes.reason() == expected_reason(wanted, request.params, ends)


@pytest.mark.parametrize("kind", ["moe", "llama", "vl"])
@pytest.mark.parametrize("first", every(3, range(0, len(TABLE), 4)))
def test_four_lanes_with_different_settings_give_what_each_gives_alone(
    kind, first, engine_of, oracle_of, ask, run
) -> None:
    requests = [
        ask(lane=str(place), **{"seed": 100 + place, **settings})
        for place, settings in enumerate(TABLE[first : first + 4])
    ]
    lanes = run(engine_of(kind), *requests)
    for request in requests:
        assert lanes.ids(request.lane) == oracle_of(kind).ids(request)


def test_lanes_with_different_prompts_give_what_each_gives_alone(
    engine_of, oracle_of, ask, run
) -> None:
    talk = Conversation(
        (message("system", "Be brief."), message("user", "And now?"), message("assistant", "Now "))
    )
    requests = [
        ask("One", lane="A", seed=1),
        ask("Two, a longer one, with more words", lane="B", seed=2, max_new_tokens=20),
        ask("One", lane="C", seed=3, temperature=0.5),
        ask(talk, lane="D", seed=4, repetition_penalty=1.2),
    ]
    lanes = run(engine_of("lfm2"), *requests)
    for request in requests:
        assert lanes.ids(request.lane) == oracle_of("lfm2").ids(request)


def test_images_are_part_of_the_promise(engine_of, oracle_of, ask, run, picture) -> None:
    small = VisionBudget(16, 32, False)
    red, blue = picture(96, 64, "red"), picture(200, 120, "blue")
    tall = picture(300, 700, "green")
    requests = [
        ask(Conversation((message("user", "What is it?", [red]),)), "A", small, seed=1),
        ask(Conversation((message("user", "What is it?", [red]),)), "B", small, seed=2, top_k=5),
        ask(Conversation((message("user", "What is it?", [blue]),)), "C", small, seed=1),
        ask(Conversation((message("user", "Both?", [red, blue]),)), "D", small, seed=1),
        ask(Conversation((message("user", "Tiles?", [tall]),)), "E", VisionBudget(16, 40), seed=1),
        ask("No image", "F", seed=1),
    ]
    lanes = run(engine_of("vl"), *requests)
    assert lanes.start("E").prompt.image_tokens > 256
    for request in requests:
        assert lanes.ids(request.lane) == oracle_of("vl").ids(request)


def test_a_stop_string_may_begin_in_the_prefill(engine_of, oracle_of, ask, run) -> None:
    """Transformers matches the end of prompt and answer together, so the engine does too."""
    begun = Conversation((message("user", "Go"), message("assistant", "It is th")))
    free = ask(begun, temperature=0.0, max_new_tokens=6)
    first = run(engine_of("lfm2"), free).text()[:1]
    assert first
    request = ask(begun, temperature=0.0, max_new_tokens=6, stop=(f"s th{first}",))
    lanes = run(engine_of("lfm2"), request)
    assert lanes.ids() == oracle_of("lfm2").ids(request)
    assert lanes.reason() == "stop_string"
    assert lanes.text() == ""
