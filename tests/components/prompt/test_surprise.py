"""The shown prompt, scored."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from components.prompt.surprise import NO_PROMPT, Surprise, prompt_key, surprise_of
from components.snapshot import Snapshot
from core.access.access import Visitor
from core.conversation import Image, message
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sampling import SamplingParams
from core.vision import VisionBudget
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import snapshot, workspace
from tests.model_capabilities import ALL

ENGINE = ScriptedEngine(tokens_per_second=10_000)
ASKED = workspace("Hello there")
PAGE = snapshot(ASKED, ENGINE)


def surprise(page: Snapshot = PAGE, visitor: Visitor | None = None) -> Surprise:
    return asyncio.run(surprise_of(page, visitor or Visitor(), lambda: True, 3))


def test_each_token_of_the_shown_prompt_but_the_first_has_a_value():
    found = surprise()
    assert PAGE.prompt
    assert (found["question"], found["key"]) == (3, prompt_key(PAGE))
    assert len(found["logprobs"]) == len(found["ranks"]) == len(PAGE.prompt.tokens)
    assert [place for place, value in enumerate(found["logprobs"]) if value is None] == [0]


def test_the_key_changes_with_what_the_values_depend_on_and_with_nothing_else():
    warmer = snapshot(replace(ASKED, params=SamplingParams(temperature=0.7)), ENGINE)
    assert prompt_key(warmer) == prompt_key(PAGE)
    pictures = [
        ASKED.with_messages([message("user", "Hello there", [Image(path, "a.png")])])
        for path in ("/uploads/1/a.png", "/uploads/2/a.png")
    ]
    second = workspace("Hello there", lanes=(LaneSettings(model="other"), LaneSettings()))
    others = [
        snapshot(page, ENGINE)
        for page in (
            workspace("Hello here"), replace(ASKED, budget=VisionBudget(32)), *pictures, second,
            replace(ASKED, template_options=(("enable_thinking", False),)),
        )
    ]  # fmt: skip
    reloaded = snapshot(ASKED, ScriptedEngine("another"))
    assert len({prompt_key(page) for page in (PAGE, *others, reloaded)}) == len(others) + 2


def test_why_there_are_no_values_is_a_sentence():
    with pytest.raises(InvalidInput, match=NO_PROMPT):
        surprise(snapshot(workspace(), ENGINE))
    without = ScriptedEngine(capabilities=replace(ALL, scores=False))
    with pytest.raises(InvalidInput, match="can't score text"):
        surprise(snapshot(ASKED, without))
    slow = ScriptedEngine(tokens_per_second=0.001)
    with pytest.raises(InvalidInput, match="page was closed"):
        asyncio.run(surprise_of(snapshot(ASKED, slow), Visitor(), lambda: False, 0))


def test_tokens_of_another_tokenizer_are_never_coloured():
    page = snapshot(ASKED, Splitting(tokens_per_second=10_000))
    with pytest.raises(InvalidInput, match="splits this prompt into different tokens"):
        surprise(page)


class Splitting(ScriptedEngine):
    """Its prompt is not the one that it scores, as where a lane has a second model."""

    def score(self, request, continuation, whole=True, visitor=""):
        other = replace(request, conversation=workspace("Goodbye").conversation)
        return super().score(other, continuation, whole, visitor)
