"""The events of one choice gathered, and what of them has yet to be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core.completions.answer_reader import AnswerReader, Piece
from core.completions.asked import Asked
from core.runs.capabilities import within
from core.runs.events import Event, Failed, Finished, Started, StopReason, Token
from core.tools.thinking import opening_in


@dataclass(frozen=True, slots=True)
class Delta:
    """What is new of a choice. finish_reason: OpenAI's word, empty while it goes on; ended_by: the
    engine's.
    """

    text: str = ""
    thought: str = ""
    calls: tuple[dict[str, Any], ...] = ()
    tokens: tuple[Token, ...] = ()
    finish_reason: str = ""
    ended_by: str = ""

    def __add__(self, later: Delta) -> Delta:
        return Delta(
            self.text + later.text, self.thought + later.thought, self.calls + later.calls,
            self.tokens + later.tokens, later.finish_reason or self.finish_reason,
            later.ended_by or self.ended_by,
        )  # fmt: skip


class Choice:
    """One answer of a call. place: among the choices.

    prompt_tokens, cached_tokens, prompt_ids: known once it has started. failure: a sentence, once
    it has failed; before_start: whether that was before its prefill began.
    """

    def __init__(self, asked: Asked, place: int) -> None:
        self.place = place
        self.request = asked.requests[place]
        self.started = False
        self.ended = False
        self.failure = ""
        self.prompt_ids: tuple[int, ...] = ()
        self.prompt_text = ""
        self.cached_tokens = 0
        self.token_count = 0
        self.called = 0  # how many calls were told
        self._asked = asked
        self._reader = AnswerReader(asked.tools)

    def take(self, events: Iterable[Event]) -> Delta:
        """What is new with these events."""
        texts: list[str] = []
        thoughts: list[str] = []
        calls: list[dict[str, Any]] = []
        tokens: list[Token] = []
        reason = ended_by = ""
        for event in events:
            if isinstance(event, Token):
                tokens.append(event)
            for piece in self._pieces(event):
                texts.append(piece.text)
                thoughts.append(piece.thought)
                calls += piece.calls
                self.called += len(piece.calls)
            if isinstance(event, Finished):
                self.ended, ended_by = True, event.stop_reason
                reason = finish_reason(event.stop_reason, bool(self.called))
            elif isinstance(event, Failed):
                self.ended, self.failure = True, event.message
        self.token_count += len(tokens)
        return Delta(
            "".join(texts), "".join(thoughts), tuple(calls), tuple(tokens), reason, ended_by
        )

    def _pieces(self, event: Event) -> Iterator[Piece]:
        match event:
            case Started():
                self._start(event)
            case Token(text=text) | Finished(text=text):
                if self._asked.raw or not self._asked.chat:
                    yield Piece(text=text)
                    return
                yield from self._reader.push(text)
                if isinstance(event, Finished):
                    yield from self._reader.end()
            case _:
                pass

    def _start(self, event: Started) -> None:
        self.started, self.cached_tokens = True, event.cached_tokens
        sent = within(self.request, event.capabilities) if event.capabilities else self.request
        prefill = sent.conversation.prefill
        written = prefill.text if prefill else ""
        opening = ""
        if event.prompt:
            self.prompt_ids, self.prompt_text = event.prompt.token_ids, event.prompt.text
            opening = opening_in(event.prompt.text.removesuffix(written))
        self._reader = AnswerReader(self._asked.tools, opening, written)


def finish_reason(reason: StopReason, called: bool) -> str:
    if reason in ("end_of_sequence", "stop_string"):
        return "tool_calls" if called else "stop"
    return "length"
