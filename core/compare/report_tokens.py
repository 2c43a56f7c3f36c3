"""The tokens of a report: each by its surprise, and as a text what else could have been chosen.

It is bounded, because all of four long answers would be many times as large as the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from core.runs.events import Token
from core.runs.run import Run
from core.runs.traces import CONSTRAINT, Candidate

LIMITS = (1, 2, 4, 8)  # bits of surprise at which levels 1 to 4 begin, as on the page
TOKENS = 8_000  # of all lanes together
CANDIDATES = 24_000  # of all lanes together, in addition to the chosen tokens
MOST = 6  # candidates of each token
LONGEST = 40  # characters of a token in a card
SIGNS = str.maketrans({" ": "·", "\n": "⏎", "\r": "␍", "\t": "⇥"})
REMOVERS = {CONSTRAINT: "the constraint", "temperature": "temperature 0"}


@dataclass(frozen=True, slots=True)
class ReportToken:
    """text: in the flow of the answer, with its line break. level: 0 to 4. figures, card: lines."""

    number: int
    text: str
    level: int
    given: bool
    figures: str
    card: str


@dataclass(frozen=True, slots=True)
class ReportTokens:
    """count: how many the answer has. tokens: its first ones. candidates: of each of them."""

    count: int
    candidates: int
    tokens: tuple[ReportToken, ...]


def report_tokens(runs: Sequence[Run]) -> list[ReportTokens | None]:
    """One for each run; None where its engine told nothing of its tokens."""
    told = [any(token.logprob is not None for token in run.tokens) for run in runs]
    most = TOKENS // max(1, sum(told))
    shown = sum(
        min(most, len(run.tokens)) for run, is_told in zip(runs, told, strict=True) if is_told
    )
    top = min(MOST, CANDIDATES // max(1, shown))
    return [
        _tokens(run, most, top) if is_told else None
        for run, is_told in zip(runs, told, strict=True)
    ]


def _tokens(run: Run, most: int, top: int) -> ReportTokens:
    first = islice(run.tokens, most)
    tokens = tuple(_token(number, token, top) for number, token in enumerate(first, start=1))
    return ReportTokens(len(run.tokens), top, tokens)


def _token(number: int, token: Token, top: int) -> ReportToken:
    candidates = token.candidates
    chosen = token.chosen(candidates)
    text = token.own_text(chosen)
    surprise = None if token.logprob is None else max(0.0, -token.logprob / math.log(2))
    figures = _figures(token, chosen, surprise)
    rows = [one for place, one in enumerate(candidates) if place < top or one is chosen]
    return ReportToken(
        number,
        text.replace("\n", "⏎\n") or "∅",
        sum(surprise >= limit for limit in LIMITS) if surprise is not None else 0,
        token.given,
        figures,
        "\n".join(
            (f"Token {number} {_visible(text)}", figures, *(_row(one, chosen) for one in rows))
        ),
    )


def _figures(token: Token, chosen: Candidate | None, surprise: float | None) -> str:
    chance = ["given, not drawn"] if token.given else []
    if token.logprob is None or surprise is None:
        return ", ".join((*chance, "probability unknown"))
    before = _percent(math.exp(token.logprob))
    chance.append(f"{before} → {_percent(chosen.probability)}" if chosen else before)
    bits = [f"surprise {surprise:.2f} bits"]
    if token.trace:
        chance.append(f"rank {token.trace.rank:,}")
        bits.append(f"uncertainty {token.trace.entropy / math.log(2):.2f} bits")
    return f"{', '.join(chance)}\n{', '.join(bits)}"


def _row(one: Candidate, chosen: Candidate | None) -> str:
    before = _percent(math.exp(one.logprob))
    remover = REMOVERS.get(one.removed_by, one.removed_by)
    after = f"out: {remover}" if remover else _percent(one.probability)
    return f"{_visible(one.text)}\t{before} → {after}{' ← chosen' * (one is chosen)}"


def _visible(text: str) -> str:
    signs = text.translate(SIGNS) or "∅"
    return signs if len(signs) <= LONGEST else f"{signs[:LONGEST]}…"


def _percent(share: float) -> str:
    return "< 0.01%" if 0 < share < 0.0001 else f"{100 * share:.3g}%"
