"""Whoever has a prompt read: an answer that grows from it, or a question about its tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from engine.batch.run_handle import RunHandle
from engine.prompt.prompting import Prompt

if TYPE_CHECKING:
    from engine.batch.prefill import Prefill


class Member:
    """handle: the run it belongs to. full_length: the most tokens that it takes room for.
    least_length: the fewest. scored_from: the place from which its prefill scores the tokens; None:
    none are scored, and prompts that are alike are read once. decodes: whether it goes on from
    there.
    """

    scored_from: int | None = None
    decodes = False
    incomplete = False

    def __init__(self, lane: str, prompt: Prompt, handle: RunHandle) -> None:
        self.lane = lane
        self.prompt = prompt
        self.handle = handle
        self.ended = False
        self.full_length = self.least_length = len(prompt.keys)

    def emit(self, event: Any) -> None:
        self.handle.emit(self.lane, event)

    def end(self, event: Any) -> None:
        """The last event; it leaves the worker."""
        self.emit(event)
        self.ended = True

    def begin(self, event: Any) -> None:
        """Its prefill begins; `event` says so."""

    def advanced(self, prefill: Prefill) -> None:
        """A piece of the prompt was read; maybe the last one."""


Anyone = TypeVar("Anyone", bound=Member)


def live(members: Iterable[Anyone]) -> list[Anyone]:
    """Those that haven't ended."""
    return [member for member in members if not member.ended]
