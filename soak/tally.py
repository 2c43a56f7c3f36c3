"""What a soak counts while it goes on, and the report in the end."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

NUMBER = re.compile(r"\d[\d,.]*")


@dataclass
class Tally:
    """Safe to use from many threads. first_tokens, pauses: seconds, one of each run that was read.

    pauses: the longest time of a run between two updates behind its first token.
    """

    done: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    errors: Counter[str] = field(default_factory=Counter[str])
    first_tokens: list[float] = field(default_factory=list[float])
    pauses: list[float] = field(default_factory=list[float])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self._lock:
            self.done[what] += 1

    def refused(self, sentence: str) -> None:
        """A run that a limit did not let in: expected under such a load, and said."""
        with self._lock:
            self.refusals[NUMBER.sub("N", sentence)[:200]] += 1

    def broke(self, what: str) -> None:
        with self._lock:
            self.errors[NUMBER.sub("N", what)[:200]] += 1

    def read(self, first_token: float, pause: float) -> None:
        with self._lock:
            self.done["runs read to the end"] += 1
            self.first_tokens.append(first_token)
            self.pauses.append(pause)

    def lines(self) -> list[str]:
        with self._lock:
            return [
                *(f"{count:7,} {what}" for what, count in sorted(self.done.items())),
                *_counted("refused with a sentence", self.refusals),
                *_counted("errors", self.errors),
                f"time to first token: {_spread(self.first_tokens)}",
                f"longest pause of a run: {_spread(self.pauses)}",
            ]


def _counted(what: str, kinds: Counter[str]) -> list[str]:
    return [
        f"{kinds.total():7,} {what}",
        *(f"{count:11,} {kind}" for kind, count in kinds.most_common(20)),
    ]


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none was measured"
    return f"median {median(seconds):.2f} s, worst {max(seconds):.2f} s of {len(seconds):,}"
