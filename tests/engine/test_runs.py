"""Runs: their events, their ends, and that they leave nothing behind."""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from transformers import DynamicCache, Lfm2ForCausalLM

from core.conversation import Conversation, Image, message
from core.events import Failed, Finished, Started, Token
from core.run import Run, fold
from engine.local import LocalEngine


class Forwards:
    """Counts calls of LFM2's `forward`; `before` may raise, as a real kernel may."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.before: Any = lambda inputs: None

    def hook(self, module: torch.nn.Module, args: Any, inputs: dict[str, Any]) -> None:
        if isinstance(module, Lfm2ForCausalLM):
            self.threads.append(threading.get_ident())
            self.before(inputs)


@pytest.fixture
def forwards(engine_of) -> Iterator[Forwards]:
    counter = Forwards()
    engine_of("lfm2")
    models = [thing for thing in gc.get_objects() if type(thing) is Lfm2ForCausalLM]
    hooks = [m.register_forward_pre_hook(counter.hook, with_kwargs=True) for m in models]
    yield counter
    for hook in hooks:
        hook.remove()


def caches() -> int:
    gc.collect()
    return sum(type(thing) is DynamicCache for thing in gc.get_objects())


def test_a_lane_starts_gives_tokens_and_ends(engine_of, ask, run) -> None:
    lanes = run(engine_of("lfm2"), ask(max_new_tokens=5, temperature=1.5))
    kinds = [type(event) for event in lanes.of()]
    assert kinds == [Started, *[Token] * len(lanes.tokens()), Finished]
    seconds = [event.seconds for event in lanes.of()]
    assert seconds == sorted(seconds)
    assert lanes.start().model == engine_of("lfm2").description.name
    assert lanes.start().prompt == engine_of("lfm2").render(ask())


def test_the_events_fold_into_a_run(engine_of, ask, run) -> None:
    request = ask(max_new_tokens=6)
    lanes = run(engine_of("lfm2"), request)
    folded = Run(request)
    for event in lanes.of():
        folded = fold(folded, event)
    assert folded.status == "done"
    assert folded.token_ids == tuple(lanes.ids())


def test_the_text_is_what_the_tokenizer_makes_of_the_tokens(engine_of, oracle_of, ask, run) -> None:
    tokenizer = oracle_of("lfm2").tokenizer
    for seed in range(12):
        lanes = run(engine_of("lfm2"), ask(seed=seed, max_new_tokens=30, temperature=1.4))
        ids = lanes.ids()[:-1] if lanes.reason() == "end_of_sequence" else lanes.ids()
        assert lanes.text() == tokenizer.decode(ids)


def test_the_end_token_is_counted_and_not_shown(engine_of, ask, run, ends) -> None:
    runs = [run(engine_of("lfm2"), ask(seed=s, max_new_tokens=60)) for s in range(8)]
    ended = [lanes for lanes in runs if lanes.reason() == "end_of_sequence"]
    assert ended
    assert all(lanes.tokens()[-1].token_id in ends for lanes in ended)
    assert all(lanes.tokens()[-1].text == "" for lanes in ended)


def test_logprobs_are_the_models_own_before_any_sampler(engine_of, oracle_of, ask, run) -> None:
    request = ask(max_new_tokens=4, temperature=0.2, top_k=3, repetition_penalty=1.5)
    lanes = run(engine_of("lfm2"), request)
    prompt = list(lanes.start().prompt.token_ids)
    with torch.inference_mode():
        logits = oracle_of("lfm2").model(torch.tensor([prompt + lanes.ids()])).logits[0]
    logprobs = logits.log_softmax(dim=-1)
    for place, token in enumerate(lanes.tokens()):
        wanted = logprobs[len(prompt) + place - 1, token.token_id].item()
        assert token.logprob == pytest.approx(wanted, abs=1e-3)


def test_a_stop_string_is_not_shown(engine_of, ask, run) -> None:
    free = run(engine_of("lfm2"), ask(seed=3, max_new_tokens=20)).text()
    stop = free[6:8]
    assert stop
    lanes = run(engine_of("lfm2"), ask(seed=3, max_new_tokens=20, stop=(stop,)))
    assert lanes.reason() == "stop_string"
    assert lanes.text() == free[: free.index(stop)]


def test_one_prompt_is_prefilled_once_for_all_its_lanes(engine_of, ask, run, forwards) -> None:
    requests = [ask(lane=lane, seed=place, max_new_tokens=1) for place, lane in enumerate("ABCD")]
    run(engine_of("lfm2"), *requests)
    assert len(forwards.threads) == 1


def test_lanes_of_one_prompt_take_their_steps_together(engine_of, ask, run, forwards) -> None:
    """A lane that ends early leaves; the longest lane alone decides the number of steps."""
    requests = [
        ask(lane=str(n), seed=n, temperature=0.0, repetition_penalty=1.0, max_new_tokens=n)
        for n in (2, 5, 9)
    ]
    lanes = run(engine_of("lfm2"), *requests)
    assert len(forwards.threads) == max(len(lanes.ids(str(n))) for n in (2, 5, 9))


@pytest.mark.parametrize("after", [1, 3, 7])
def test_closing_ends_the_lanes_within_a_step_and_frees_the_cache(
    engine_of, ask, forwards, after
) -> None:
    before = caches()
    requests = [ask("One", "A", max_new_tokens=400), ask("Two", "B", max_new_tokens=400)]
    events = engine_of("lfm2").stream(requests)
    for _ in range(after):
        next(events)
    events.close()
    done = len(forwards.threads)
    assert done <= after
    assert caches() == before
    assert list(events) == []
    assert len(forwards.threads) == done


def test_a_finished_run_leaves_no_cache(engine_of, ask, run) -> None:
    before = caches()
    run(engine_of("lfm2"), ask())
    assert caches() == before


def test_two_threads_take_turns_step_by_step(engine_of, oracle_of, ask, run, forwards) -> None:
    results: dict[int, list[int]] = {}
    requests = [ask(f"Question {n}", seed=n, max_new_tokens=25, top_k=40) for n in range(2)]
    ready = threading.Barrier(2)

    def one(place: int) -> None:
        ready.wait()
        results[place] = run(engine_of("lfm2"), requests[place]).ids()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[n] for n in range(2)] == [oracle_of("lfm2").ids(r) for r in requests]
    both = min(len(ids) for ids in results.values())
    switches = sum(a != b for a, b in zip(forwards.threads, forwards.threads[1:], strict=False))
    assert switches >= both // 2


def test_a_run_that_waits_for_its_reader_does_not_hold_the_model(engine_of, ask, run) -> None:
    """The turn on the model is never held while an event is handed over."""
    with contextlib.closing(engine_of("lfm2").stream([ask(max_new_tokens=50)])) as waiting:
        next(waiting)
        next(waiting)
        assert run(engine_of("lfm2"), ask(max_new_tokens=3)).ids()


def test_reading_events_leaves_the_reader_able_to_train(engine_of, ask) -> None:
    """`inference_mode` is a state of the thread: it must not be on between two events."""
    with contextlib.closing(engine_of("lfm2").stream([ask()])) as events:
        for _ in events:
            assert not torch.is_inference_mode_enabled()


def test_a_prompt_longer_than_the_context_fails_with_the_numbers(engine_of, ask, run) -> None:
    lanes = run(engine_of("lfm2"), ask("word " * 400, "A"), ask("short", "B"))
    assert isinstance(lanes.end("A"), Failed)
    tokens = len(lanes.start("A").prompt.tokens)
    assert f"{tokens:,} tokens" in lanes.reason("A")
    assert "holds 512" in lanes.reason("A")
    assert lanes.ids("B")


def test_an_answer_ends_where_the_context_ends(engine_of, oracle_of, ask, run) -> None:
    for words in range(240, 260):
        request = ask("a " * words, max_new_tokens=400, seed=1, temperature=0.0, top_k=1)
        room = 512 - len(engine_of("lfm2").render(request).tokens)
        if 0 < room < 4:
            lanes = run(engine_of("lfm2"), request)
            full = len(lanes.ids()) == room
            assert lanes.reason() == ("context_length" if full else "end_of_sequence")
            break
    else:
        pytest.fail("no prompt came close to the context length")


def test_a_lane_that_can_not_be_built_fails_alone(engine_of, ask, run) -> None:
    lost = Conversation((message("user", "x", [Image("gone.png")]),))
    lanes = run(engine_of("vl"), ask(lost, "A"), ask("fine", "B"))
    assert [type(event) for event in lanes.of("A")] == [Failed]
    assert "not there any more" in lanes.reason("A")
    assert isinstance(lanes.end("B"), Finished)


def test_an_error_in_a_step_ends_the_lanes_of_its_prompt_only(
    engine_of, ask, run, forwards, caplog
) -> None:
    def fail(inputs: dict[str, Any]) -> None:
        ids = inputs["input_ids"]
        if ids.shape[0] == 2:  # lanes A and B, which share a prompt
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")

    forwards.before = fail
    requests = [ask("One", "A"), ask("One", "B", seed=2), ask("Two", "C")]
    lanes = run(engine_of("lfm2"), *requests)
    for lane in "AB":
        assert "memory is full" in lanes.reason(lane)
    assert isinstance(lanes.end("C"), Finished)
    forwards.before = lambda inputs: None
    assert run(engine_of("lfm2"), ask()).ids()


def test_an_unexpected_error_is_an_event_and_is_logged(
    engine_of, ask, run, forwards, caplog
) -> None:
    def fail(inputs: dict[str, Any]) -> None:
        raise ZeroDivisionError("a bug")

    forwards.before = fail
    with caplog.at_level(logging.ERROR):
        lanes = run(engine_of("lfm2"), ask())
    assert "ZeroDivisionError: a bug" in lanes.reason()
    assert "Traceback" in caplog.text


def test_without_a_model_every_lane_is_told(ask, run) -> None:
    lanes = run(LocalEngine(), ask(lane="A"), ask(lane="B"))
    assert "No model is loaded" in lanes.reason("A")
    assert "No model is loaded" in lanes.reason("B")
