"""Whether a server reads the same prompt, token by token, and where its chat template differs."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from core.conformance.asking import Served, scored
from core.conformance.outcome import NOT_TOLD, Outcome
from core.conformance.words import named, quoted
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
        return Outcome("not compared", str(error))
    place, mine, theirs = difference(here.token_ids, there)
    if not mine and not theirs:
        return Outcome("same", f"{len(there):,} tokens.")
    tokens = here.tokens[place : place + len(mine)]
    own = quoted("".join(token.text for token in tokens)) if tokens else "nothing"
    where = f"Token {place + 1:,}{_where(here, place)}"
    return Outcome(
        "differs",
        f"{where}: {own} here, {_text(engine, request, theirs)} there; "
        f"{len(here.tokens):,} tokens here, {len(there):,} there.",
    )


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


def _by_count(here: int, there: int | None) -> Outcome:
    if there is None:
        return NOT_TOLD
    if here == there:
        return Outcome("not compared", f"The server tells only their number, {there:,} as here.")
    return Outcome("differs", f"{here:,} tokens here, {there:,} there.")


def _where(prompt: RenderedPrompt, place: int) -> str:
    if place >= len(prompt.tokens):
        return ", after the end"
    token = prompt.tokens[place]
    if token.message is not None:
        return f", in message {token.message + 1}"
    return ", in the tools" if token.tools else ", in the template's own text"


def _text(engine: Engine, request: Request, ids: Sequence[int]) -> str:
    """Their text by this machine's tokenizer; the ids where it has none for them."""
    if not ids:
        return "nothing"
    try:
        found = scored(engine, request, ids[:MOST_IDS], whole=False)
    except InvalidInput:
        rest = ", …" if len(ids) > MOST_IDS else ""
        return f"the ids {', '.join(map(named, ids[:MOST_IDS]))}{rest}"
    return quoted("".join(token.text for token in found.continuation))
