"""The microscope's chain of samplers, against the logits processors of Transformers themselves."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from core.sampling import in_order
from tests.amounts import amount
from tests.js.node import node

VOCABULARY = 1024
FIELDS = (
    ("repetition_penalty", (1.0, 1.05, 1.3, 0.8), 1.0),
    ("temperature", (1.0, 0.3, 0.7, 1.5), 1.0),
    ("top_k", (0, 1, 5, 50, 5000), 0),
    ("top_p", (1.0, 0.1, 0.9, 0.97), 1.0),
    ("min_p", (0.0, 0.05, 0.1, 1.0), 0.0),
    ("typical_p", (1.0, 0.5, 0.9), 1.0),
)
PROCESSORS: dict[str, Any] = {
    "repetition_penalty": RepetitionPenaltyLogitsProcessor, "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper, "top_p": TopPLogitsWarper, "min_p": MinPLogitsWarper,
    "typical_p": TypicalLogitsWarper,
}  # fmt: skip


class Allowed:
    """Stands for a constraint, where `generate()` puts a caller's own processors."""

    def __init__(self, allowed: list[int]) -> None:
        self._forbidden = torch.tensor(allowed) == 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores.masked_fill(self._forbidden, -float("inf"))


def case(number: int) -> dict[str, Any]:
    chance = random.Random(number)
    generator = torch.Generator().manual_seed(number)
    logits = torch.randn(VOCABULARY, generator=generator) * chance.choice((1.0, 3.0, 6.0))
    seen = chance.sample(range(VOCABULARY), 40)
    allowed = [int(chance.random() < 0.7) for _ in range(VOCABULARY)]
    return {
        "logits": logits.tolist(),
        "seen": seen,
        "allowed": allowed if number % 4 == 3 else None,
        "params": {name: chance.choice(values) for name, values, _ in FIELDS},
        "names": list(in_order()),
    }


def applied(one: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """The scores after each step, by Transformers."""
    ids: Any = torch.tensor([one["seen"]])
    scores: Any = torch.tensor([one["logits"]])
    off = {name: value for name, _, value in FIELDS}
    yield "model", scores[0]
    waiting = one["allowed"]
    for name in one["names"]:
        if waiting and name != "repetition_penalty":
            scores, waiting = Allowed(waiting)(ids, scores), None
            yield "constraint", scores[0]
        value = one["params"][name]
        if value != off[name]:
            scores = LogitsProcessorList([PROCESSORS[name](value)])(ids, scores)
        yield name, scores[0]


@pytest.mark.parametrize("part", range(amount(1, 10)))
def test_each_step_leaves_what_transformers_leaves(tmp_path: Path, part: int):
    cases = [case(number) for number in range(12 * part, 12 * part + 12)]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases), encoding="utf-8")
    finished = node("tests/js/sampler_chain_run.js", str(file))
    assert finished.returncode == 0, finished.stdout
    for one, steps in zip(cases, json.loads(finished.stdout), strict=True):
        before = torch.ones(VOCABULARY)
        for step, (name, scores) in zip(steps, applied(one), strict=True):
            assert step["name"] == name
            is_left = scores > -torch.inf
            assert set(step["ids"]) == set(is_left.nonzero().flatten().tolist()), one["params"]
            probabilities = scores.softmax(-1)
            found = torch.zeros(VOCABULARY)
            found[step["ids"]] = torch.tensor(step["probabilities"], dtype=torch.float32)
            torch.testing.assert_close(found, probabilities, atol=2e-6, rtol=1e-4)
            assert sum(step["probabilities"]) == pytest.approx(1)
            if name not in ("model", "repetition_penalty", "temperature"):
                gone = float(before[~is_left].sum())
                assert step["removed"] == pytest.approx(gone, abs=1e-5)
            before = probabilities


def test_with_temperature_0_the_likeliest_stays_and_the_rest_is_idle(tmp_path: Path):
    one = case(0)
    one["params"] = {**one["params"], "repetition_penalty": 1.3, "temperature": 0}
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([one]), encoding="utf-8")
    [steps] = json.loads(node("tests/js/sampler_chain_run.js", str(file)).stdout)
    ids: Any = torch.tensor([one["seen"]])
    scores: Any = torch.tensor([one["logits"]])
    best = int(RepetitionPenaltyLogitsProcessor(1.3)(ids, scores).argmax())
    assert [step["ids"] for step in steps[-5:]] == [[best]] * 5
