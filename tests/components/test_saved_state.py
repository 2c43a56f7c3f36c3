"""The page's state survives being saved: everything that a person edits comes back."""

from dataclasses import replace

from components.messages.message_editor import conversation_of, new_row
from components.page_state import PageState
from components.saved_state import saved_of, state_of
from core.lanes import LABELS, LaneSettings
from core.sampling import SamplingParams
from core.vision import VisionBudget

TOOLS = '[{"name": "get_weather", "parameters": {}}]'


def test_everything_but_the_tab_comes_back():
    lanes = (LaneSettings(), LaneSettings(system="Be brief."), *(LaneSettings(),) * 2)
    assert len(lanes) == len(LABELS)
    state = PageState(
        (new_row("system", " a\n"), new_row("user", "b")), "greedy",
        SamplingParams(temperature=0.3, stop=("x",)), VisionBudget(32, 64), "prompt",
        lanes, 2, TOOLS,
    )  # fmt: skip
    other = PageState((new_row("user", "other"),), "", SamplingParams(), VisionBudget())
    back = state_of(saved_of(state), other)
    assert saved_of(back) == saved_of(state)
    assert conversation_of(back.rows) == conversation_of(state.rows)
    assert replace(back, rows=state.rows) == replace(state, tab=other.tab)
    assert back.tools == TOOLS
