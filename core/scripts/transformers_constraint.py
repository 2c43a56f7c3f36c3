"""The part of a Transformers script that holds the answer to a constraint, by llguidance."""

from __future__ import annotations

from typing import Any

from core.constraint_grammar import GrammarSource, answer_start, grammar_source
from core.scripts.quoting import Code, keyword_arguments, python_literal
from core.scripts.script import Subject
from core.tools.thinking import OPENINGS

# Both classes are the playground's own, line by line (`engine/constraints/logits_processor.py`).
CONSTRAINED = '''

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

'''
AFTER_THOUGHT = '''
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
        self.blanks, self.extra = 2, self.single(["\\n", "\\n\\n"])

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

'''
GRAMMAR = """
# The answer is held to a grammar, by the tokenizer as the model's logits have it.
width = max(model.config.get_text_config(decoder=True).vocab_size, len(tokenizer))
vocabulary = llguidance.hf.from_tokenizer(tokenizer, n_vocab=width, eos_token=sorted(ends))
"""
MATCHER = """matcher = LLMatcher(vocabulary, grammar, log_level=0)
assert not matcher.is_error(), matcher.get_error()
"""


class ScriptConstraint:
    """Pieces of the script; all are empty where the answer is free."""

    def __init__(self, subject: Subject) -> None:
        self._source = grammar_source(subject.request, subject.model.call_form)
        prompt = subject.prompt.text if subject.prompt else ""
        start = answer_start(subject.request, prompt, subject.model.capabilities.roles)
        self._start = start
        self._thinks = bool(
            start.thought or start.awaited or (start.may_think and subject.model.thought_tags)
        )

    def __bool__(self) -> bool:
        return self._source is not None

    @property
    def standard(self) -> str:
        """Imports of the standard library."""
        lines = ["import json"] if self._source and self._source.kind == "json_schema" else []
        if self and self._thinks:
            lines += ["import re", "from collections.abc import Callable, Iterable"]
        return "".join(f"{line}\n" for line in lines) + ("\n" if lines else "")

    @property
    def library(self) -> str:
        names = "LLMatcher, LLTokenizer" if self._thinks else "LLMatcher"
        return f"from llguidance import {names}\n" if self else ""

    @property
    def classes(self) -> str:
        if not self:
            return ""
        closings = f"\nCLOSINGS = {python_literal(OPENINGS)}\n\n"
        return CONSTRAINED + (closings + AFTER_THOUGHT if self._thinks else "")

    @property
    def grammar(self) -> str:
        """Makes `constrained`, for one answer."""
        if self._source is None:
            return ""
        return GRAMMAR + _grammar(self._source) + MATCHER + self._begun() + self._made()

    def _begun(self) -> str:
        text = python_literal(self._start.written)
        return (
            "# The prompt holds the beginning of the answer.\n"
            f"begun = {text}\n"
            "matcher.consume_tokens(vocabulary.tokenize_str(begun, parse_special=True))\n"
            if self._start.written
            else ""
        )

    def _made(self) -> str:
        start = self._start
        if not self._thinks:
            return "constrained = Constrained(matcher, ends)\n"
        values: dict[str, Any] = {
            "matcher": Code("matcher"), "ends": Code("ends"), "vocabulary": Code("vocabulary"),
            "decode": Code("tokenizer.decode"), "thought": start.thought,
            "awaited": start.awaited, "may_think": start.may_think,
        }  # fmt: skip
        return f"constrained = AfterThought(\n{keyword_arguments(values)})\n"


def _grammar(source: GrammarSource) -> str:
    if source.kind != "json_schema":
        text = python_literal(source.text, 4)
        return f"grammar = LLMatcher.grammar_from_{source.kind}(\n    {text})\n"
    options = python_literal(source.options, 4)
    return (
        f"schema = {python_literal(source.schema)}\n"
        "grammar = LLMatcher.grammar_from_json_schema(\n"
        f"    json.dumps(schema, ensure_ascii=False), overrides={options})\n"
    )
