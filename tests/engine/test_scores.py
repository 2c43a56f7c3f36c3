"""Scores against one plain forward over the whole sequence, in float32."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
import torch

from core.conversation import Conversation, message
from core.runs.events import Failed, Finished
from core.runs.scores import Scored, Scoring
from core.vision import VisionBudget
from engine.batch import prefill, scores
from engine.batch.limits import Limits
from engine.local import LocalEngine
from tests.amounts import every

TEXT = "A fox met a goose, and both went home."
LONG = "word after word, " * 40
SMALL = VisionBudget(16, 32, False)
NEAR = 1e-4


def scored(engine, request, text, whole=True) -> Scored:
    *_, last = engine.score(request, text, whole)
    assert isinstance(last, Scored), last
    return last


def compare(found: Scored, logits: torch.Tensor, first: int) -> float:
    """The largest difference from the oracle's logits, over the tokens from `first` on."""
    largest = 0.0
    for place in range(max(first, 1), len(found.tokens)):
        token, own = found.tokens[place], logits[place - 1]
        if token.logprob is None:
            continue
        logprobs = own.log_softmax(-1)
        entropy = float(-(logprobs.exp() * logprobs).sum())
        assert token.rank == int((own > own[token.token_id]).sum()) + 1
        differences = (token.logprob - float(logprobs[token.token_id]), token.entropy - entropy)
        largest = max(largest, *map(abs, differences))
    return largest


@pytest.fixture
def small_pieces(monkeypatch):
    """Logits of so few tokens at a time that each text here takes several pieces."""
    monkeypatch.setattr(scores, "BYTES", 2 * 4 * 2560 * 7)


@pytest.mark.parametrize("kind", every(2, ("lfm2", "moe", "lfm3", "mistral", "llama", "qwen")))
@pytest.mark.parametrize("whole", [True, False])
def test_scores_are_those_of_a_plain_forward(
    kind, whole, engine_of, oracle_of, ask, small_pieces
) -> None:
    request = ask("Tell me " + LONG[:300])
    found = scored(engine_of(kind), request, TEXT, whole)
    given = replace(request, begins_with=tuple(t.token_id for t in found.continuation))
    logits = oracle_of(kind).logits(given)
    assert len(found.tokens) == len(logits)
    assert compare(found, logits, 0) <= NEAR
    assert [token.logprob is None for token in found.continuation] == [False] * len(
        given.begins_with
    )
    assert [token.logprob is None for token in found.prompt] == [
        not whole or place == 0 for place in range(found.prompt_tokens)
    ]
    assert "".join(token.text for token in found.continuation) == TEXT


@pytest.mark.parametrize("split", [True, False])
def test_images_are_read_and_their_own_tokens_have_no_score(
    split, engine_of, oracle_of, ask, picture, small_pieces
) -> None:
    tall = message("user", "What is it?", [picture(96, 300, "red")])
    request = ask(Conversation((tall,)), "A", VisionBudget(16, 40) if split else SMALL)
    found = scored(engine_of("vl"), request, TEXT)
    given = replace(request, begins_with=tuple(t.token_id for t in found.continuation))
    assert compare(found, oracle_of("vl").logits(given), 0) <= NEAR
    rendered = engine_of("vl").render(request)
    assert any(token.image for token in rendered.tokens)
    for place, token in enumerate(rendered.tokens):
        assert (found.tokens[place].logprob is None) == (token.image or place == 0)


def test_a_known_prompt_is_not_read_again(engine_of, oracle_of, ask, run) -> None:
    engine, request = engine_of("lfm2"), ask("Known before " + LONG[:200], seed=1)
    prompt = len(engine.render(request).tokens)
    run(engine, request)
    again = scored(engine, request, TEXT, whole=False)
    assert again.cached_tokens == prompt
    whole = scored(engine, request, TEXT)
    assert whole.cached_tokens == 0
    for one, other in zip(again.continuation, whole.continuation, strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=NEAR)
    lanes = run(engine, request)
    assert lanes.start().cached_tokens == prompt
    assert lanes.ids() == oracle_of("lfm2").ids(request)


def test_ids_and_ends_and_what_the_request_begins_with_are_scored(
    engine_of, oracle_of, ask
) -> None:
    request = replace(ask(), begins_with=(40 + 1, 90 + 1))
    found = scored(engine_of("lfm2"), request, (100, 7))
    given = replace(request, begins_with=(*request.begins_with, 100, 7))
    assert compare(found, oracle_of("lfm2").logits(given), 0) <= NEAR
    assert [token.token_id for token in found.continuation] == [100, 7]
    prompt_only = scored(engine_of("lfm2"), request, "")
    assert prompt_only.continuation == ()
    assert prompt_only.prompt[-1].logprob == pytest.approx(found.prompt[-1].logprob, abs=NEAR)


def test_a_typed_end_of_turn_is_ordinary_text(engine_of, ask) -> None:
    found = scored(engine_of("lfm2"), ask(), "over <|im_end|> and out")
    assert 7 not in [token.token_id for token in found.continuation]
    assert "".join(token.text for token in found.continuation) == "over <|im_end|> and out"


@pytest.mark.parametrize(
    ("text", "whole", "words"),
    [
        ("", False, "The text to score is empty"),
        (LONG * 3, True, "the model's context holds 512"),
        ("x" * 20_000, True, "The text has 20,000 characters; at most 16,384 are read"),
        ("half \ud83d", True, "half of a character"),
        ((5, 2560), True, "Token id 2 is 2560"),
        ((5, "x"), True, "Token id 2 is 'x'"),
    ],
)
def test_what_cannot_be_scored_is_said(text, whole, words, engine_of, ask) -> None:
    *_, last = engine_of("lfm2").score(ask(), text, whole)
    assert isinstance(last, Failed)
    assert words in last.message


def test_scoring_waits_its_turn_tells_how_far_it_is_and_can_be_closed(
    folder, ask, run, settled, monkeypatch
) -> None:
    monkeypatch.setattr(prefill, "ALONE", 16)
    engine = LocalEngine(str(folder("lfm2")), "cpu", "float32", Limits(rows=1))
    with contextlib.closing(engine.stream([ask("Go", max_new_tokens=300, seed=2)])) as lane:
        next(lane)
        answer = engine.score(ask("Score " + LONG[:200]), TEXT, visitor="b")
        answer.start()
        events, ended = answer.drain()
        assert not ended
        answer.close()
        assert answer.drain() == ([], True)
    far = [e for e in engine.score(ask("Score " + LONG[:200]), TEXT) if isinstance(e, Scoring)]
    assert [event.done for event in far] == sorted({event.done for event in far})
    assert 0 < far[0].done < far[-1].expected
    assert isinstance(run(engine, ask("Still here")).end(), Finished)
    assert settled(engine) == 0


def test_lanes_that_run_while_text_is_scored_stay_what_they_are(
    engine_of, oracle_of, ask, small_pieces
) -> None:
    engine, request = engine_of("lfm2"), ask("Together", seed=8, max_new_tokens=30)
    with contextlib.closing(engine.stream([request])) as lane:
        first = [next(lane) for _ in range(3)]
        found = scored(engine, request, LONG[:200])
        events = [*first, *lane]
    ids = [event.token_id for _, event in events if hasattr(event, "token_id")]
    assert ids == oracle_of("lfm2").ids(request)
    given = replace(request, begins_with=tuple(t.token_id for t in found.continuation))
    assert compare(found, oracle_of("lfm2").logits(given), 0) <= NEAR
