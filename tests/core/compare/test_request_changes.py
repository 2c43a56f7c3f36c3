"""The History tab and saved answers say what changed in a few words."""

from dataclasses import replace

import pytest

from core.compare.request_changes import SAME, as_asked, request_changes, run_changes
from core.conversation import Conversation, Image, message
from core.lanes import LaneSettings
from core.runs.run import Run
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request, Workspace

TALK = Conversation((message("system", "s"), message("user", "a"), message("assistant", "b")))
FIRST = Request("A", TALK, SamplingParams(temperature=0.3), VisionBudget())


def talk(*turns: tuple[str, str]) -> Request:
    return replace(FIRST, conversation=Conversation(tuple(message(*turn) for turn in turns)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (FIRST, []),
        (replace(FIRST, params=SamplingParams(temperature=0.7)), ["Temperature 0.3 → 0.7"]),
        (replace(FIRST, params=replace(FIRST.params, stop=("x" * 99,))),
         ["Stop strings none → '" + "x" * 28 + "…"]),
        (replace(FIRST, budget=VisionBudget(max_image_tokens=99)), ["Max image tokens 256 → 99"]),
        (replace(FIRST, model="/models/other"), ["Model in use → other"]),
        (talk(("system", "s"), ("user", "x"), ("assistant", "b")), ["Message 2 edited"]),
        (talk(("system", "x"), ("user", "a"), ("assistant", "b")), ["System prompt edited"]),
        (talk(("user", "a"), ("assistant", "b")), ["System prompt removed"]),
        (talk(("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("user", "d")),
         ["Messages 4, 5 added"]),
        (talk(("system", "s"), ("assistant", "b")), ["Message 2 removed"]),
        (talk(("user", "1"), ("user", "2")),
         ["System prompt removed", "Messages 2, 3 removed", "Messages 1, 2 added"]),
        (replace(FIRST, conversation=replace(TALK, tools="[]")), ["Tools added"]),
        (replace(FIRST, template_options=(("enable_thinking", False),)),
         ["enable_thinking template default → off"]),
    ],
)  # fmt: skip
def test_what_changed_is_said_in_a_few_words(new: Request, words: list[str]):
    assert list(request_changes(FIRST, new)) == words


def test_many_messages_are_counted():
    old, new = (talk(*(("user", f"{side} {n % 2 or side}") for n in range(18))) for side in "xy")
    assert request_changes(old, new) == ("Messages 1–18 edited",)
    new = talk(*(("user", f"x {n}") for n in range(0, 18)))
    old = talk(*(("user", f"x {n}" if n % 2 else "z") for n in range(18)))
    assert request_changes(old, new) == ("Messages 1, 3, 5, 7, 9 and 4 more edited",)


def test_other_images_are_told_from_other_words():
    old, new = (
        replace(FIRST, conversation=Conversation((message("user", "Look", [Image(path)]),)))
        for path in ("/a", "/b")
    )
    assert request_changes(old, new) == ("Images of message 1 changed",)


def asked(*labels: str, **params) -> dict[str, Request]:
    sampling = replace(FIRST.params, **params)
    return {label: replace(FIRST, lane=label, params=sampling) for label in labels}


def test_a_run_is_compared_lane_by_lane():
    assert run_changes(asked("A"), asked("A")) == (SAME,)
    assert run_changes(asked("A"), asked("A", "B")) == ("With lane B",)
    assert run_changes(asked("A", "B"), asked("B")) == ("Without lane A",)
    assert run_changes(asked("A", "B"), asked("A", "B", top_k=7)) == ("Top-k off → 7",)
    one = {**asked("A", "B"), **asked("B", top_k=7)}
    assert run_changes(asked("A", "B"), one) == ("Lane B: top-k off → 7",)
    many = asked("A", temperature=1, top_k=1, top_p=0.5, min_p=0.5, typical_p=0.5,
                 repetition_penalty=1.5, max_new_tokens=9, seed=1)  # fmt: skip
    assert len(run_changes(asked("A"), many)) == 7
    assert run_changes(asked("A"), many)[-1] == "2 more"


def test_a_drawn_seed_is_no_change_and_a_chosen_one_is():
    run = Run(replace(FIRST, lane="B", params=replace(FIRST.params, seed=5)), model="m")
    assert as_asked(run, Workspace()).params.seed is None
    assert as_asked(run, Workspace(params=SamplingParams(seed=5))).params.seed == 5
    lanes = (LaneSettings(), LaneSettings(sampling=(("seed", 5),)))
    assert as_asked(run, Workspace().with_lanes(lanes)).params.seed == 5


def test_another_model_is_a_change_unless_the_lane_failed_before_it_had_one():
    before = {"A": replace(FIRST, model="old")}
    assert run_changes(before, {"A": replace(FIRST, model="new")}) == ("Model old → new",)
    assert run_changes(before, {"A": FIRST}) == (SAME,)
