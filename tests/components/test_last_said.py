"""What an engine is asked for is given up when its time is over or its client is gone."""

import asyncio

import pytest

from components.last_said import last_said
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.runs.scores import Scored
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.scripted.scripted_engine import ScriptedEngine

ASKED = Request("A", Conversation((message("user", "Hi"),)), SamplingParams(seed=1), VisionBudget())


class Closed:
    """Work of an engine that tells whether it was closed."""

    def __init__(self, tokens_per_second: float) -> None:
        engine = ScriptedEngine(tokens_per_second=tokens_per_second)
        self._work = engine.score(ASKED, "word " * 50)
        self.closed = False

    def __getattr__(self, name: str):
        return getattr(self._work, name)

    def close(self) -> None:
        self.closed = True
        self._work.close()


def test_the_last_thing_that_was_said_comes_back_and_the_work_is_closed():
    work = Closed(tokens_per_second=100_000)
    assert isinstance(asyncio.run(last_said(work, None, lambda: True)), Scored)
    assert work.closed


@pytest.mark.parametrize(
    ("seconds", "is_here", "sentence"),
    [(0.05, True, "longer than the 0 seconds"), (None, False, "was closed")],
)
def test_work_that_is_given_up_is_closed(seconds, is_here, sentence):
    work = Closed(tokens_per_second=1)
    with pytest.raises(InvalidInput, match=sentence):
        asyncio.run(last_said(work, seconds, lambda: is_here))
    assert work.closed
