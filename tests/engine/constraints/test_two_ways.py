"""What holds a lane and what holds `generate()` are two programs; they allow the same tokens."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
import torch

from core.constraint import Constraint
from core.constraint_grammar import answer_start
from core.conversation import Conversation, message
from core.prompt import RenderedPrompt
from engine.constraints.compiler import Compiler
from engine.constraints.logits_processor import AfterThought
from engine.prompt.prompting import Prompt
from tests.amounts import amount

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CONSTRAINTS = (
    Constraint("regex", "(<?[0-9]{3,9})+"),
    Constraint("json_schema", json.dumps(SCHEMA)),
    Constraint("json_schema", json.dumps(SCHEMA), after_thought=False),
    Constraint("choices", choices=("red", "green", "\n\nblue", "<think>grey")),
)
HEADS = ("assistant\n", "assistant\n<think>\n")
PREFILLS = ("", "<think>So", "<think>`</think>` and", "<think>So</think>", "<think>x</think>\n\n")


@pytest.fixture(scope="module")
def thinking(engine_of) -> Any:
    """The tiny model's tokenizer with a token for each tag, and a compiler for it."""
    checkpoint = engine_of("lfm2").worker.checkpoint
    tokenizer = type(checkpoint.tokenizer).from_pretrained(checkpoint.description.model)
    tokenizer.add_tokens(["<think>", "</think>", "`"], special_tokens=True)
    compiler = Compiler(
        tokenizer, checkpoint.ends, len(tokenizer), tokenizer.decode,
        checkpoint.description.capabilities, None,
    )  # fmt: skip
    return tokenizer, compiler, sorted(checkpoint.ends)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("prefill", PREFILLS)
def test_both_allow_the_same_tokens_all_along_an_answer(head, prefill, thinking, ask) -> None:
    tokenizer, compiler, ends = thinking
    usual = tokenizer('12{"a: }red</think>\n\n`x', add_special_tokens=False)["input_ids"]
    usual += tokenizer.convert_tokens_to_ids(["<think>", "</think>", "`"])
    thoughts = 0
    for constraint in CONSTRAINTS:
        if prefill and not constraint.after_thought:
            continue  # no schema begins with a tag
        for seed in range(amount(3, 20)):
            chance = random.Random(seed)
            turns = [message("user", "Go")] + ([message("assistant", prefill)] if prefill else [])
            request = replace(ask(Conversation(tuple(turns))), constraint=constraint)
            text = head + prefill
            row = compiler.row(request, Prompt(RenderedPrompt(text, (), 512), ()))
            start, known = answer_start(request, text, True), compiler.vocabulary().tokenizer
            matcher = compiler.matcher(request)
            assert row
            assert matcher
            matcher.consume_tokens(known.tokenize_str(start.written, parse_special=True))
            held = AfterThought(
                matcher, ends, known, tokenizer.decode, start.thought, start.awaited,
                start.may_think,
            )  # fmt: skip
            ids = [7]
            for _ in range(30):
                scores = torch.zeros(1, len(tokenizer))
                ours, theirs = row.allowed(), held(torch.tensor([ids]), scores)[0] == 0
                thoughts += ours is None
                assert torch.equal(torch.ones_like(theirs) if ours is None else ours, theirs)
                theirs[ends] = False
                likely = [token for token in usual if theirs[token]]
                pool = likely if likely and chance.random() < 0.8 else theirs.nonzero().flatten()
                if not len(pool):
                    break
                ids.append(int(chance.choice(list(pool))))
                row.take(ids[-1])
    assert bool(thoughts) != prefill.rstrip().endswith("</think>")
