"""A constraint begins after the thought, where there is one; and an answer that was cut says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.prompt import RenderedPrompt
from core.runs.events import Finished
from engine.constraints.compiler import Compiler
from engine.prompt.prompting import Prompt

DIGITS = Constraint("regex", "[0-9]{2}")


@pytest.fixture
def follow(engine_of, ask) -> Any:
    """A row's constraint after a prompt that ends with `head`, and the ids of texts."""
    checkpoint = engine_of("lfm2").worker.checkpoint
    tokenizer = checkpoint.tokenizer

    def ids(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def make(head: str, constraint: Constraint = DIGITS, prefill: str = "") -> Any:
        turns = [message("user", "Go")] + ([message("assistant", prefill)] if prefill else [])
        request = replace(ask(Conversation(tuple(turns))), constraint=constraint)
        rendered = RenderedPrompt(head + prefill, (), 512)
        row = checkpoint.constraints.row(request, Prompt(rendered, ()))

        def take(text: str) -> None:
            for token_id in ids(text):
                row.take(token_id)

        return row, take

    make.ids = ids  # type: ignore[attr-defined]
    make.decode = lambda mask: {  # type: ignore[attr-defined]
        tokenizer.decode([i]) for i in torch.nonzero(mask).flatten().tolist()
    }
    return make


def test_a_thought_that_the_prompt_opens_is_free(follow) -> None:
    row, take = follow("assistant\n<think>\n")
    assert row.allowed() is None
    take("Well, 12 or so")
    assert row.allowed() is None
    assert not row.complete
    take("</think>")
    assert follow.decode(row.allowed()) == {*"0123456789", "\n"}
    take("\n\n")
    assert follow.decode(row.allowed()) == {*"0123456789"}
    take("42")
    assert row.complete


def test_the_option_lets_the_constraint_begin_with_the_first_token(follow) -> None:
    row, _ = follow("assistant\n<think>\n", replace(DIGITS, after_thought=False))
    assert follow.decode(row.allowed()) == {*"0123456789"}


def test_a_thought_may_be_open_or_closed_in_the_prefill(follow) -> None:
    row, take = follow("assistant\n", prefill="<think>So")
    assert row.allowed() is None
    take("!</think>4")
    assert follow.decode(row.allowed()) == {*"0123456789"}
    row, _ = follow("assistant\n", prefill="<think>So</think>\n\n4")
    assert follow.decode(row.allowed()) == {*"0123456789"}
    assert not row.complete


def test_a_closed_thought_in_the_prompt_is_none(follow) -> None:
    row, _ = follow("assistant\n<think>\n\n</think>\n\n")
    assert follow.decode(row.allowed()) == {*"0123456789"}


def test_a_model_may_begin_a_thought_with_the_token_that_opens_one(engine_of, ask) -> None:
    """The shipped tokenizer has no such token, so it gets one."""
    checkpoint = engine_of("lfm2").worker.checkpoint
    tokenizer = type(checkpoint.tokenizer).from_pretrained(checkpoint.description.model)
    tokenizer.add_tokens(["<think>", "</think>"], special_tokens=True)
    opening, closing = tokenizer.convert_tokens_to_ids(["<think>", "</think>"])
    compiler = Compiler(
        tokenizer, checkpoint.ends, len(tokenizer), tokenizer.decode,
        checkpoint.description.capabilities, None,
    )  # fmt: skip
    request = replace(ask(), constraint=DIGITS)
    row = compiler.row(request, Prompt(RenderedPrompt("assistant\n", (), 512), ()))
    assert row
    allowed = row.allowed()
    assert allowed is not None
    assert allowed[opening]
    row.take(opening)
    assert row.allowed() is None
    row.take(closing)
    assert row.allowed() is not None
    row = compiler.row(request, Prompt(RenderedPrompt("assistant\n", (), 512), ()))
    assert row
    digit = tokenizer.convert_tokens_to_ids("4")
    row.take(digit)
    allowed = row.allowed()
    assert allowed is not None
    assert not allowed[opening]


@pytest.mark.parametrize(("tokens", "incomplete"), [(1, True), (2, False), (9, False)])
def test_an_answer_that_was_cut_says_whether_it_is_whole(
    tokens, incomplete, engine_of, ask, run
) -> None:
    request = replace(ask(seed=1, max_new_tokens=tokens), constraint=DIGITS)
    end = run(engine_of("lfm2"), request).end()
    reason = "max_new_tokens" if tokens < 3 else "end_of_sequence"
    assert end == Finished(reason, "", end.seconds, incomplete)
