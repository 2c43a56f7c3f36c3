"""An answer held to a grammar by `generate()`: what Verify and the exported script run.

Written apart from `RowConstraint`, which the lanes use, so that each is checked by the other. The
script has a copy of the two classes (`core/scripts/transformers_constraint.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from transformers import LogitsProcessor

from core.tools.thinking import OPENINGS

CLOSINGS = OPENINGS  # tags by those that open


class Constrained(LogitsProcessor):
    """Leaves the tokens that the grammar allows, and an end only where the answer is whole."""

    def __init__(self, matcher: LLMatcher, ends: list[int]) -> None:
        self.matcher, self.ends, self.length = matcher, ends, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        ids = input_ids[0].tolist()
        for token in ids[self.length or len(ids) :]:
            self.take(token)
        self.length = len(ids)
        allowed = self.allowed(scores.shape[-1]).to(scores.device)
        return scores.masked_fill(~allowed, -float("inf"))

    def take(self, token: int) -> None:
        assert self.matcher.consume_token(token), self.matcher.get_error()

    def allowed(self, width: int) -> torch.Tensor:
        bits = np.frombuffer(self.matcher.compute_bitmask(), dtype=np.uint8)
        allowed = torch.from_numpy(np.unpackbits(bits, bitorder="little")[:width]).bool()
        if not self.matcher.is_accepting():
            allowed[self.ends] = False
        return allowed


class AfterThought(Constrained):
    """Leaves a thought free, which `thought` begins or the model may begin; then two blanks."""

    def __init__(
        self, matcher: LLMatcher, ends: list[int], vocabulary: LLTokenizer,
        decode: Callable[[list[int]], str],
        thought: str = "", awaited: bool = False, may_think: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(matcher, ends)
        self.vocabulary, self.decode, self.thought = vocabulary, decode, thought
        self.blanks, self.extra = 0, self.single(CLOSINGS) if may_think else []
        if awaited:
            self.wait()

    def single(self, texts: Iterable[str]) -> list[int]:
        found = [self.vocabulary.tokenize_str(text, parse_special=True) for text in texts]
        return [ids[0] for ids in found if len(ids) == 1]

    def wait(self) -> None:
        self.blanks, self.extra = 2, self.single(["\n", "\n\n"])

    def take(self, token: int) -> None:
        extra, self.extra = self.extra, []
        free = token in extra and not self.matcher.validate_tokens([token])
        if self.thought or (free and not self.blanks):
            self.think(token)
        elif free:
            self.blanks -= 1
            self.extra = extra if self.blanks else []
        else:
            super().take(token)

    def think(self, token: int) -> None:
        self.thought += self.decode([token])
        tag = next(tag for opening, tag in CLOSINGS.items() if self.thought.startswith(opening))
        if closed := re.search(f"(?<!`){re.escape(tag)}(?!`)", self.thought):
            rest, self.thought = self.thought[closed.end() :].strip(), ""
            self.matcher.consume_tokens(self.vocabulary.tokenize_str(rest, parse_special=True))
            if not rest:
                self.wait()

    def allowed(self, width: int) -> torch.Tensor:
        if self.thought:
            return torch.ones(width, dtype=torch.bool)
        allowed = super().allowed(width)
        allowed[self.extra] = True
        return allowed
