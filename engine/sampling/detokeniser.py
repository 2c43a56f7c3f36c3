"""Tokens to text while they arrive.

tokenizers' `DecodeStream` is not used: it raises "Invalid prefix encountered" on some byte
sequences that a model may well emit, and it can't give out an incomplete character at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
CONTEXT_TOKENS = 8


class Detokeniser:
    """Gives out the text of each token as soon as no later token can change it.

    decode: token ids to text, special tokens included. prompt: the ids before the answer; their
    end is decoded along, so that a space between prompt and answer is where it belongs.
    """

    def __init__(self, decode: Callable[[list[int]], str], prompt: Sequence[int]) -> None:
        self._decode = decode
        self._ids = list(prompt[-CONTEXT_TOKENS:])
        self._given = len(decode(self._ids)) if self._ids else 0

    def push(self, token_id: int) -> str:
        """What became visible; a character that is still incomplete waits for its last token."""
        self._ids.append(token_id)
        text = self._decode(self._ids)
        settled = len(text.rstrip(INCOMPLETE))
        new = text[self._given : settled]
        if settled == len(text) and len(self._ids) > 2 * CONTEXT_TOKENS:
            self._ids = self._ids[-CONTEXT_TOKENS:]
            self._given = len(self._decode(self._ids))
        else:
            self._given = max(self._given, settled)
        return new

    def flush(self) -> str:
        """What is left at the end: replacement characters for a character that stays incomplete."""
        left = self._decode(self._ids)[self._given :] if self._ids else ""
        self._given += len(left)
        return left
