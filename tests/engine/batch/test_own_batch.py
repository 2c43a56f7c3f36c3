"""Models whose caches can't be merged answer in batches of their own, and as exactly."""

from __future__ import annotations

import threading

import pytest

from core.runs.events import Finished
from engine.batch.cache_pieces import can_be_split

MERGED = ["lfm2", "moe", "vl", "llama", "qwen"]
OWN = ["lfm3", "mistral"]


@pytest.mark.parametrize("kind", MERGED + OWN)
def test_what_the_cache_is_made_of_decides(kind, engine_of) -> None:
    assert can_be_split(engine_of(kind).worker.checkpoint.model) == (kind in MERGED)


@pytest.mark.parametrize("kind", OWN)
def test_lanes_of_two_prompts_give_what_each_gives_alone(
    kind, engine_of, oracle_of, ask, run
) -> None:
    """Prompts and answers are longer than the sliding window of 16 tokens."""
    long = "Tell me about the sea and the ships on it, one after the other. " * 3
    requests = [
        ask(long, "A", seed=1, max_new_tokens=30),
        ask(long, "B", seed=2, max_new_tokens=12, temperature=0.5),
        ask("Short", "C", seed=3, max_new_tokens=24, repetition_penalty=1.1),
    ]
    lanes = run(engine_of(kind), *requests)
    for request in requests:
        assert lanes.ids(request.lane) == oracle_of(kind).ids(request)
        assert lanes.start(request.lane).cached_tokens == 0


@pytest.mark.parametrize("kind", OWN)
def test_runs_that_come_while_others_decode_change_nothing(
    kind, engine_of, oracle_of, ask, run
) -> None:
    requests = [ask(f"Question {n}", seed=n, max_new_tokens=20) for n in range(4)]
    wanted = [oracle_of(kind).ids(request) for request in requests]
    answers: dict[int, list[int]] = {}

    def one(number: int) -> None:
        answers[number] = run(engine_of(kind), requests[number]).ids()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[number] for number in range(4)] == wanted


def test_a_step_that_raises_ends_the_lanes_of_its_own_batch_only(
    engine_of, ask, run, settled
) -> None:
    engine = engine_of("mistral")

    def fail(module, args, inputs) -> None:
        if inputs["input_ids"].shape == (2, 1):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")

    model = engine.worker.checkpoint.model
    hook = model.register_forward_pre_hook(fail, with_kwargs=True)
    requests = [ask("One", "A"), ask("One", "B", seed=2), ask("Two", "C")]
    lanes = run(engine, *requests)
    hook.remove()
    assert "Memory is full" in lanes.reason("A")
    assert "Memory is full" in lanes.reason("B")
    assert isinstance(lanes.end("C"), Finished)
    assert settled(engine) == 0
