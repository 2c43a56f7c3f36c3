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
from transformers import Lfm2ForCausalLM

from core.conversation import Conversation, Image, message
from core.runs.events import Failed, Finished, Started, Token
from core.runs.run import Run, fold
from engine.batch.row_cache import RowCache
from engine.decode.lean_step import LeanStep
from engine.local import LocalEngine


class Forwards:
    """Counts calls of LFM2's `forward`; `before` may raise, as a real kernel may."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.before: Any = lambda inputs: None

    def hook(self, module: torch.nn.Module, args: Any, inputs: dict[str, Any]) -> None:
        if isinstance(module, Lfm2ForCausalLM):
            self.note(inputs)

    def note(self, inputs: dict[str, Any]) -> None:
        self.threads.append(threading.get_ident())
        self.before(inputs)


@pytest.fixture
def forwards(engine_of, monkeypatch) -> Iterator[Forwards]:
    """What is called before each `forward` and each lean step, with its inputs."""
    counter, lean = Forwards(), LeanStep.__call__

    def step(self: LeanStep, cache: RowCache, chosen: torch.Tensor) -> torch.Tensor:
        counter.note({"input_ids": chosen[:, None], **cache.inputs()})
        return lean(self, cache, chosen)

    monkeypatch.setattr(LeanStep, "__call__", step)
    engine_of("lfm2")
    models = [thing for thing in gc.get_objects() if type(thing) is Lfm2ForCausalLM]
    hooks = [m.register_forward_pre_hook(counter.hook, with_kwargs=True) for m in models]
    yield counter
    for hook in hooks:
        hook.remove()


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
    requests = [
        ask("Never asked before", lane, seed=place, max_new_tokens=1)
        for place, lane in enumerate("ABCD")
    ]
    run(engine_of("lfm2"), *requests)
    assert len(forwards.threads) == 1


def test_a_prompt_that_was_asked_before_is_not_read_again(engine_of, ask, run, forwards) -> None:
    request = ask("Asked twice", temperature=0.0, max_new_tokens=4)
    first = run(engine_of("lfm2"), request)
    steps = len(forwards.threads)
    again = run(engine_of("lfm2"), request)
    assert first.start().cached_tokens == 0
    assert again.start().cached_tokens == len(again.start().prompt.tokens)
    assert again.ids() == first.ids()
    assert len(forwards.threads) - steps == steps - 1


def test_lanes_of_one_prompt_take_their_steps_together(engine_of, ask, run, forwards) -> None:
    """A lane that ends early leaves; the longest lane alone decides the number of steps."""
    requests = [
        ask("Together", str(n), seed=n, temperature=0.0, repetition_penalty=1.0, max_new_tokens=n)
        for n in (2, 5, 9)
    ]
    lanes = run(engine_of("lfm2"), *requests)
    assert len(forwards.threads) == max(len(lanes.ids(str(n))) for n in (2, 5, 9))


@pytest.mark.parametrize("after", [1, 3, 7])
def test_closing_ends_the_lanes_within_a_step_and_frees_the_cache(
    engine_of, ask, forwards, after, settled
) -> None:
    gate, reached = threading.Event(), threading.Event()

    def wait(inputs: dict[str, Any]) -> None:
        if len(forwards.threads) == after + 2:
            reached.set()
            gate.wait(10)

    forwards.before = wait
    words = [f"One {after}", f"Two {after}"]
    requests = [ask(text, lane, max_new_tokens=400) for text, lane in zip(words, "AB", strict=True)]
    events = engine_of("lfm2").stream(requests)
    next(events)
    assert reached.wait(10)
    events.close()
    gate.set()
    assert list(events) == []
    assert settled(engine_of("lfm2")) == 0
    assert len(forwards.threads) == after + 2


def test_closing_ends_the_wait_of_another_thread(engine_of, ask, forwards, settled) -> None:
    """A reader of a lane that waits or is prefilled gets no event that could wake it."""
    gate, reached = threading.Event(), threading.Event()

    def held(inputs: Any) -> None:
        reached.set()
        gate.wait(10)

    forwards.before = held
    events = engine_of("lfm2").stream([ask("Wait for me", max_new_tokens=300)])
    reader = threading.Thread(target=lambda: list(events))
    reader.start()
    assert reached.wait(10)
    events.close()
    reader.join(5)
    assert not reader.is_alive()
    gate.set()
    assert settled(engine_of("lfm2")) == 0


def test_a_finished_run_leaves_no_live_cache(engine_of, ask, run, settled) -> None:
    run(engine_of("lfm2"), ask())
    assert settled(engine_of("lfm2")) == 0


def test_a_run_that_nobody_reads_on_ends(engine_of, ask, settled) -> None:
    next(engine_of("lfm2").stream([ask("Forgotten", max_new_tokens=400)]))
    gc.collect()
    assert settled(engine_of("lfm2")) == 0


def test_runs_of_several_visitors_take_their_steps_together(
    engine_of, oracle_of, ask, run, forwards
) -> None:
    requests = [ask(f"Visitor {n}", seed=n, max_new_tokens=40, top_k=40) for n in range(4)]
    wanted = [oracle_of("lfm2").ids(request) for request in requests]
    forwards.threads.clear()
    all_there = threading.Event()
    forwards.before = lambda inputs: all_there.wait(10)
    streams = [engine_of("lfm2").stream([request]) for request in requests]
    for stream in streams:
        stream.start()
    all_there.set()
    answers = [[e.token_id for _, e in stream if isinstance(e, Token)] for stream in streams]
    assert answers == wanted
    assert len(set(forwards.threads)) == 1
    assert len(forwards.threads) < sum(map(len, wanted))


def test_a_reader_that_waits_does_not_hold_the_others_up(engine_of, ask, run) -> None:
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
    tokens = len(engine_of("lfm2").render(ask("word " * 400)).tokens)
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
    assert "no longer exists" in lanes.reason("A")
    assert isinstance(lanes.end("B"), Finished)


def test_a_full_memory_in_a_step_ends_the_newest_lane_only(
    engine_of, oracle_of, ask, run, forwards, settled
) -> None:
    """The step is taken again without it, and the others' tokens stay right."""

    def fail(inputs: dict[str, Any]) -> None:
        if inputs["input_ids"].shape == (3, 1) and len(forwards.threads) > 5:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")

    settings = {"max_new_tokens": 20, "temperature": 0.6}
    requests = [ask("Room", lane, seed=n, **settings) for n, lane in enumerate("ABC", start=3)]
    wanted = [oracle_of("lfm2").ids(request) for request in requests]
    assert min(map(len, wanted)) > 6
    forwards.threads.clear()
    forwards.before = fail
    lanes = run(engine_of("lfm2"), *requests)
    assert [lanes.ids(lane) for lane in "AB"] == wanted[:2]
    assert "Memory is full" in lanes.reason("C")
    assert len(lanes.ids("C")) >= 3
    assert settled(engine_of("lfm2")) == 0


def test_a_row_that_makes_a_step_raise_fails_alone(
    engine_of, oracle_of, ask, run, forwards, caplog
) -> None:
    """Whichever row it is: here an older one, whose fifth token a kernel can't bear."""
    requests = [ask(f"Row {n}", str(n), seed=n, max_new_tokens=12) for n in range(4)]
    wanted = [oracle_of("lfm2").ids(request) for request in requests]
    poison = wanted[1][4]
    assert all(poison not in ids for place, ids in enumerate(wanted) if place != 1)

    def fail(inputs: dict[str, Any]) -> None:
        if inputs["input_ids"].shape[1] == 1 and bool((inputs["input_ids"] == poison).any()):
            raise ArithmeticError("a kernel's bug")

    forwards.before = fail
    lanes = run(engine_of("lfm2"), *requests)
    assert "ArithmeticError" in lanes.reason("1")
    assert lanes.ids("1") == wanted[1][:5]
    assert [lanes.ids(str(n)) for n in (0, 2, 3)] == [wanted[n] for n in (0, 2, 3)]


def test_a_row_whose_logits_are_not_numbers_fails_alone(engine_of, ask, run) -> None:
    engine = engine_of("lfm2")

    def spoil(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
        if output.shape[0] == 2:
            output[1] = float("nan")
        return output

    hook = engine.worker.checkpoint.model.lm_head.register_forward_hook(spoil)
    lanes = run(engine, ask("Fine", "A"), ask("Fine", "B", seed=9))
    hook.remove()
    assert isinstance(lanes.end("A"), Finished)
    assert "not finite" in lanes.reason("B")


def test_a_prefill_that_raises_ends_the_lanes_of_its_prompt_only(
    engine_of, ask, run, forwards
) -> None:
    long = len(engine_of("lfm2").render(ask("One is long")).tokens)

    def fail(inputs: dict[str, Any]) -> None:
        if inputs["input_ids"].shape[1] == long:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")

    forwards.before = fail
    requests = [ask("One is long", "A"), ask("One is long", "B", seed=2), ask("Two", "C")]
    lanes = run(engine_of("lfm2"), *requests)
    for lane in "AB":
        assert "Memory is full" in lanes.reason(lane)
    assert isinstance(lanes.end("C"), Finished)
    forwards.before = lambda inputs: None
    assert run(engine_of("lfm2"), ask("One is long")).ids()


def test_an_unexpected_error_is_an_event_and_is_logged(
    engine_of, ask, run, forwards, caplog
) -> None:
    def fail(inputs: dict[str, Any]) -> None:
        raise ZeroDivisionError("a bug")

    forwards.before = fail
    with caplog.at_level(logging.ERROR):
        lanes = run(engine_of("lfm2"), ask("A bug"))
    assert "ZeroDivisionError: a bug" in lanes.reason()
    assert "Traceback" in caplog.text


def test_without_a_model_every_lane_is_told(ask, run) -> None:
    lanes = run(LocalEngine(), ask(lane="A"), ask(lane="B"))
    assert "No model is loaded" in lanes.reason("A")
    assert "No model is loaded" in lanes.reason("B")
