"""One row of the table: what is sent where, and what the person then reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.hostile.driver import Seen, Visitor

Entrance = Callable[[Visitor, Any], Seen]
BOUND = 5.0  # seconds


@dataclass(frozen=True)
class Row:
    """where: a function of `entrances`. sent: what goes in there; a function makes it when needed.

    reads: a pattern in what the person reads. never: one that is not in it. within: seconds.
    shipped: also sent to the shipped model, where it takes another way through the engine.
    """

    name: str
    where: Entrance
    sent: Any
    reads: str
    never: str = ""
    within: float = BOUND
    shipped: bool = False

    def send(self, visitor: Visitor) -> Seen:
        return self.where(visitor, self.sent() if callable(self.sent) else self.sent)

    def complaints(self, seen: Seen, secrets: tuple[str, ...]) -> list[str]:
        """What is wrong with the outcome. secrets: texts that no visitor may read."""
        found: list[str] = []
        if seen.status >= 500:
            found.append(f"The status is {seen.status}.")
        if seen.error is not None and not _is_a_sentence(seen.error, seen.status):
            found.append("The refusal is no sentence.")
        if not re.search(self.reads, seen.text, re.DOTALL):
            found.append(f"Nothing in it is like {self.reads!r}.")
        if self.never and (shown := re.search(self.never, seen.text)):
            found.append(f"It shows {shown[0]!r}.")
        found += [f"It shows {secret!r}." for secret in secrets if secret in seen.text]
        if seen.seconds > self.within:
            found.append(f"It took {seen.seconds:.1f} s; {self.within:g} s are allowed.")
        return found


def _is_a_sentence(text: str, status: int) -> bool:
    """A refusal of HTTP itself may be as short as "Not Found"; one of the page has a full stop."""
    if not text.strip() or "Traceback" in text or " object at 0x" in text:
        return False
    return 400 <= status < 500 or text.rstrip()[-1] in ".!?…)”"
