"""Finds a thought in an answer: `<think>…</think>`, wherever its opening tag stands.

How a thought is drawn, and what a chat template does with it later, are not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Opening and closing tag. The second pair is LFM2-350M-Math's.
TAGS = (("<think>", "</think>"), ("<|cot_start|>", "<|cot_end|>"))
OPENINGS = {opening: closing for opening, closing in TAGS}
# A tag between backticks is talked about, not meant.
CLOSINGS = {closing: re.compile(f"(?<!`){re.escape(closing)}(?!`)") for _, closing in TAGS}
STRAY = CLOSINGS["</think>"]


@dataclass(frozen=True, slots=True)
class Thought:
    """Characters `start` up to `end` of the answer, without tags; what follows begins at `after`.

    closed: its closing tag is there.
    """

    start: int
    end: int
    after: int
    closed: bool


def opening_of(prompt: str) -> str:
    """The opening tag that a prompt ends with, as LFM2.5-2.6B's do; empty where there is none."""
    end = prompt.rstrip()
    return next((opening for opening in OPENINGS if end.endswith(opening)), "")


def opening_in(prompt: str) -> str:
    """The same with the white space that follows it."""
    tag = opening_of(prompt)
    return prompt[prompt.rindex(tag) :] if tag else ""


def thought_at(text: str, place: int, opening: str = "") -> Thought | None:
    """The thought that begins at `place`, white space before its tag aside.

    opening: the tag that stands in the prompt already; the thought then begins at once.
    """
    start = place
    if not opening:
        start = place + len(text[place:]) - len(text[place:].lstrip())
        opening = next((tag for tag in OPENINGS if text.startswith(tag, start)), "")
        if not opening:
            return None
        start += len(opening)
    elif text.startswith(opening, place):  # some models write the tag again
        start += len(opening)
    return _closed(text, start, OPENINGS[opening])


def stray_thought(text: str, end: int) -> Thought | None:
    """What stands before a `</think>` that nothing opened, if there is one before `end`."""
    closing = STRAY.search(text, 0, end)
    if closing is None or "<think>" in text[: closing.start()]:
        return None
    return Thought(0, closing.start(), closing.end(), True)


def _closed(text: str, start: int, closing: str) -> Thought:
    match = CLOSINGS[closing].search(text, start)
    if match is None:
        return Thought(start, len(text), len(text), False)
    return Thought(start, match.start(), match.end(), True)
