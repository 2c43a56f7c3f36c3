"""A prompt without a chat template, as base models have it: a text that is continued."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.conversation import Conversation
from engine.prompt.layout import Layout, Span
from engine.prompt.template import MARKS, any_of


class PlainText:
    """The messages' texts one after another, as `tokenizer(text)` encodes them: nothing is added
    but the token with which the tokenizer itself begins a text. Control tokens that a person typed
    become text, as in a chat; those of a plain conversation are meant.
    """

    def __init__(self, tokenizer: Any, ends: Iterable[str]) -> None:
        """ends: the tokens that end an answer."""
        added = tokenizer.added_tokens_decoder.values()
        special = {token.content for token in added if token.special}
        self.control = special | ({*ends} & {token.content for token in added})
        first = tokenizer("")["input_ids"][:1]
        self._begin = tokenizer.bos_token if first == [tokenizer.bos_token_id] else ""
        self.typed_by_assistant = any_of(self.control)

    def lay_out(self, conversation: Conversation) -> Layout:
        text, contents = self._begin, list[Span]()
        for place, turn in enumerate(conversation.messages):
            start = len(text)
            text += MARKS.sub("", turn.text)
            contents.append(Span(start, len(text), place))
        begin = len(self._begin)
        found = () if conversation.plain else self.typed_by_assistant.finditer(text, begin)
        typed = [Span(*one.span()) for one in found]
        neutralised = tuple(dict.fromkeys(text[span.start : span.end] for span in typed))
        apart = [Span(begin, begin)] if begin else []
        return Layout(text, tuple(contents), (), (*apart, *typed), neutralised, begins=begin)
