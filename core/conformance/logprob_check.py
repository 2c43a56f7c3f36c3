"""How far a server's logprobs are from the reference's on the same tokens, and in which manner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from core.conformance.asking import Served, scored
from core.conformance.outcome import NOT_TOLD, Outcome
from core.conformance.words import in_short, quoted
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.runs.run import Run
from core.runs.scores import ScoredToken

EXACT = 1e-3  # nats: what float32 leaves between two ways to compute the same
FEWEST = 3  # tokens from which a manner is seen


@dataclass(frozen=True, slots=True)
class Pair:
    """The logprobs of one token. place: among those that are compared."""

    place: int
    text: str
    here: float
    there: float

    @property
    def apart(self) -> float:
        return abs(self.here - self.there)


def answer_logprobs(engine: Engine, reference: Run, theirs: Run, tolerance: float) -> Outcome:
    """On the server's own answer, which the reference scores; so also after a token that differs.
    Without its ids on the tokens whose texts are the reference's, from the first on.
    """
    if theirs.status != "done":
        return Outcome("not compared", "The server has not answered.")
    told = [token.logprob for token in theirs.tokens]
    if all(one is None for one in told):
        return NOT_TOLD
    if not theirs.token_ids:
        pairs: list[Pair] = []
        for one, other in zip(reference.tokens, theirs.tokens, strict=False):
            if one.text != other.text or one.logprob is None or other.logprob is None:
                break
            pairs.append(Pair(len(pairs), one.text, one.logprob, other.logprob))
        return compared(pairs, tolerance)
    try:
        found = scored(engine, reference.request, theirs.token_ids, whole=False)
    except InvalidInput as error:
        return Outcome("not compared", in_short(error))
    return compared(paired(found.continuation, told), tolerance)


def text_logprobs(engine: Engine, served: Served, reference: Run, tolerance: float) -> Outcome:
    """On the reference's prompt and answer, of which the server is given the ids: its own chat
    template plays no part.
    """
    if reference.prompt is None or reference.request.conversation.images:
        return Outcome("not compared", "Given text is compared without images.")
    try:
        found = scored(engine, reference.request, reference.token_ids)
        ids = [token.token_id for token in found.tokens]
        told = served.text_logprobs(reference.request, ids)
    except InvalidInput as error:
        return Outcome("not compared", in_short(error))
    return NOT_TOLD if told is None else compared(paired(found.tokens, told), tolerance)


def paired(tokens: Sequence[ScoredToken], told: Sequence[float | None]) -> list[Pair]:
    return [
        Pair(place, token.text, token.logprob, there)
        for place, (token, there) in enumerate(zip(tokens, told, strict=False))
        if token.logprob is not None and there is not None
    ]


def compared(pairs: Sequence[Pair], tolerance: float) -> Outcome:
    """tolerance: nats up to which a difference counts as rounding."""
    if not pairs:
        return Outcome("not compared", "There is no token for which both give a logprob.")
    most = max(pairs, key=lambda pair: pair.apart)
    mean = fmean(pair.apart for pair in pairs)
    seen = f"{len(pairs):,} tokens, {mean:.2g} nats apart on average, at most {most.apart:.2g}"
    if most.apart <= EXACT:
        return Outcome("same", f"{seen}.", most.apart)
    at = (
        f"{seen}, at token {most.place + 1:,} {quoted(most.text)}: {most.here:.4g} here, "
        f"{most.there:.4g} there."
    )
    if most.apart <= tolerance:
        return Outcome("close", at, most.apart)
    return Outcome("differs", f"{at} {_manner(pairs, tolerance)}".rstrip(), most.apart)


def _manner(pairs: Sequence[Pair], tolerance: float) -> str:
    """What would explain all of them; empty where nothing simple does."""
    if len(pairs) < FEWEST:
        return ""
    here, there = [pair.here for pair in pairs], [pair.there for pair in pairs]
    if max(map(abs, there)) <= EXACT:
        return "All are 0 there: they are reported after the samplers."
    if _far(here[1:], there[:-1]) <= tolerance:
        return "Each is reported one token too early."
    if _far(here[:-1], there[1:]) <= tolerance:
        return "Each is reported one token too late."
    by = fmean(there) - fmean(here)
    if _far([one + by for one in here], there) <= tolerance:
        return f"All are off by {by:+.3g}."
    return ""


def _far(here: Sequence[float], there: Sequence[float]) -> float:
    return max(abs(one - other) for one, other in zip(here, there, strict=True))
