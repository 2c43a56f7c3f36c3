"""Who may join the batch now, who waits, and who never can."""

from __future__ import annotations

from collections.abc import Sequence

from core.events import Failed
from engine.fair_queue import FairQueue
from engine.row import Row
from engine.ticket import Ticket


class Admission:
    """Bounds the batch in rows and in bytes; the lanes of a run go in together.

    Room is counted for full lengths, so that an answer once begun never runs out of it: all rows as
    long as the longest (they share one block of memory), and one more for a prompt being read.
    """

    def __init__(self, rows: int, batch_bytes: int, bytes_per_token: int) -> None:
        self._rows = rows
        self._batch_bytes = batch_bytes
        self._bytes_per_token = bytes_per_token
        self._queue = FairQueue()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def ask(self, ticket: Ticket) -> None:
        """Put a run into the queue. What can't fit even alone fails, with the numbers."""
        for row in ticket.rows:
            if row.full_length <= len(row.prompt.keys):
                row.end(Failed(_too_long(row), ticket.seconds))
        ticket.rows = [row for row in ticket.rows if not row.ended]
        sentence = self._impossible(ticket.rows) if ticket.rows else ""
        for row in ticket.rows if sentence else ():
            row.end(Failed(sentence, ticket.seconds))
        if ticket.rows and not sentence:
            self._queue.add(ticket)

    def admit(self, live: Sequence[Row]) -> list[Ticket]:
        """Take all runs from the queue that fit beside `live`; tell the others their place."""
        admitted: list[Ticket] = []
        rows = list(live)
        while (first := self._queue.first()) and self._fits([*rows, *first.rows]):
            admitted.append(self._queue.take())
            rows += first.rows
        for place, ticket in enumerate(self._queue, start=1):
            ticket.move_to(place)
        return admitted

    def remove_closed(self) -> None:
        self._queue.remove([ticket for ticket in self._queue if ticket.closed])

    def _bytes(self, rows: Sequence[Row]) -> int:
        longest = max(row.full_length for row in rows)
        return (len(rows) + 1) * longest * self._bytes_per_token

    def _fits(self, rows: Sequence[Row]) -> bool:
        return len(rows) <= self._rows and self._bytes(rows) <= self._batch_bytes

    def _impossible(self, rows: Sequence[Row]) -> str:
        if len(rows) > self._rows:
            return (
                f"This run has {len(rows)} lanes, and at most {self._rows} are answered at a time. "
                "Use fewer lanes, or start the playground with a larger --rows."
            )
        if self._bytes(rows) > self._batch_bytes:
            longest = max(row.full_length for row in rows)
            return (
                f"{len(rows)} lanes of up to {longest:,} tokens need "
                f"{_megabytes(self._bytes(rows))} of cache, and the batch may take "
                f"{_megabytes(self._batch_bytes)}. Shorten the prompt, lower max_new_tokens, use "
                "fewer lanes, or start the playground with a larger --batch-memory."
            )
        return ""


def _too_long(row: Row) -> str:
    length, context = len(row.prompt.keys), row.prompt.rendered.context_length
    return (
        f"The prompt has {length:,} tokens, and the model's context holds {context:,} for prompt "
        "and answer together. Remove messages, shorten them, or use fewer images."
    )


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB"
