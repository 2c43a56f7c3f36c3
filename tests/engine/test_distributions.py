"""All logits of a place, and what the samplers make of them, against Transformers itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from core.constraint import Constraint
from core.runs.events import Failed
from core.runs.scores import Distribution
from core.sampling import SamplingParams
from engine.sampling.candidates import sampler_steps
from tests.amounts import amount

PARAMS = st.builds(
    SamplingParams,
    temperature=st.sampled_from((0.0, 0.3, 0.7, 1.0, 2.0)),
    top_k=st.sampled_from((0, 1, 3, 40, 200)),
    top_p=st.floats(0.0, 1.0) | st.just(1.0),
    min_p=st.floats(0.0, 1.0) | st.just(0.0),
    typical_p=st.floats(0.01, 1.0) | st.just(1.0),
    repetition_penalty=st.floats(0.5, 2.0) | st.just(1.0),
)


def of(logits: torch.Tensor, seen: list[int], allowed: torch.Tensor | None = None) -> Distribution:
    mask = b"" if allowed is None else allowed.numpy().tobytes()
    return Distribution("tiny", logits.numpy().tobytes(), frozenset(seen), mask, 0, 0.0)


def processed(
    logits: torch.Tensor, seen: list[int], params: SamplingParams, allowed: torch.Tensor | None
) -> list[tuple[str, torch.Tensor]]:
    """The scores after each of Transformers' processors, as `generate()` chains them."""
    steps: list[tuple[str, Any]] = []
    if params.repetition_penalty != 1:
        penalty = RepetitionPenaltyLogitsProcessor(params.repetition_penalty)
        steps.append(("repetition_penalty", lambda scores: penalty(torch.tensor([seen]), scores)))
    if allowed is not None:
        steps.append(("constraint", lambda scores: scores.masked_fill(~allowed, -float("inf"))))
    for name, off, warper in (
        ("temperature", 1.0, TemperatureLogitsWarper), ("top_k", 0, TopKLogitsWarper),
        ("top_p", 1.0, TopPLogitsWarper), ("min_p", 0.0, MinPLogitsWarper),
        ("typical_p", 1.0, TypicalLogitsWarper),
    ):  # fmt: skip
        value = getattr(params, name)
        if value != off and not params.greedy:
            steps.append((name, partial(warper(value), None)))
    scores, found = logits[None], [("", logits)]
    for name, step in steps:
        scores = step(scores)
        found.append((name, scores[0]))
    return found


@settings(max_examples=amount(12, 200), deadline=None)
@given(PARAMS, st.integers(0, 10**6), st.booleans(), st.sampled_from((97, 2560, 4096)))
def test_what_survives_a_step_is_what_transformers_leaves_finite(params, seed, held, width):
    chance = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(width, generator=chance)
    seen = torch.randint(0, width, (40,), generator=chance).tolist()
    allowed = torch.rand(width, generator=chance) > 0.5 if held else None
    wanted = processed(logits, seen, params, allowed)
    every = tuple(range(width))
    found = sampler_steps(of(logits, seen, allowed), params, 8, every, str)
    steps = [step for step in found.steps if not (params.greedy and step.name == "temperature")]
    assert [step.name for step in steps] == [name for name, _ in wanted]
    before = logits.softmax(-1)
    order = torch.tensor(found.token_ids)
    for step, (_, scores) in zip(steps, wanted, strict=True):
        alive = scores > -float("inf")
        assert step.survivors == int(alive.sum())
        assert step.removed == pytest.approx(float(before[~alive].sum()), abs=1e-5)
        shares = torch.tensor(step.probabilities)
        assert torch.equal(shares > 0, (scores.softmax(-1) > 0)[order])
        assert torch.allclose(shares, scores.softmax(-1)[order], atol=1e-6)
        assert float(shares.double().sum()) == pytest.approx(1.0, abs=1e-5)
        before = scores.softmax(-1)
    if params.greedy:
        *_, last = found.steps
        assert (last.name, last.survivors) == ("temperature", 1)
        assert found.token_ids[last.probabilities.index(1.0)] == int(wanted[-1][1].argmax())


def test_few_tokens_are_listed_those_that_lead_before_and_after() -> None:
    logits = torch.arange(100.0) / 10
    params = SamplingParams(repetition_penalty=2.0)
    found = sampler_steps(of(logits, list(range(90, 100))), params, 3, (5, 500), "t{}".format)
    assert found.token_ids == (99, 98, 97, 89, 88, 87, 5)
    assert found.texts[0] == "t99"


@pytest.mark.parametrize("kind", ["lfm2", "lfm3"])
def test_a_distribution_is_the_models_own(kind, engine_of, oracle_of, ask, run) -> None:
    request = ask("Tell me of distributions.", seed=3, repetition_penalty=1.2)
    engine, oracle = engine_of(kind), oracle_of(kind)
    ids = run(engine, request).ids()[:-1]
    for place in (0, 1, len(ids)):
        *_, found = engine.distribution(request, ids[:place])
        assert isinstance(found, Distribution)
        begun = replace(request, begins_with=tuple(ids[:place]))
        logits = torch.frombuffer(bytearray(found.logits), dtype=torch.float32)
        assert torch.allclose(logits, oracle.logits(begun)[-1], atol=1e-4)
        assert found.seen == set(oracle.begun(begun)["input_ids"][0].tolist())
        assert found.allowed == b""
        steps = engine.sampler_steps(found, request.params)
        assert [step.name for step in steps.steps] == ["", "repetition_penalty"]
        if kind == "lfm2":
            prompt = len(engine.render(request).tokens)
            assert found.cached_tokens >= prompt
    if kind == "lfm2":  # and nothing is read for a place that is known
        *_, again = engine.distribution(request, ids)
        assert again.cached_tokens == len(engine.render(request).tokens) + len(ids)
        assert again.logits == found.logits


def test_the_constraint_of_a_request_is_told_with_its_distribution(engine_of, ask) -> None:
    request = replace(ask(seed=5), constraint=Constraint("regex", "[0-9]{3}"))
    engine = engine_of("lfm2")
    *_, found = engine.distribution(request, ())
    steps = engine.sampler_steps(found, request.params, top=20)
    assert [step.name for step in steps.steps] == ["", "constraint"]
    for text, share in zip(steps.texts, steps.steps[-1].probabilities, strict=True):
        assert (share > 0) <= text.isdigit()
    *_, wrong = engine.distribution(request, (100,))
    assert isinstance(wrong, Failed)
    assert "contradicts the constraint at token 1" in wrong.message


def test_the_steps_of_a_model_that_has_gone_are_refused(engine_of) -> None:
    gone = of(torch.zeros(10), [])
    with pytest.raises(Exception, match="tiny is not in memory"):
        engine_of("lfm2").sampler_steps(gone, SamplingParams())
