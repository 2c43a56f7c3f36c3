"""`generate()` with a processor that asks llguidance itself, as the oracle of constrained lanes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import llguidance.hf
import pytest
import torch
from llguidance import LLMatcher
from transformers import LogitsProcessor

from core.constraint import Constraint
from core.workspace import Request

Ids = Callable[[str, Request], list[int]]


def grammar(constraint: Constraint) -> str:
    options: Any = {"whitespace_flexible": constraint.flexible_whitespace}
    if not constraint.flexible_whitespace:
        options |= {"item_separator": ", ?", "key_separator": ": ?"}
    match constraint.kind:
        case "json_schema":
            return LLMatcher.grammar_from_json_schema(constraint.text, overrides=options)
        case "json":
            schema = '{"type": ["object", "array"]}'
            return LLMatcher.grammar_from_json_schema(schema, overrides=options)
        case "choices":
            listed = " | ".join(json.dumps(one, ensure_ascii=False) for one in constraint.choices)
            return LLMatcher.grammar_from_lark(f"start: {listed}")
        case "regex":
            return LLMatcher.grammar_from_regex(constraint.text)
        case _:
            return LLMatcher.grammar_from_lark(constraint.text)


class Held(LogitsProcessor):
    """Written apart from the engine's: one token after the other, without threads."""

    def __init__(self, tokenizer: Any, constraint: Constraint, begun: str, ends: list[int]) -> None:
        self.tokenizer = tokenizer
        self.matcher = LLMatcher(tokenizer, grammar(constraint), log_level=0)
        assert self.matcher.consume_tokens(tokenizer.tokenize_str(begun))
        self.ends = ends
        self.taken: int | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self.taken is not None:
            assert self.matcher.consume_token(int(input_ids[0, -1]))
        self.taken = input_ids.shape[1]
        bias = torch.frombuffer(bytearray(self.matcher.compute_logit_bias()), dtype=torch.uint8)
        allowed = bias[: scores.shape[-1]] > 0
        if not self.matcher.is_accepting():
            allowed[self.ends] = False
        return torch.where(allowed, scores, torch.tensor(-float("inf")))


@pytest.fixture(scope="session")
def constrained_ids(oracle_of, ends) -> Ids:
    tokenizers: dict[str, Any] = {}

    def ids(kind: str, request: Request) -> list[int]:
        oracle = oracle_of(kind)
        if request.constraint is None:
            return oracle.ids(request)
        if kind not in tokenizers:
            width = oracle.model.config.get_text_config().vocab_size
            tokenizers[kind] = llguidance.hf.from_tokenizer(
                oracle.tokenizer, n_vocab=width, eos_token=ends
            )
        prefill = request.conversation.prefill
        begun = prefill.text if prefill else ""
        held = Held(tokenizers[kind], request.constraint, begun, ends)
        return oracle.ids(replace(request, constraint=None), [held])

    return ids
