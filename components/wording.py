"""Numbers with their nouns, in the singular or the plural."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 message`, `1,200 messages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
