"""Stop strings: where generation ends, and which text may be shown before that is known.

`StopStrings` decides on ids exactly as Transformers' `StopStringCriteria` does: on the bytes of the
last tokens, prompt included, if the match ends inside the newest token. It reads the few tokens it
needs where the criterion first tabulates the whole vocabulary (seconds for 65,536 entries).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

BASE = "abcdef"


def _byte_of_letter() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary stands for (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    letters = [*map(chr, printable), *(chr(256 + place) for place in range(len(hidden)))]
    return dict(zip(letters, [*printable, *hidden], strict=True))


BYTE_OF_LETTER = _byte_of_letter()


def _decoder(tokenizer: Any) -> str:
    """How the tokenizer makes text of tokens, as JSON; empty where it doesn't say."""
    state = getattr(tokenizer.backend_tokenizer.decoder, "__getstate__", lambda: None)()
    return json.dumps(json.loads(state)) if isinstance(state, bytes | str) else ""


class TokenBytes:
    """The bytes that each token of a tokenizer adds to a text. Safe to use from several threads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        kinds = _decoder(tokenizer)
        self._fallback = '"ByteFallback"' in kinds
        self._byte_level = '"ByteLevel"' in kinds and not self._fallback
        ids = tokenizer(BASE, add_special_tokens=False)["input_ids"]
        self._base = tokenizer.convert_ids_to_tokens(ids)
        self.of = lru_cache(maxsize=65536)(self._of)

    @property
    def exact(self) -> bool:
        """Whether tokens say themselves which bytes they are, as constraints need it."""
        return self._byte_level or self._fallback

    def _of(self, token_id: int) -> bytes:
        token = self._tokenizer.convert_ids_to_tokens(token_id)
        if token is None:  # the embedding may have more rows than the vocabulary has entries
            return b""
        if self._byte_level and all(letter in BYTE_OF_LETTER for letter in token):
            return bytes(BYTE_OF_LETTER[letter] for letter in token)
        if self._fallback and len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
            return bytes([int(token[3:5], 16)])
        text = self._tokenizer.convert_tokens_to_string([*self._base, token])
        return text[text.index(BASE) + len(BASE) :].encode()


class StopStrings:
    """Whether the newest token completes one of `stop`. No strings: never."""

    def __init__(self, stop: Sequence[str], token_bytes: TokenBytes) -> None:
        self._stop = [string.encode() for string in stop]
        self._token_bytes = token_bytes
        self._window = max(map(len, self._stop), default=0)

    def ended_by(self, ids: Sequence[int]) -> bool:
        """ids: prompt and answer; only the end is read."""
        if not self._stop:
            return False
        *before, newest = [self._token_bytes.of(token_id) for token_id in ids[-self._window :]]
        text = b"".join((*before, newest))
        return any(
            text.find(stop, max(0, len(text) - len(newest) - len(stop) + 1)) >= 0
            for stop in self._stop
        )


class HeldBack:
    """The text that may be shown: never a stop string, nor the beginning of one.

    prompt: the text before the answer. A match may begin there, as it may for Transformers.
    """

    def __init__(self, stop: Sequence[str], prompt: str) -> None:
        self._stop = stop
        self._longest = max(map(len, stop), default=1) - 1
        self._text = prompt[-self._longest :] if self._longest else ""
        self._shown = len(self._text)

    def push(self, text: str) -> str:
        """Add new text of the answer; returns what can't be part of a stop string any more."""
        self._text += text
        return self._show_up_to(len(self._text) - self._undecided())

    def end(self, text: str, stopped: bool) -> str:
        """Add the last text. stopped: a stop string ended the answer, so cut before it."""
        self._text += text
        found = (self._text.find(s, max(0, self._shown - len(s) + 1)) for s in self._stop)
        starts = [start for start in found if start >= 0] if stopped else []
        return self._show_up_to(min(starts, default=len(self._text)))

    def _undecided(self) -> int:
        """The length of the longest end of the text that begins a stop string."""
        for length in range(min(self._longest, len(self._text)), 0, -1):
            end = self._text[-length:]
            if any(len(s) > length and s.startswith(end) for s in self._stop):
                return length
        return 0

    def _show_up_to(self, place: int) -> str:
        new = self._text[self._shown : place]
        self._shown = max(self._shown, place)
        keep = max(0, min(self._shown, len(self._text) - self._longest))
        self._text, self._shown = self._text[keep:], self._shown - keep
        return new
