"""Answers that are held to a grammar, many at a time."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import llguidance.hf
import numpy as np
import torch
from llguidance import LLMatcher
from transformers import LogitsProcessor, LogitsProcessorList

from core.constraint_grammar import GrammarSource
from core.tools.call_grammar import MOST_CALLS, call_grammar
from core.tools.schemas import parse_tools
from engine.constraints.call_forms import call_form
from engine.constraints.grammars import grammar_of
from training.asking import Pocket
from training.data.made_up_tools import Tool


class Held(LogitsProcessor):
    """Holds each answer to a grammar of its own, as the playground's engine does."""

    def __init__(self, pocket: Pocket, grammars: Sequence[str], prompt_length: int) -> None:
        known = _vocabulary(pocket.tokenizer)
        self._matchers = [LLMatcher(known, grammar) for grammar in grammars]
        self._taken = prompt_length

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        for row, matcher in enumerate(self._matchers):
            fresh = input_ids[row, self._taken :].tolist()
            if fresh and not matcher.is_stopped():
                matcher.consume_tokens(fresh)
            scores[row].masked_fill_(~_allowed(matcher, scores.shape[-1]), -float("inf"))
        self._taken = input_ids.shape[1]
        return scores


def _allowed(matcher: LLMatcher, width: int) -> torch.Tensor:
    """llguidance has a compiled function for this, which takes half a minute at its first call."""
    bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
    return torch.from_numpy(np.unpackbits(bits, bitorder="little")[:width]).bool()


@cache
def _vocabulary(tokenizer: Any) -> Any:
    return llguidance.hf.from_tokenizer(tokenizer, eos_token=tokenizer.eos_token_id)


def held_answers(
    pocket: Pocket, prompts: list[str], grammars: list[str], longest: int = 80
) -> list[str]:
    """Greedy answers, each held to its grammar, with their markers."""
    texts = []
    for first in range(0, len(prompts), 64):
        inputs = pocket.tokenizer(
            prompts[first : first + 64],
            add_special_tokens=False, padding=True, padding_side="left", return_tensors="pt",
        )  # fmt: skip
        length = inputs["input_ids"].shape[1]
        held = Held(pocket, grammars[first : first + 64], length)
        with torch.inference_mode():
            rows = pocket.model.generate(
                **inputs, max_new_tokens=longest, do_sample=False,
                logits_processor=LogitsProcessorList([held]),
            )  # fmt: skip
        for row in rows[:, length:].tolist():
            text = pocket.tokenizer.decode(row, skip_special_tokens=False)
            texts.append(text.split(pocket.tokenizer.eos_token)[0])
    return texts


def calls_grammar(pocket: Pocket, listed: list[Tool], most_calls: int = MOST_CALLS) -> str:
    """What the engine holds an answer to where a call of these tools is required."""
    form = call_form(pocket.tokenizer, pocket.tokenizer.chat_template)
    if form is None:
        raise ValueError("The model's template has no calls.")
    calls = call_grammar(parse_tools(json.dumps(listed)), form, most_calls)
    return grammar_of(GrammarSource("lark", calls))
