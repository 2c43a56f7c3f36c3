"""Tokens and figures in sentences. What a server sent is cut, as it may be of any length."""

from __future__ import annotations

import json
from math import exp

LONGEST = 60  # characters of a text inside of a sentence
LONGEST_FAILURE = 240


def quoted(text: str) -> str:
    """On one line, and with white space to be seen where there is nothing else."""
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    shown = json.dumps(cut, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return f"“{shown}”" if cut.strip() else f"“{shown.replace(' ', '␣')}”"


def named(token_id: int) -> str:
    return str(token_id) if abs(token_id) < 10**12 else f"{str(token_id)[:12]}…"


def percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def chance(logprob: float) -> str:
    return percent(exp(min(logprob, 0.0)))


def in_short(sentence: object) -> str:
    """A sentence about a failure, on one line: it may quote the request that the server refused."""
    line = " ".join(str(sentence).split())
    return line if len(line) <= LONGEST_FAILURE else f"{line[: LONGEST_FAILURE - 1]}…"
