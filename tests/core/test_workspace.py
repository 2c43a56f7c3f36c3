"""From what a person edits to what the engine is asked."""

import pytest

from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.lanes import Lane
from core.sampling import LARGEST_SEED, SamplingParams
from core.vision import VisionBudget
from core.workspace import fresh_seed, requests

QUESTION = Conversation((message("user", "What colour is the sky?"),))


def test_every_lane_becomes_a_request_with_its_own_settings_and_the_shared_conversation():
    lanes = (
        Lane("A", SamplingParams(temperature=0.0, seed=1), VisionBudget(32, 64)),
        Lane("B", SamplingParams(temperature=0.9, seed=2)),
    )
    asked = requests(QUESTION, lanes)
    assert [request.lane for request in asked] == ["A", "B"]
    assert [request.params for request in asked] == [lane.params for lane in lanes]
    assert [request.budget for request in asked] == [lane.budget for lane in lanes]
    assert [request.conversation for request in asked] == [QUESTION, QUESTION]


def test_lanes_without_a_seed_share_a_fresh_one_so_that_only_settings_differ():
    lanes = (Lane("A"), Lane("B", SamplingParams(temperature=0.9)))
    first, second = requests(QUESTION, lanes)
    assert first.params.seed == second.params.seed
    assert isinstance(first.params.seed, int)


def test_a_seed_that_a_lane_names_is_kept_beside_a_fresh_one():
    lanes = (Lane("A", SamplingParams(seed=0)), Lane("B"))
    named, fresh = requests(QUESTION, lanes)
    assert named.params.seed == 0
    assert fresh.params.seed is not None


def test_each_run_draws_another_seed():
    seeds = {requests(QUESTION, [Lane()])[0].params.seed for _ in range(20)}
    assert len(seeds) > 1


def test_a_fresh_seed_is_in_the_range_that_the_seed_field_allows():
    assert all(0 <= fresh_seed() <= LARGEST_SEED for _ in range(100))


@pytest.mark.parametrize(
    "conversation",
    [Conversation(), Conversation((message("system", ""), message("user", "")))],
)
def test_a_conversation_without_any_content_is_refused_with_the_next_step(conversation):
    with pytest.raises(InvalidInput, match="No message to answer. Write a user message"):
        requests(conversation, [Lane()])


def test_an_image_alone_is_enough_to_ask():
    alone = Conversation((message("user", "", [Image("cat.png")]),))
    assert requests(alone, [Lane()])[0].conversation == alone


def test_a_prefill_alone_is_enough_to_ask():
    alone = Conversation((message("assistant", "Once upon a time"),))
    assert requests(alone, [Lane()])[0].conversation == alone
