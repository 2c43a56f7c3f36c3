"""The lean decoding step against `forward`: the same bits, or it isn't used."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

from engine.batch.cache_pieces import new_cache
from engine.batch.row_cache import RowCache
from engine.decode.choosing import forward_step, lean_step
from engine.decode.lean_step import LeanStep
from engine.kernels.weight_format import convert

KINDS = [
    ("lfm2", torch.float32, "auto"), ("vl", torch.float32, "auto"),
    ("lfm2", torch.bfloat16, "auto"), ("vl", torch.bfloat16, "bfloat16"),
    ("lfm2", torch.bfloat16, "int8"), ("moe", torch.float32, "auto"),
    ("moe", torch.bfloat16, "auto"),
]  # fmt: skip


def network_of(folder: Any, kind: str, dtype: torch.dtype, weights: str = "auto") -> Any:
    auto: Any = AutoModelForImageTextToText if kind == "vl" else AutoModelForCausalLM
    network = auto.from_pretrained(folder(kind), dtype=dtype).eval()
    convert(network, weights, lambda step, share: None)
    return network


@torch.no_grad()
def read(network: Any, cache: RowCache, ids: list[int], rows: int = 1) -> None:
    """Append rows that have read a prompt."""
    one = new_cache(network)
    network(input_ids=torch.tensor([ids]), past_key_values=one, use_cache=True)
    cache.add(one, rows, len(ids))


@pytest.mark.parametrize(("kind", "dtype", "weights"), KINDS)
@torch.no_grad()
def test_rows_that_join_and_leave_get_the_bits_of_forward(folder, kind, dtype, weights):
    network = network_of(folder, kind, dtype, weights)
    lean = lean_step(network)
    assert lean is not None
    steps, caches = (
        (lean, forward_step(network, {})),
        (RowCache(network.device), RowCache(network.device)),
    )
    generator = torch.Generator().manual_seed(5)

    def compare(times: int) -> None:
        for _ in range(times):
            ids = torch.randint(2560, (len(caches[0].places.lengths),), generator=generator)
            logits: list[torch.Tensor] = []
            for step, cache in zip(steps, caches, strict=True):
                cache.make_room()
                logits.append(step(cache, ids))
                cache.advance()
            assert torch.equal(*logits)

    for cache in caches:
        read(network, cache, list(range(20, 31)))
    compare(2)
    for cache in caches:
        read(network, cache, list(range(40, 60)), rows=3)
    compare(3)
    for cache in caches:
        cache.keep([2, 0])
    compare(3)
    for cache in caches:
        read(network, cache, [90] * 130)
    compare(2)


@pytest.mark.parametrize("kind", ["llama", "lfm3"])
def test_other_architectures_keep_forward(folder, kind):
    assert lean_step(network_of(folder, kind, torch.float32)) is None


def test_a_step_with_other_bits_is_not_used(folder, monkeypatch):
    network = network_of(folder, "lfm2", torch.float32)
    right = LeanStep.__call__

    def nearly(self: LeanStep, cache: RowCache, chosen: torch.Tensor) -> torch.Tensor:
        return right(self, cache, chosen) * (1 + 1e-6)

    monkeypatch.setattr(LeanStep, "__call__", nearly)
    assert lean_step(network) is None


def test_a_step_that_fails_half_way_is_taken_again(engine_of, oracle_of, ask, run, pytestconfig):
    """The first layers have their new states by then; they are put back."""
    requests = [ask("Half", lane, seed=n, max_new_tokens=12) for n, lane in enumerate("AB")]
    wanted = [oracle_of("lfm2").ids(request) for request in requests]
    engine = engine_of("lfm2")
    decode = pytestconfig.getoption("--decode")
    assert engine.description.decoding == {"auto": "lean"}.get(decode, decode)
    failed: list[int] = []

    def fail(module: Any, inputs: Any) -> None:
        if len(inputs[0]) == 2 and not failed:
            failed.append(1)
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")

    last = engine.worker.checkpoint.model.model.layers[-1].feed_forward.w2
    hook = last.register_forward_pre_hook(fail)
    lanes = run(engine, *requests)
    hook.remove()
    assert failed
    assert lanes.ids("A") == wanted[0]
    assert "Memory is full" in lanes.reason("B")
