"""Where a server's greedy answer is another than the reference's, with both tokens' chances."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log
from os.path import commonprefix

from core.conformance.asking import distribution
from core.conformance.outcome import Outcome
from core.conformance.words import chance, in_short, percent, quoted
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.runs.events import Token
from core.runs.run import Run
from core.sampling import SamplingParams

CANDIDATES = 50  # among which a token that is told as text only is looked for
CONTROL = re.compile(r"<\|\w+\|>")  # how control tokens are written


@dataclass(frozen=True, slots=True)
class Split:
    """Where two answers differ. place: how many of the reference's tokens they share. here, there:
    each one's token; None where that answer has ended.
    """

    place: int
    here: Token | None
    there: Token | None


def answer_outcome(engine: Engine, reference: Run, theirs: Run, tolerance: float) -> Outcome:
    """tolerance: two tokens whose logprobs here are so near are a tie, which rounding decides."""
    if theirs.status == "failed" and theirs.token_count >= theirs.request.params.max_new_tokens:
        return Outcome(
            "differs", f"The answer does not end at max_new_tokens. {in_short(theirs.error)}"
        )
    if theirs.status != "done":
        why = theirs.error or "The server did not finish its answer."
        return Outcome("not compared", in_short(why))
    ends = reference.capabilities.ends if reference.capabilities else frozenset[int]()
    found = split(reference, theirs, ends)
    if found is None:
        known = ", compared as text" if theirs.text and not theirs.token_ids else ""
        return Outcome("same", f"{reference.token_count:,} tokens{known}.")
    if not theirs.token_ids and theirs.text and CONTROL.sub("", reference.text) == theirs.text:
        return Outcome(
            "same", "The text is the same, except for control tokens that it leaves out."
        )
    seen = "The text is the same. " if reference.text == theirs.text else ""
    seen += f"Token {found.place + 1:,}: {_shown(found.here)} here, {_shown(found.there)} there."
    if found.there and found.there.logprob is not None:
        seen += f" There its probability is {chance(found.there.logprob)}."
    shares = _shares(engine, reference, found, ends)
    if shares is None:
        return Outcome("differs", seen)
    mine, other = shares
    seen += f" Here it is {percent(other)}, and {percent(mine)} for the reference's own."
    if mine and other and abs(log(mine) - log(other)) <= tolerance:
        return Outcome("close", f"{seen} That is nearly a tie, decided by rounding.")
    if other > mine:  # though the reference takes the likeliest
        seen += " The constraint does not allow it here."
    return Outcome("differs", seen)


def split(reference: Run, theirs: Run, ends: Collection[int]) -> Split | None:
    """By ids, else by characters; None where both are the same. ends: ids that end an answer,
    which not every server tells.
    """
    if not reference.token_ids or (theirs.text and not theirs.token_ids):
        return _by_text(reference, theirs)
    here, there = _written(reference, ends), _written(theirs, ends)
    both = enumerate(zip(here, there, strict=False))
    shorter = min(len(here), len(there))
    place = next((n for n, (one, two) in both if one.token_id != two.token_id), shorter)
    if place == len(here) == len(there):
        return None
    return Split(
        place,
        here[place] if place < len(here) else None,
        there[place] if place < len(there) else None,
    )


def _written(run: Run, ends: Collection[int]) -> Sequence[Token]:
    """Without a token that ends it."""
    tokens = run.tokens
    return tokens[:-1] if tokens and tokens[-1].token_id in ends else tokens


def _by_text(reference: Run, theirs: Run) -> Split | None:
    if reference.text == theirs.text:
        return None
    same = len(commonprefix([reference.text, theirs.text]))
    place, here = _token_at(reference, same)
    return Split(place, here, _token_at(theirs, same)[1])


def _token_at(run: Run, character: int) -> tuple[int, Token | None]:
    """The place of the token that this character came with; after the last one None, or the rest
    of a text that no token brought, such as a call that the server read.
    """
    end = 0
    for place, token in enumerate(run.tokens):
        end += len(token.text)
        if character < end:
            return place, token
    rest = run.text[max(character, end) :]
    return len(run.tokens), Token(None, rest, None, 0.0) if rest else None


def _shares(
    engine: Engine, reference: Run, found: Split, ends: Collection[int]
) -> tuple[float, float] | None:
    """What the reference gives its own token and the server's, before any sampler; None where the
    server's isn't known here.
    """
    ids = [token.token_id for token in reference.tokens[: found.place]]
    asked = {token.token_id for token in (found.here, found.there) if token} | {*ends}
    known = [one for one in asked if one is not None]
    try:
        place = distribution(engine, reference.request, [one for one in ids if one is not None])
        steps = engine.sampler_steps(place, SamplingParams(), CANDIDATES, known)
    except InvalidInput:
        return None
    shares = dict(zip(steps.token_ids, steps.steps[0].probabilities, strict=True))
    texts = dict(zip(reversed(steps.texts), reversed(steps.token_ids), strict=True))

    def share(token: Token | None) -> float | None:
        if token is None:
            return sum(shares.get(one, 0.0) for one in ends)
        by_text = texts.get(token.text) if token.token_id is None else token.token_id
        return None if by_text is None else shares.get(by_text)

    mine, other = share(found.here), share(found.there)
    return None if mine is None or other is None else (mine, other)


def _shown(token: Token | None) -> str:
    if token is None:
        return "the end"
    return quoted(token.text) if token.text else f"the token {token.token_id}"
