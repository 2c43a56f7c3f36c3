"""A prompt as a server tells it: its token ids, and the text of each as far as that is told."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt
from engine.remote.kind import Ids, at, ids_of
from engine.remote.remote_server import RemoteServer

BYTE = re.compile(r"<0x([0-9A-F]{2})>")
SPACE = "▁"  # of SentencePiece


def prompt_of_pieces(told: Any, server: RemoteServer) -> RenderedPrompt:
    """From llama.cpp's list of tokens: a piece is a text, or the bytes of a part of a character.

    Raises InvalidInput for anything else.
    """
    listed = told if isinstance(told, list) else [None]
    ids = ids_of([at(one, "id") for one in listed], server)
    return _prompt(ids, [_piece(at(one, "piece"), server) for one in listed])


def prompt_of_names(ids: Ids, names: Any, text: Any, server: RemoteServer) -> RenderedPrompt:
    """names: of the tokens in their vocabulary, as vLLM tells them. text: of all of them. Where
    the names can't be read so that they make the text, they stand for the tokens' texts.

    Raises InvalidInput for names or a text that are none.
    """
    named = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not named or len(names) != len(ids):
        raise InvalidInput(f"{server.name} sent no name for each token of the prompt.")
    if not isinstance(text, str):
        raise InvalidInput(f"{server.name} sent a prompt that is not a text.")
    readers: tuple[Callable[[str], bytes], ...] = (_byte_level, _sentence_piece)
    for read in readers:
        pieces = [read(name) for name in names]
        if pieces and read is _sentence_piece and not text.startswith(" "):
            pieces[0] = pieces[0].removeprefix(b" ")
        if b"".join(pieces) == text.encode():
            return _prompt(ids, pieces)
    tokens = tuple(map(PromptToken, ids, names))
    return RenderedPrompt(text, tokens, 0, parts_known=False)


def _prompt(ids: Ids, pieces: Sequence[bytes]) -> RenderedPrompt:
    """A character that several tokens make is the text of the last of them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    last = len(ids) - 1
    texts = [decoder.decode(piece, place == last) for place, piece in enumerate(pieces)]
    tokens = tuple(map(PromptToken, ids, texts))
    return RenderedPrompt("".join(texts), tokens, 0, parts_known=False)


def _piece(value: Any, server: RemoteServer) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list) and all(type(one) is int and 0 <= one < 256 for one in value):
        return bytes(value)
    raise InvalidInput(f"{server.name} sent a token of the prompt without its text.")


def _byte_level(name: str) -> bytes:
    """By GPT-2's vocabularies, in which a character stands for a byte; others are as written."""
    known = _bytes()
    found = [known.get(character, -1) for character in name]
    return name.encode() if -1 in found else bytes(found)


@cache
def _bytes() -> dict[str, int]:
    """Printable Latin-1 characters stand for themselves; the other bytes follow at 256."""
    same = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in same]
    moved = {chr(256 + place): byte for place, byte in enumerate(others)}
    return {chr(byte): byte for byte in same} | moved


def _sentence_piece(name: str) -> bytes:
    if found := BYTE.fullmatch(name):
        return bytes([int(found[1], 16)])
    return name.replace(SPACE, " ").encode()
