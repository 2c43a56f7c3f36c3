"""Candidates against Transformers' own processors: what removed a token, and what was left."""

from __future__ import annotations

import math
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

from core.compare.differences import first_divergence
from core.compare.explanation import Side, explain
from core.runs.run import Run, fold_all
from core.runs.traces import Candidate
from core.sampling import SamplingParams
from core.workspace import Request
from engine.sampling.candidates import sampler_steps
from tests.amounts import amount
from tests.engine.test_distributions import of

PARAMS = st.builds(
    SamplingParams,
    temperature=st.sampled_from((0.0, 0.3, 0.7, 1.0, 2.0)),
    top_k=st.sampled_from((0, 1, 3, 20)),
    top_p=st.sampled_from((0.1, 0.5, 0.9, 1.0)),
    min_p=st.sampled_from((0.0, 0.05, 0.3)),
    typical_p=st.sampled_from((0.2, 0.9, 1.0)),
    repetition_penalty=st.sampled_from((1.0, 1.05, 1.5)),
    seed=st.integers(0, 99),
    max_new_tokens=st.just(24),
)


def computed(
    logits: torch.Tensor, seen: list[int], params: SamplingParams
) -> tuple[dict[int, str], torch.Tensor]:
    """Which of Transformers' processors took out which token, and the probabilities behind them."""
    scores: Any = logits[None].clone()
    if params.repetition_penalty != 1:
        penalty = RepetitionPenaltyLogitsProcessor(params.repetition_penalty)
        scores = penalty(torch.tensor([seen]), scores)  # type: ignore
    if params.greedy:
        best, before = int(scores.argmax()), int(logits.argmax())
        removed = {i: "temperature" for i in range(len(logits)) if i != best}
        if before != best:
            removed[before] = "repetition_penalty"
        return removed, torch.nn.functional.one_hot(torch.tensor(best), len(logits)).float()
    steps: list[tuple[str, Any]] = [("temperature", TemperatureLogitsWarper(params.temperature))]
    steps += [("top_k", TopKLogitsWarper(params.top_k))] if params.top_k else []
    steps += [("top_p", TopPLogitsWarper(params.top_p))] if params.top_p < 1 else []
    steps += [("min_p", MinPLogitsWarper(params.min_p))] if params.min_p else []
    if params.typical_p < 1:
        steps.append(("typical_p", TypicalLogitsWarper(params.typical_p)))
    removed = {}
    for name, step in steps:
        scores = step(None, scores)
        gone = (scores[0] == -math.inf).nonzero().flatten().tolist()
        removed |= {i: name for i in gone if i not in removed}
    return removed, scores[0].softmax(dim=-1)


def check(found: tuple[Candidate, ...], logits: torch.Tensor, seen: list[int], params: Any) -> None:
    removed, probabilities = computed(logits, seen, params)
    for candidate in found:
        place = candidate.token_id
        assert candidate.removed_by == removed.get(place, "")
        assert candidate.logprob == pytest.approx(float(logits.log_softmax(-1)[place]), abs=1e-5)
        assert candidate.probability == pytest.approx(float(probabilities[place]), abs=1e-6)


@settings(max_examples=amount(30, 150))
@given(params=PARAMS, seed=st.integers(0, 10**6), about=st.integers(0, 255))
def test_every_candidate_is_removed_by_the_processor_that_removes_it(params, seed, about):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(256, generator=generator)
    seen = torch.randint(0, 256, (40,), generator=generator).tolist()
    found = sampler_steps(of(logits, seen), params, 8, (about,), str).candidates
    check(found, logits, seen, params)
    ids = [candidate.token_id for candidate in found]
    assert about in ids
    assert set(logits.topk(8).indices.tolist()) <= set(ids)
    alive = [c for c in found if not c.removed_by]
    _, probabilities = computed(logits, seen, params)
    assert (
        max(alive, key=lambda c: c.probability).token_id
        in (probabilities == probabilities.max()).nonzero()
    )


PAIRS = [
    (SamplingParams(temperature=0.7, seed=3, max_new_tokens=24), SamplingParams(
        temperature=0.7, seed=4, max_new_tokens=24)),
    (SamplingParams(temperature=0.0, seed=1, max_new_tokens=24), SamplingParams(
        temperature=1.2, seed=1, max_new_tokens=24)),
    (SamplingParams(temperature=1.0, top_k=2, seed=5, max_new_tokens=24), SamplingParams(
        temperature=1.0, seed=5, max_new_tokens=24)),
    (SamplingParams(temperature=1.0, top_p=0.3, seed=6, max_new_tokens=24), SamplingParams(
        temperature=1.0, min_p=0.2, seed=6, max_new_tokens=24)),
    (SamplingParams(temperature=1.0, typical_p=0.3, seed=6, max_new_tokens=24), SamplingParams(
        temperature=1.0, seed=6, max_new_tokens=24)),
    (SamplingParams(temperature=0.0, repetition_penalty=1.6, seed=1, max_new_tokens=24),
     SamplingParams(temperature=0.0, seed=1, max_new_tokens=24)),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["lfm2", "llama"])
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("prompt", ["Tell me a story.", "Count to ten, twice."])
def test_where_two_lanes_part_both_sides_are_explained_by_the_models_own_logits(
    kind, pair, prompt, engine_of, oracle_of, ask, run
):
    """The divergence is the first different id; what it says is true of the oracle's logits."""
    asked = [with_params(ask(prompt, lane), p) for lane, p in zip("AB", pair, strict=True)]
    lanes = run(engine_of(kind), *asked)
    runs = [fold_all(Run(one), lanes.of(one.lane)) for one in asked]
    ids = [list(one.token_ids) for one in runs]
    common = next(
        (n for n, (a, b) in enumerate(zip(*ids, strict=False)) if a != b), min(map(len, ids))
    )
    parting = first_divergence(*runs)
    assert (parting is None) == (ids[0][:common] == ids[1] or ids[1][:common] == ids[0])
    if parting is None:
        return
    assert parting.position == common
    assert (parting.reference_token.token_id, parting.token.token_id) == (
        ids[0][common],
        ids[1][common],
    )
    for one, text_offset in ((runs[0], parting.reference_offset), (runs[1], parting.offset)):
        assert one.text[:text_offset] == "".join(t.text for t in one.tokens[:common])
    sides = []
    for one, other in ((runs[0], ids[1][common]), (runs[1], ids[0][common])):
        *_, place = engine_of(kind).distribution(one.request, one.token_ids[:common])
        about = (one.token_ids[common], other)
        found = engine_of(kind).sampler_steps(place, one.request.params, 8, about).candidates
        oracle = oracle_of(kind)
        before = oracle.inputs(one.request)["input_ids"][0].tolist() + ids[0][:common]
        with torch.inference_mode():
            logits = oracle.model(torch.tensor([before])).logits[0, -1].float()
        check(found, logits, before, one.request.params)
        sides.append(Side(one.request.lane, one.token_ids[common], found))
        assert not sides[-1].find(one.token_ids[common]).removed_by
        assert sides[-1].find(other)
    for side, other, sentence in zip(sides, reversed(sides), explain(*sides), strict=True):
        removed = side.find(other.token_id).removed_by
        assert removed.replace("_", " ") in sentence.replace("_", " ")
        assert ("the draw decided" in sentence) == (not removed)


def with_params(request: Request, params: SamplingParams) -> Request:
    return Request(request.lane, request.conversation, params, request.budget)
