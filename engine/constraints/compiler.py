"""Constraints ready for one model: compiled once, kept for the next run, copied for each row."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import llguidance.hf
from llguidance import LLMatcher, LLParserLimits, LLTokenizer

from core.constraint import Constraint
from core.constraint_grammar import answer_start, constraint_source, grammar_source
from core.errors import InvalidInput
from core.runs.capabilities import Capabilities, within
from core.tools.call_grammar import CallForm
from core.workspace import Request
from engine.constraints.grammars import grammar_of, refusal, too_large
from engine.constraints.row_constraint import RowConstraint, Vocabulary
from engine.constraints.trial import PATIENCE, SECONDS, TooBusy, TooLarge, compile_apart
from engine.prompt.prompting import Prompt

KEPT = 16  # compiled grammars
AT_ONCE = 2  # children that compile
THREADS = 4  # that look for allowed tokens while the model computes
LEXER_STATES = 50_000  # of 1 to 2 kB each; a fifth of the library's own limit
BUSY = "This machine is too busy to compile the constraint. Run again in a moment."


@dataclass(frozen=True)
class _Compiled:
    matcher: LLMatcher
    seconds: float


class Compiler:
    """For use by several threads at once.

    tokenizer: Transformers' own. ends: ids that end an answer. width: of the model's logits.
    decode: ids to text. can: what the model can do; it is held to nothing else. form: how it writes
    calls; None where that isn't known.
    """

    def __init__(
        self, tokenizer: Any, ends: frozenset[int], width: int,
        decode: Callable[[list[int]], str], can: Capabilities, form: CallForm | None,
    ) -> None:  # fmt: skip
        self._tokenizer = tokenizer
        self._ends = ends
        self._width = width
        self._decode = decode
        self._can = can
        self._form = form
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._checks = threading.BoundedSemaphore(AT_ONCE - 1)  # so that runs can always compile
        self._vocabulary: Vocabulary | None = None
        # The grammar, or what is wrong with it: nobody waits twice for the same refusal.
        self._kept: OrderedDict[str, _Compiled | InvalidInput] = OrderedDict()

    def check(self, constraint: Constraint) -> float | None:
        """The seconds that compiling took; None where the model can't be held to a constraint.

        Raises InvalidInput as `row` does.
        """
        if not self._can.constraints:
            return None
        if not self._checks.acquire(timeout=SECONDS):
            raise InvalidInput(BUSY)
        try:
            return self._compiled(grammar_of(constraint_source(constraint)), constraint).seconds
        finally:
            self._checks.release()

    def row(self, request: Request, prompt: Prompt) -> RowConstraint | None:
        """What the answer to `request` is held to; None where nothing is asked for.

        Raises InvalidInput where it can't be compiled, or where the prefill contradicts it.
        """
        request = within(request, self._can)
        matcher = self.matcher(request)
        if matcher is None:
            return None
        start = answer_start(request, prompt.rendered.text, self._can.roles)
        return RowConstraint(matcher, self.vocabulary(), start, prompt.after)

    def matcher(self, request: Request) -> LLMatcher | None:
        """A grammar of which nothing is read yet, for one answer. Raises InvalidInput."""
        request = within(request, self._can)
        source = grammar_source(request, self._form)
        if source is None:
            return None
        return self._compiled(grammar_of(source), request.constraint).matcher.deep_copy()

    def vocabulary(self) -> Vocabulary:
        """Made at the first use, as it takes a second for 65,536 tokens."""
        with self._lock:
            if self._vocabulary is None:
                try:
                    tokenizer: LLTokenizer = llguidance.hf.from_tokenizer(
                        self._tokenizer,
                        n_vocab=max(self._width, len(self._tokenizer)),
                        eos_token=sorted(self._ends),
                    )
                except Exception as error:
                    raise InvalidInput(
                        "This model's tokenizer is of a kind that can't be held to a constraint. "
                        "Turn the constraint off, or use another model."
                    ) from error
                pool = ThreadPoolExecutor(THREADS, "constraint")
                self._vocabulary = Vocabulary(
                    tokenizer, self._ends, self._width, self._decode, pool
                )
            return self._vocabulary

    def _compiled(self, grammar: str, constraint: Constraint | None) -> _Compiled:
        """constraint: None stands for the calls of tools."""
        with self._lock:
            found = self._kept.get(grammar)
            if found is not None:
                self._kept.move_to_end(grammar)
        if found is None:
            found = self._compile(grammar, constraint)
            with self._lock:
                self._kept[grammar] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        if isinstance(found, InvalidInput):
            raise InvalidInput(str(found))
        return found

    def _compile(self, grammar: str, constraint: Constraint | None) -> _Compiled | InvalidInput:
        began = perf_counter()
        if not self._slots.acquire(timeout=PATIENCE):
            raise InvalidInput(BUSY)
        try:
            words = compile_apart(grammar)
        except TooLarge:
            return too_large(constraint)
        except TooBusy:
            raise InvalidInput(BUSY) from None  # the next try may find more time
        finally:
            self._slots.release()
        if words:
            return refusal(constraint, words)
        limits = LLParserLimits(max_lexer_states=LEXER_STATES, verbose_errors=False)
        matcher = LLMatcher(self.vocabulary().tokenizer, grammar, log_level=0, limits=limits)
        if matcher.is_error():
            return refusal(constraint, matcher.get_error())
        return _Compiled(matcher, perf_counter() - began)
