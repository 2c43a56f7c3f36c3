"""Answers that begin with given tokens go on as `generate()` goes on after prompt and tokens."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import llguidance.hf
import pytest
import torch

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.runs.events import Failed, Token
from core.runs.run import Run, fold_all
from core.runs.verification import Verified
from core.vision import VisionBudget
from tests.amounts import every
from tests.engine.constraints.conftest import Held
from tests.engine.test_same_as_generate import TABLE

SMALL = VisionBudget(16, 32, False)


@pytest.fixture
def words(processor, ends):
    """Token ids of a text, without those that end a tiny model's answer."""
    encode = processor.tokenizer
    return lambda text: tuple(
        token for token in encode(text, add_special_tokens=False)["input_ids"] if token not in ends
    )


@pytest.mark.parametrize("settings", every(4, TABLE), ids=str)
def test_what_follows_given_tokens_is_what_generate_adds(
    settings, engine_of, oracle_of, ask, run, words
) -> None:
    given = words("There was a small dog, and")
    request = replace(ask(**{"seed": 4, **settings}), begins_with=given)
    lanes = run(engine_of("lfm2"), request)
    assert tuple(lanes.ids()[: len(given)]) == given
    assert lanes.ids()[len(given) :] == oracle_of("lfm2").ids(request)
    assert len(lanes.ids()) <= len(given) + request.params.max_new_tokens


@pytest.mark.parametrize("kind", every(2, ("moe", "lfm3", "vl", "llama")))
def test_lanes_that_begin_otherwise_share_a_batch_and_a_prompt(
    kind, engine_of, oracle_of, ask, run, words
) -> None:
    requests = [
        replace(ask(lane=str(n), seed=n, **TABLE[3 * n]), begins_with=words(text))
        for n, text in enumerate(("", "One", "One two", "Another beginning, which is longer"))
    ]
    for _ in range(2):  # the second time from the prompt cache
        lanes = run(engine_of(kind), *requests)
        for request in requests:
            new = lanes.ids(request.lane)[len(request.begins_with) :]
            assert new == oracle_of(kind).ids(request)


def test_an_image_and_a_prefill_come_before_the_given_tokens(
    engine_of, oracle_of, ask, run, picture, words
) -> None:
    red = message("user", "What is it?", [picture(96, 64, "red")])
    talk = Conversation((red, message("assistant", "It is")))
    request = replace(ask(talk, "A", SMALL, seed=3), begins_with=words(" a red"))
    lanes = run(engine_of("vl"), request)
    assert lanes.ids()[len(request.begins_with) :] == oracle_of("vl").ids(request)


def test_a_run_folds_the_given_tokens_into_its_text_and_counts_its_speed_without_them(
    engine_of, ask, run, words, processor
) -> None:
    given = words("<think>A thought")
    request = replace(ask(seed=1, max_new_tokens=8), begins_with=given)
    lanes = run(engine_of("lfm2"), request)
    done = fold_all(Run(request), lanes.of())
    assert done.text.startswith(processor.tokenizer.decode(given))
    assert done.token_ids[: len(given)] == given
    assert [token.given for token in done.tokens[: len(given) + 1]] == [True] * len(given) + [False]
    assert done.tokens[0].logprob is None
    assert done.given_count == len(given)
    assert done.time_to_first_token == done.tokens[len(given)].seconds
    steps = done.token_count - len(given) - 1
    assert done.decode_tokens_per_second == pytest.approx(steps / done.decode_seconds)
    begun = fold_all(Run(request), lanes.of()[: 1 + len(given)])
    assert begun.status == "prefill"
    assert begun.text


def test_a_stop_string_and_a_character_may_span_the_border(
    engine_of, oracle_of, ask, run, words
) -> None:
    smile = words("🙂")
    assert len(smile) > 1
    request = replace(ask(seed=2, max_new_tokens=3), begins_with=smile[:-1])
    lanes = run(engine_of("lfm2"), request)
    given = [event for event in lanes.of() if isinstance(event, Token) and event.given]
    assert "".join(token.text for token in given) == ""
    assert lanes.text()
    for seed in range(40):
        free = replace(ask(seed=seed, max_new_tokens=4), begins_with=words("one"))
        follows = run(engine_of("lfm2"), free).text()[3:5]
        if len(follows) == 2 and follows.isascii():
            break
    stop = f"e{follows[0]}"
    request = replace(free, params=replace(free.params, stop=(stop,)))
    lanes = run(engine_of("lfm2"), request)
    assert lanes.reason() == "stop_string"
    assert lanes.text() == "on"
    assert lanes.ids()[len(request.begins_with) :] == oracle_of("lfm2").ids(request)


def test_a_stop_string_inside_the_given_tokens_ends_nothing(
    engine_of, oracle_of, ask, run, words
) -> None:
    request = replace(ask(seed=5, stop=("stop",)), begins_with=words("stop it"))
    lanes = run(engine_of("lfm2"), request)
    assert lanes.ids()[len(request.begins_with) :] == oracle_of("lfm2").ids(request)
    assert lanes.text().startswith("stop it")


def test_a_constraint_follows_the_given_tokens_first(
    engine_of, oracle_of, ask, run, words, ends
) -> None:
    constraint = Constraint("regex", "[0-9]{4}-[0-9]{2}-[0-9]{2}")
    request = replace(
        ask(seed=6, max_new_tokens=20), constraint=constraint, begins_with=words("2026-")
    )
    lanes = run(engine_of("lfm2"), request)
    tokenizer: Any = llguidance.hf.from_tokenizer(
        oracle_of("lfm2").tokenizer, n_vocab=2560, eos_token=ends
    )
    held = Held(tokenizer, constraint, "", ends)
    assert held.matcher.consume_tokens(list(request.begins_with))
    wanted = oracle_of("lfm2").ids(replace(request, constraint=None), [held])
    assert lanes.ids()[len(request.begins_with) :] == wanted
    wrong = replace(request, begins_with=words("2026-x"))
    failed = run(engine_of("lfm2"), wrong).end()
    assert isinstance(failed, Failed)
    assert "contradicts the constraint at token" in failed.message
    assert "'x'" in failed.message


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((1, 2560), "Token id 2 is 2560; it must be a whole number from 0 to 2,559"),
        ((-1,), "Token id 1 is -1"),
        ((True,), "Token id 1 is True"),
        (("7",), "Token id 1 is '7'"),
        ((9, 30), "Token id 2 is 30"),
        ((9,) * 600, "There are 600 token ids, but the model's context holds 512"),
        ((9,) * 500, "the model's context holds 512"),
    ],
)
def test_ids_that_no_answer_can_begin_with_are_named(ids, words, engine_of, ask, run) -> None:
    end = run(engine_of("lfm2"), replace(ask(), begins_with=ids)).end()
    assert isinstance(end, Failed)
    assert words in end.message


@pytest.mark.parametrize("constraint", [None, Constraint("regex", "[0-9]{3}[a-z]{9}")])
def test_verify_begins_with_the_given_tokens_too(constraint, engine_of, ask, run, words) -> None:
    request = replace(
        ask(seed=3, max_new_tokens=6, temperature=1.3, repetition_penalty=1.2),
        begins_with=words("12"),
        constraint=constraint,
    )
    engine = engine_of("lfm2")
    ids = run(engine, request).ids()
    *_, verdict = engine.verify(request, ids)
    assert isinstance(verdict, Verified)
    assert (verdict.difference, verdict.lane, verdict.again) == (None, len(ids), len(ids))


def test_the_trace_of_a_lane_is_that_of_its_place(engine_of, oracle_of, ask, run) -> None:
    """Every token's figures are those of the model's own logits there."""
    request = ask(seed=3, max_new_tokens=8, top_k=12, temperature=0.8)
    with contextlib.closing(engine_of("lfm2").stream([request])) as events:
        tokens = [event for _, event in events if isinstance(event, Token)]
    begun = replace(request, begins_with=tuple(token.token_id for token in tokens))
    logits = oracle_of("lfm2").logits(begun)[-len(tokens) - 1 : -1]
    for token, own in zip(tokens, logits, strict=True):
        logprobs = own.log_softmax(-1)
        assert token.logprob == pytest.approx(float(logprobs[token.token_id]), abs=1e-4)
        assert token.trace.rank == int((own > own[token.token_id]).sum()) + 1
        entropy = float(-(logprobs.exp() * logprobs).sum())
        assert token.trace.entropy == pytest.approx(entropy, abs=1e-4)
        found = [one.token_id for one in token.candidates]
        assert token.token_id in found
        assert found[:20] == torch.topk(own, 20).indices.tolist()
        after = sum(one.probability for one in token.candidates if not one.removed_by)
        assert after == pytest.approx(1.0, abs=1e-5)  # top_k leaves 12
