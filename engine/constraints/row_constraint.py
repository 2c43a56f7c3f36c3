"""One answer held to its constraint: which tokens may come next, token by token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import thread_time

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer

from core.constraint_grammar import AnswerStart
from core.errors import InvalidInput
from core.tools.thinking import OPENINGS, thought_at

BLANKS = ("\n", "\n\n")  # what models write between a thought and the answer
MOST_BLANKS = 2  # tokens
EXCERPT = 20  # characters
# Of the processor, because all lanes wait for the slowest. A usual step takes 0.0002 s; with an
# ambiguous grammar each takes longer than the one before.
SECONDS_ONCE, SECONDS_PER_TOKEN = 1.0, 0.02


@dataclass(frozen=True)
class Vocabulary:
    """ends: ids that end an answer. width: of the logits. pool: computes masks while the model
    computes the logits.
    """

    tokenizer: LLTokenizer
    ends: frozenset[int]
    width: int
    decode: Callable[[list[int]], str]
    pool: ThreadPoolExecutor

    def single(self, text: str) -> set[int]:
        """The token that is this text and nothing else, if there is one."""
        ids = self.tokenizer.tokenize_str(text, parse_special=True)
        return {ids[0]} if len(ids) == 1 else set()


class RowConstraint:
    """Follows one answer. `take` returns at once; `allowed` waits for what it began.

    start: the prefill is a part of the answer. All up to the end of a thought is free, if the
    prompt opens one or the model begins with the one token that does. after: tokens of the answer
    that are known already.
    """

    def __init__(
        self, matcher: LLMatcher, vocabulary: Vocabulary, start: AnswerStart, after: Sequence[int]
    ) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary
        self._thought = ""  # the text of the one that is open, with its tag
        self._extra: set[int] = set()  # ids that are allowed in addition
        self._blanks = 0  # that may still come before the answer begins
        self._tokens = 0
        self._seconds = 0.0
        self._begin(start)
        for token_id in after:
            self._advance(token_id)
        self._next: Future[torch.Tensor | None] = vocabulary.pool.submit(self._mask)

    def allowed(self) -> torch.Tensor | None:
        """Which tokens may come next: (width,), booleans on the CPU; None: all of them.

        Raises InvalidInput where the constraint can't be followed any further.
        """
        return self._next.result()

    def take(self, token_id: int) -> None:
        """The token that came next."""
        self._next.result()
        self._next = self._vocabulary.pool.submit(self._after, token_id)

    @property
    def complete(self) -> bool:
        """Whether the answer may end here."""
        self._next.result()
        return not self._thought and self._matcher.is_accepting()

    # -- the beginning ------------------------------------------------------------------------
    def _begin(self, start: AnswerStart) -> None:
        self._thought = start.thought
        self._consume(start.written, start.free)
        if start.awaited:
            self._await_answer()
        elif start.may_think:
            self._extra = set().union(*map(self._vocabulary.single, OPENINGS))

    def _consume(self, text: str, before: int) -> None:
        """Text of the prefill. before: characters of it that are free."""
        if not text:
            return
        ids = self._vocabulary.tokenizer.tokenize_str(text, parse_special=True)
        if self._matcher.validate_tokens(ids) == len(ids):
            self._matcher.consume_tokens(ids)
            return
        place = self._first_wrong(text)
        raise InvalidInput(
            f"The prefill contradicts the constraint at character {before + place + 1}: "
            f"{text[place : place + EXCERPT]!r} can't stand after {text[:place][-EXCERPT:]!r}. "
            "Change the prefill or the constraint."
        )

    def _first_wrong(self, text: str) -> int:
        """The first character that the constraint doesn't allow."""
        for place, character in enumerate(text):
            ids = self._vocabulary.tokenizer.tokenize_str(character)
            if self._matcher.validate_tokens(ids) < len(ids):
                return place
            self._matcher.consume_tokens(ids)
        return 0  # a special token, whose characters alone are allowed

    # -- token by token -----------------------------------------------------------------------
    def _after(self, token_id: int) -> torch.Tensor | None:
        began = thread_time()
        self._advance(token_id)
        mask = self._mask()
        self._seconds += thread_time() - began
        if self._seconds > SECONDS_ONCE + SECONDS_PER_TOKEN * self._tokens:
            raise InvalidInput(
                f"Following the constraint took {self._seconds:.1f} seconds for {self._tokens:,} "
                "tokens, and other lanes wait for it. Use one that matches in one way only."
            )
        return mask

    def _advance(self, token_id: int) -> None:
        self._tokens += 1
        extra, self._extra = self._extra, set()
        if self._thought:
            self._think(token_id)
        elif token_id in extra and not self._matcher.validate_tokens([token_id]):
            if not self._blanks:
                self._think(token_id)
            else:
                self._blanks -= 1
                self._extra = extra if self._blanks else set()
        elif token_id in self._vocabulary.ends and self._matcher.is_accepting():
            pass
        elif not self._matcher.consume_token(token_id):
            raise self._lost()

    def _think(self, token_id: int) -> None:
        piece = self._vocabulary.decode([token_id])
        self._thought += piece
        opening = next(tag for tag in OPENINGS if self._thought.startswith(tag))
        if ">" not in piece:
            return
        thought = thought_at(self._thought, len(opening), opening)
        if thought and thought.closed:
            rest, self._thought = self._thought[thought.after :].strip(), ""
            if rest:  # one token closed the thought and began the answer
                self._consume(rest, 0)
            else:
                self._await_answer()

    def _await_answer(self) -> None:
        self._extra = set().union(*map(self._vocabulary.single, BLANKS))
        self._blanks = MOST_BLANKS

    def _mask(self) -> torch.Tensor | None:
        if self._thought:
            return None
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        mask = np.unpackbits(bits, bitorder="little")[: self._vocabulary.width].astype(bool)
        if self._matcher.is_error():
            raise self._lost()
        if not self._matcher.is_accepting():  # an ordinary token may end answers too
            mask[list(self._vocabulary.ends)] = False
        mask[list(self._extra)] = True
        if not mask.any():
            raise InvalidInput(
                f"After {self._tokens:,} tokens the constraint allows nothing that this model can "
                "write. Change the constraint."
            )
        return torch.from_numpy(mask)

    def _lost(self) -> InvalidInput:
        words = " ".join(self._matcher.get_error().split())[:200].rstrip(".")
        return InvalidInput(
            f"The constraint can't be followed after {self._tokens:,} tokens: {words}. "
            "Use a simpler one."
        )
