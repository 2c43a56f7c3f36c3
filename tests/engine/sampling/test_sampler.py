"""The sampler against Transformers' own processors, bit for bit, each row alone."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from core.runs.scores import Distribution
from core.runs.traces import TOP
from core.sampling import SamplingParams
from engine.sampling.candidates import sampler_steps
from engine.sampling.sampler import Sampler
from engine.sampling.tracing import Told, unpacked
from tests.amounts import amount

CPU = torch.device("cpu")
PARAMS = st.builds(
    SamplingParams,
    temperature=st.floats(0.01, 2.0) | st.just(0.0) | st.just(1.0),
    top_k=st.integers(0, 200) | st.just(0),
    top_p=st.floats(0.0, 1.0) | st.just(1.0),
    min_p=st.floats(0.0, 1.0) | st.just(0.0),
    typical_p=st.floats(0.01, 1.0) | st.just(1.0),
    repetition_penalty=st.floats(0.5, 2.0) | st.just(1.0),
    seed=st.integers(0, 2**32 - 1),
)


class Alone:
    """One row as `generate()` chooses its tokens at batch 1."""

    def __init__(self, params: SamplingParams, prompt: list[int]) -> None:
        self.params = params
        self.ids = list(prompt)
        self.generator = torch.Generator().manual_seed(params.seed or 0)
        steps: list[Any] = []
        if params.repetition_penalty != 1.0:
            steps.append(RepetitionPenaltyLogitsProcessor(params.repetition_penalty))
        if not params.greedy:
            if params.temperature != 1.0:
                steps.append(TemperatureLogitsWarper(params.temperature))
            steps += [TopKLogitsWarper(params.top_k)] if params.top_k else []
            steps += [TopPLogitsWarper(params.top_p)] if params.top_p < 1.0 else []
            steps += [MinPLogitsWarper(params.min_p)] if params.min_p else []
            steps += [TypicalLogitsWarper(params.typical_p)] if params.typical_p < 1 else []
        self.processors = LogitsProcessorList(steps)

    def choose(self, logits: torch.Tensor) -> int:
        scores: Any = self.processors(torch.tensor([self.ids]), logits.clone())  # type: ignore
        if self.params.greedy:
            chosen = int(scores.argmax())
        else:
            probabilities = scores.softmax(dim=-1)
            chosen = int(torch.multinomial(probabilities, 1, generator=self.generator))
        self.ids.append(chosen)
        return chosen


def logits_of(rows: int, vocabulary: int, generators: random.Random, coarse: bool) -> torch.Tensor:
    """coarse: rounded to bfloat16 and to halves, so that many scores are equal."""
    generator = torch.Generator().manual_seed(generators.randrange(2**31))
    logits = torch.randn(rows, vocabulary, generator=generator) * generators.choice([0.3, 3.0, 9.0])
    return (logits * 2).round() / 2 if coarse else logits.to(torch.bfloat16).float()


def check(told: Told, logits: torch.Tensor, seen: list[int], params: SamplingParams) -> None:
    """The trace against what is found out about one place alone. Where several are likeliest, it
    isn't known which one a penalty makes less likely.
    """
    tied = params.greedy and int((logits == logits.max()).sum()) > 1
    logprobs = logits.log_softmax(dim=-1)
    found = {one.token_id: one for one in told.trace.candidates}
    place = Distribution("tiny", logits.numpy().tobytes(), frozenset(seen), b"", 0, 0.0)
    alone = sampler_steps(place, params, TOP, tuple(found), str)
    wanted = {one.token_id: one for one in alone.candidates}
    for token_id, one in found.items():
        assert one.text == str(token_id)
        assert one.logprob == pytest.approx(wanted[token_id].logprob, abs=1e-5)
        assert one.probability == pytest.approx(wanted[token_id].probability, abs=1e-6)
        if token_id == told.token_id:
            assert not one.removed_by
        elif not tied:
            assert one.removed_by == wanted[token_id].removed_by
    top = sorted(float(logits[i]) for i in found if i != told.token_id)
    rest = logits.clone()
    rest[told.token_id] = -float("inf")
    assert top == sorted(rest.topk(len(top)).values.tolist())
    assert len(found) in (TOP, TOP + 1)
    assert told.trace.rank == int((logits > logits[told.token_id]).sum()) + 1
    assert told.logprob == pytest.approx(float(logprobs[told.token_id]), abs=1e-5)
    assert told.trace.entropy == pytest.approx(float(-(logprobs.exp() * logprobs).sum()), abs=1e-4)
    assert told.trace.nbytes < 800


@settings(deadline=None)
@given(
    st.lists(PARAMS, min_size=1, max_size=8),
    st.sampled_from([97, 2560, 4096]),
    st.integers(0, 2**31),
    st.booleans(),
)
def test_rows_that_come_and_go_choose_what_each_chooses_alone(
    params: list[SamplingParams], vocabulary: int, seed: int, coarse: bool
) -> None:
    generators = random.Random(seed)
    waiting = [Alone(row, generators.choices(range(vocabulary + 5), k=30)) for row in params]
    for row in waiting:
        row.ids = [i for i in row.ids if i < vocabulary]
    sampler, rows = Sampler(CPU), list[Alone]()
    for _ in range(6):
        coming = waiting[: generators.randint(0 if rows else 1, len(waiting))] if waiting else []
        waiting = waiting[len(coming) :]
        sampler.join([row.params for row in coming], [row.ids for row in coming])
        rows += coming
        if not rows:
            break
        logits = logits_of(len(rows), vocabulary, generators, coarse)
        before = logits.clone()
        seen = [[*row.ids] for row in rows]
        ids, numbers = sampler.choose(logits)
        assert torch.equal(logits, before)
        wanted = [row.choose(logits[n : n + 1]) for n, row in enumerate(rows)]
        assert ids.tolist() == wanted
        for n, told in enumerate(unpacked(numbers, [str] * len(rows))):
            assert told.token_id == wanted[n]
            check(told, logits[n], seen[n], rows[n].params)
        places = sorted(generators.sample(range(len(rows)), generators.randint(0, len(rows))))
        sampler.keep(places)
        rows = [rows[place] for place in places]


@pytest.mark.parametrize(
    "settings_of_rows",
    [
        [{"temperature": 0.1, "top_k": 50, "repetition_penalty": 1.05}] * 4,
        [{"temperature": 0.1, "top_k": 50, "top_p": 0.1, "repetition_penalty": 1.05}] * 2,
        [{"temperature": 1.5, "top_k": 200, "top_p": 0.95}] * 2,
        [{"temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05}] * 2,
        [{"typical_p": 0.9}, {"typical_p": 0.3, "top_k": 50}, {"temperature": 0.7}, {"min_p": 0.1}],
        [{"typical_p": 0.5, "temperature": 1.5, "repetition_penalty": 1.05}],
        [{"top_p": 0.9}, {"top_p": 0.5, "top_k": 20}, {"temperature": 0.0}],
    ],
    ids=str,
)
@pytest.mark.parametrize("coarse", [False, True])
def test_the_vocabulary_of_a_real_model_gives_the_same_ids(settings_of_rows, coarse) -> None:
    generators = random.Random(3)
    params = [SamplingParams(seed=n, **each) for n, each in enumerate(settings_of_rows)]
    rows = [Alone(row, generators.choices(range(65536), k=60)) for row in params]
    sampler = Sampler(CPU)
    sampler.join(params, [row.ids for row in rows])
    for _ in range(amount(5, 25)):
        logits = logits_of(len(rows), 65536, generators, coarse)
        ids, _ = sampler.choose(logits)
        assert ids.tolist() == [row.choose(logits[n : n + 1]) for n, row in enumerate(rows)]


def test_greedy_rows_draw_no_random_number() -> None:
    """Else a greedy row would move the generators of the others."""
    sampler = Sampler(CPU)
    sampler.join([SamplingParams(temperature=0.0, seed=3)], [[1]])
    state = sampler._generators[0].get_state()
    sampler.choose(torch.randn(1, 97))
    assert torch.equal(sampler._generators[0].get_state(), state)


def test_a_row_without_numbers_has_no_logprob_and_spoils_no_other() -> None:
    params = [SamplingParams(seed=n, top_k=5, top_p=0.9, min_p=0.1) for n in range(3)]
    logits = torch.randn(3, 256)
    alone = Alone(params[2], [1])
    logits[1] = float("nan")
    sampler = Sampler(CPU)
    sampler.join(params, [[1]] * 3)
    ids, numbers = sampler.choose(logits)
    told = unpacked(numbers, [str] * 3)
    assert [math.isfinite(one.logprob) for one in told] == [True, False, True]
    assert ids[2] == alone.choose(logits[2:3])
