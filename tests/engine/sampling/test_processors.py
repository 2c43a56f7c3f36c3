"""The table of samplers and the arithmetic on tensors are about the same samplers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sampling import SamplingParams, samplers
from engine.sampling.processors import PROCESSORS, REMOVED, steps
from tests.amounts import amount

CPU = torch.device("cpu")


def test_every_sampler_of_the_table_has_its_arithmetic_and_nothing_else_has() -> None:
    assert PROCESSORS.keys() == samplers().keys()


def test_what_is_off_in_all_rows_is_not_computed() -> None:
    rows = [SamplingParams(), SamplingParams(top_k=3)]
    assert [name for name, _ in steps(rows, samplers(), CPU)] == ["top_k"]
    assert steps(rows[:1], samplers(), CPU) == ()


@pytest.mark.parametrize("name", samplers())
def test_a_row_where_a_sampler_is_off_is_not_changed_by_a_row_where_it_is_on(name) -> None:
    setting = samplers()[name].setting
    on = setting.minimum or type(setting.minimum)(setting.maximum / 4)
    rows = [SamplingParams(**{name: on}), SamplingParams()]
    scores = 3 * torch.randn(2, 256, generator=torch.Generator().manual_seed(1))
    seen = torch.arange(256).expand(2, -1)
    ((found, step),) = steps(rows, samplers(), CPU)
    assert found == name
    after = step(scores, seen)
    assert torch.equal(after[1], scores[1])
    assert not torch.equal(after[0], scores[0])


@pytest.mark.parametrize("name", [name for name, row in samplers().items() if row.keeps])
@settings(max_examples=amount(20, 60))
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_the_plain_rule_keeps_what_the_tensors_keep(name, data, seed) -> None:
    """The engine without a model cuts by the rule, the engine with one by the tensors."""
    setting = samplers()[name].setting
    steps_of = round((setting.maximum - setting.minimum) / setting.step)
    value = setting.minimum + data.draw(st.integers(1, steps_of - 1)) * setting.step
    logits = 2 * torch.randn(1, 12, generator=torch.Generator().manual_seed(seed))
    ((_, step),) = steps([SamplingParams(**{name: value})], [name], CPU)
    left = step(logits, torch.zeros_like(logits, dtype=torch.bool))[0] > REMOVED
    probabilities = dict(enumerate(logits[0].double().softmax(dim=-1).tolist()))
    assert samplers()[name].keeps(probabilities, value) == set(left.nonzero().flatten().tolist())
