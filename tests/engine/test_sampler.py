"""The sampler against Transformers' own processors, bit for bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from core.sampling import SamplingParams
from engine.sampler import choose, min_p, repetition_penalty, top_k, top_p

PARAMS = st.builds(
    SamplingParams,
    temperature=st.floats(0.01, 2.0) | st.just(0.0) | st.just(1.0),
    top_k=st.integers(0, 200),
    top_p=st.floats(0.0, 1.0),
    min_p=st.floats(0.0, 1.0),
    repetition_penalty=st.floats(0.5, 2.0) | st.just(1.0),
    seed=st.integers(0, 2**32 - 1),
)


def row(vocabulary: int, seed: int, spread: float) -> torch.Tensor:
    return torch.randn(1, vocabulary, generator=torch.Generator().manual_seed(seed)) * spread


def transformers_choice(logits: torch.Tensor, ids: torch.Tensor, params: SamplingParams) -> int:
    steps: list[Any] = []
    if params.repetition_penalty != 1.0:
        steps.append(RepetitionPenaltyLogitsProcessor(params.repetition_penalty))
    if not params.greedy:
        steps += [TemperatureLogitsWarper(params.temperature)] if params.temperature != 1.0 else []
        steps += [TopKLogitsWarper(params.top_k)] if params.top_k else []
        steps += [TopPLogitsWarper(params.top_p)] if params.top_p < 1.0 else []
        steps += [MinPLogitsWarper(params.min_p)]
    scores = LogitsProcessorList(steps)(ids, logits.clone())
    if params.greedy:
        return int(scores.argmax())
    torch.manual_seed(params.seed or 0)
    return int(torch.multinomial(scores.softmax(dim=-1), 1))


@given(PARAMS, st.sampled_from([97, 4096]), st.integers(0, 2**31), st.sampled_from([0.3, 3.0, 9.0]))
def test_the_choice_is_the_one_that_transformers_makes(params, vocabulary, seed, spread) -> None:
    logits = row(vocabulary, seed, spread)
    ids = torch.randint(0, vocabulary, (1, 40), generator=torch.Generator().manual_seed(seed))
    seen = torch.zeros(vocabulary, dtype=torch.bool)
    seen[ids[0]] = True
    before = logits.clone()
    generator = torch.Generator().manual_seed(params.seed or 0)
    assert int(choose(logits, params, seen, generator)) == transformers_choice(logits, ids, params)
    assert torch.equal(logits, before)


@pytest.mark.parametrize("vocabulary", [97, 4096])
def test_off_values_return_the_scores_untouched(vocabulary: int) -> None:
    logits = row(vocabulary, 1, 3.0)
    seen = torch.ones(vocabulary, dtype=torch.bool)
    assert repetition_penalty(logits, seen, 1.0) is logits
    assert top_k(logits, 0) is logits
    assert top_p(logits, 1.0) is logits
    assert min_p(logits, 0.0) is logits


def test_one_token_always_survives() -> None:
    logits = row(97, 5, 3.0)
    for scores in (top_p(logits, 0.0), min_p(logits, 1.0), top_k(logits, 1)):
        assert int((scores > -float("inf")).sum()) == 1
        assert int(scores.argmax()) == int(logits.argmax())


def test_greedy_draws_no_random_number() -> None:
    generator = torch.Generator().manual_seed(3)
    state = generator.get_state()
    choose(row(97, 1, 1.0), SamplingParams(temperature=0.0), torch.zeros(97).bool(), generator)
    assert torch.equal(generator.get_state(), state)
