"""Who may join the batch now, who waits, and who never can."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import InvalidInput
from engine.batch.fair_queue import FairQueue
from engine.batch.member import Member, live
from engine.batch.run_handle import RunHandle


class Admission:
    """Bounds the batch in rows and in bytes; the lanes of a run go in together.

    Room is counted for full lengths, so that an answer once begun never runs out of it: all rows as
    long as the longest (they share one block of memory), and one more for a prompt being read.
    batch_bytes may change; a run that has been accepted keeps its place, and gets its turn.
    """

    def __init__(self, rows: int, batch_bytes: int, bytes_per_token: int) -> None:
        self.batch_bytes = batch_bytes
        self.queue = FairQueue()
        self._rows = rows
        self._bytes_per_token = bytes_per_token

    def ask(self, handle: RunHandle) -> None:
        """Put a run into the queue. Raises InvalidInput with the numbers if it can never fit."""
        rows = live(handle.rows)
        if sentence := self._impossible(rows):
            raise InvalidInput(sentence)
        if rows:
            self.queue.add(handle)

    def admit(self, begun: Sequence[Member]) -> list[RunHandle]:
        """Take all runs from the queue that fit next to the rows that have begun."""
        admitted: list[RunHandle] = []
        rows = list(begun)
        while (first := self.queue.first()) and (not rows or self._fits([*rows, *first.rows])):
            admitted.append(self.queue.take())
            rows += first.rows
        return admitted

    def _bytes(self, rows: Sequence[Member]) -> int:
        longest = max((row.full_length for row in rows), default=0)
        return (len(rows) + 1) * longest * self._bytes_per_token

    def _fits(self, rows: Sequence[Member]) -> bool:
        return len(rows) <= self._rows and self._bytes(rows) <= self.batch_bytes

    def _impossible(self, rows: Sequence[Member]) -> str:
        if len(rows) > self._rows:
            return (
                f"This run has {len(rows)} lanes, but at most {self._rows} are answered at a time. "
                "Use fewer lanes, or start the playground with a larger --rows."
            )
        if self._bytes(rows) > self.batch_bytes:
            longest = max(row.full_length for row in rows)
            return (
                f"{len(rows)} lanes of up to {longest:,} tokens need "
                f"{_megabytes(self._bytes(rows))} of cache, but the batch may take "
                f"{_megabytes(self.batch_bytes)}. Shorten the prompt, lower max_new_tokens, use "
                "fewer lanes, or start the playground with a larger --batch-memory."
            )
        return ""


def check_length(row: Member) -> None:
    """Raises InvalidInput where the context has no room for an answer."""
    length, context = len(row.prompt.keys), row.prompt.rendered.context_length
    if row.least_length > context:
        raise InvalidInput(
            f"The prompt has {length:,} tokens, but the model's context holds {context:,} for "
            "prompt and answer together. Remove messages, shorten them, or use fewer images."
        )


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB"
