"""Whether a server reads the same prompt, token by token, and where its chat template differs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from os.path import commonprefix

from core.conformance.asking import Served, scored
from core.conformance.outcome import NOT_TOLD, Outcome
from core.conformance.words import in_short, named, quoted
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.engine import Engine
from core.workspace import Request

MOST_IDS = 24  # that a sentence shows as text


def prompt_outcome(engine: Engine, served: Served, request: Request) -> Outcome:
    """By its ids; by their number where the server tells no more, which shows a difference only."""
    here = engine.render(request)
    try:
        there = served.prompt_ids(request)
        if there is None:
            return _by_count(len(here.tokens), served.prompt_count(request))
    except InvalidInput as error:
        return Outcome("not compared", in_short(error))
    place, mine, theirs = difference(here.token_ids, there)
    if not mine and not theirs:
        return Outcome("same", f"{len(there):,} tokens.")
    own = [token.text for token in here.tokens[place : place + len(mine)]]
    other = _texts(engine, request, theirs)
    seen = f"Token {place + 1:,}{_where(here, place)}: "
    if piece := split_otherwise(own, other or ()):
        one, two = ("".join(f"[{text}]" for text in side) for side in piece)
        seen += f"the same text is split differently, {quoted(one)} here, {quoted(two)} there"
    else:
        seen += f"{_shown(own)} here, {_ids(theirs) if other is None else _shown(other)} there"
    return Outcome("differs", f"{seen}; {len(here.tokens):,} tokens here, {len(there):,} there.")


def difference(
    here: Sequence[int], there: Sequence[int]
) -> tuple[int, Sequence[int], Sequence[int]]:
    """The place of the first token that differs, and what stands there on each side up to where
    both go on alike. Both are empty where all is the same.
    """
    begin = len(commonprefix([tuple(here), tuple(there)]))
    one, other = here[begin:], there[begin:]
    end = len(commonprefix([tuple(one)[::-1], tuple(other)[::-1]]))
    return begin, one[: len(one) - end], other[: len(other) - end]


def split_otherwise(
    here: Sequence[str], there: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]] | None:
    """The first piece of text that both have in other tokens; None where their texts differ."""
    one, other = (list(accumulate(map(len, side))) for side in (here, there))
    end = min({*one} & {*other} - {0}, default=0)
    if not end or "".join(here)[:end] != "".join(there)[:end]:
        return None
    return here[: one.index(end) + 1], there[: other.index(end) + 1]


def _by_count(here: int, there: int | None) -> Outcome:
    if there is None:
        return NOT_TOLD
    if here == there:
        return Outcome("not compared", f"The server reports only their number, {there:,} as here.")
    return Outcome("differs", f"{here:,} tokens here, {there:,} there.")


def _where(prompt: RenderedPrompt, place: int) -> str:
    if place >= len(prompt.tokens):
        return ", after the end"
    token = prompt.tokens[place]
    if token.message is not None:
        return f", in message {token.message + 1}"
    return ", in the tools" if token.tools else ", in the template's own text"


def _texts(engine: Engine, request: Request, ids: Sequence[int]) -> list[str] | None:
    """Those of the first ids, by this machine's tokenizer; None where it has none for them."""
    try:
        found = scored(engine, request, ids[:MOST_IDS], whole=False) if ids else None
    except InvalidInput:
        return None
    return [token.text for token in found.continuation] if found else []


def _ids(ids: Sequence[int]) -> str:
    rest = ", …" if len(ids) > MOST_IDS else ""
    return f"the ids {', '.join(map(named, ids[:MOST_IDS]))}{rest}"


def _shown(texts: Sequence[str]) -> str:
    return quoted("".join(texts)) if texts else "nothing"
