"""How much work a measure is: the real sizes, and ones that only prove that it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of tokens, but for the gap.

    short, long, joining: of prompts; the last one joins a running lane. new: of each answer.
    pocket_new: of each answer of the pocket model, whose steps are so short that more are needed.
    gap: seconds between two users' arrivals. streamed: of each answer that the page streams while
    it is watched. words, keys: that are typed and timed. rows: of a sheet. shared: tokens with
    which all its prompts begin.
    """

    short: int = 32
    long: int = 1024
    joining: int = 2048
    new: int = 64
    pocket_new: int = 192
    gap: float = 0.3
    streamed: int = 64
    words: int = 7
    keys: int = 60
    rows: int = 64
    shared: int = 200


REAL = Sizes()
SMALL = Sizes(
    short=24,
    long=96,
    joining=256,
    new=6,
    pocket_new=6,
    gap=0.02,
    streamed=8,
    words=1,
    keys=5,
    rows=5,
    shared=30,
)
