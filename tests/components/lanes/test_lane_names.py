"""What a lane is called: what it really runs. Its chips say what the name does not."""

from __future__ import annotations

from typing import Any

import pytest

from components.lanes.lanes import editor_props
from core.constraint import Constraint
from core.constraint_examples import EXAMPLES
from core.lanes import AS_IN_THE_SIDEBAR, LaneSettings
from core.sampling import SamplingParams, settings
from core.workspace import Workspace
from tests.components.snapshots import LIBRARY, snapshot, workspace

LABELS = EXAMPLES["labels"].constraint
HIGH = LIBRARY.budgets["high"]
NEUTRAL = tuple((n, one.off) for n, one in settings().items() if one.off is not None)


def named(page: Workspace, lane: LaneSettings) -> tuple[str, list[str]]:
    shown: Any = editor_props(snapshot(page.with_lanes([AS_IN_THE_SIDEBAR, lane])))["B"]
    return shown["name"], shown["chips"]


@pytest.mark.parametrize(
    ("lane", "name", "chips"),
    [
        (LaneSettings(), "Sidebar settings", []),
        (LaneSettings(sampling=(("temperature", 0.0),)), "Temperature 0", []),
        (
            LaneSettings(sampling=(("temperature", 0.3), ("seed", 7))),
            "Temperature 0.3",
            ["seed 7"],
        ),
        (LaneSettings(sampling=NEUTRAL), "Neutral", []),
        (LaneSettings(system=""), "No system prompt", []),
        (LaneSettings(images=tuple(HIGH.images.items())), f"{HIGH.name} budget", []),
        (LaneSettings(constraint=Constraint()), "Free", ["schema off"]),
        (LaneSettings(constraint=Constraint("json")), "JSON", []),
        (LaneSettings(constraint=LABELS), "Choices", ["positive | negative | neutral"]),
        (
            LaneSettings(sampling=(("temperature", 0.0),), constraint=LABELS),
            "Temperature 0",
            ["choices positive | negative | neutral"],
        ),
        (
            LaneSettings(constraint=Constraint(), prefill='{"a":'),
            "Prefill",
            ["prefill '{\"a\":'", "schema off"],
        ),
    ],
)
def test_a_lane_is_called_after_what_it_runs(lane, name, chips):
    params, schema = SamplingParams(temperature=0.5), EXAMPLES["extraction"].constraint
    page = workspace(("system", "Be brief."), "Hi", params=params, constraint=schema)
    assert named(page, lane) == (name, chips)


def test_a_preset_gives_its_name_and_the_chips_what_it_changes():
    name, chips = named(workspace("Hi"), LaneSettings(preset="greedy"))
    assert name == LIBRARY.presets["greedy"].name
    assert "temperature 0" in chips


def test_a_value_that_the_sidebar_has_too_is_no_difference():
    page = workspace("Hi")
    same = LaneSettings(sampling=(("temperature", page.params.temperature),))
    assert named(page, same) == ("Sidebar settings", [])


def test_the_text_of_an_own_system_prompt_stays_a_chip():
    name, chips = named(workspace("Hi"), LaneSettings(system="Rhyme."))
    assert name == "Custom system prompt"
    assert chips == ["system prompt 'Rhyme.'"]
