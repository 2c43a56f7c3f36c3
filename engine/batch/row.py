"""One answer while it grows: which tokens so far, what may be shown, and whether it has ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch

from core.runs.events import Candidate, Event, Failed, Finished, StopReason, Token
from core.sampling import SamplingParams
from core.workspace import Request
from engine.batch.run_handle import Ticket
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import Prompt
from engine.sampling.candidates import candidates
from engine.sampling.detokeniser import Detokeniser
from engine.sampling.stopping import HeldBack, StopStrings


class Row:
    """Everything of a lane that doesn't depend on the other lanes.

    ticket: the run it belongs to. full_length: the most tokens that prompt and answer can have.
    """

    def __init__(
        self, request: Request, prompt: Prompt, checkpoint: Checkpoint, ticket: Ticket
    ) -> None:
        self.lane = request.lane
        self.ticket = ticket
        self.inspection = request.inspection
        self.params = _one_token(request.params) if request.inspection else request.params
        self.prompt = prompt
        self.stop_reason: StopReason | None = None
        self.ended = False
        self._ends = checkpoint.ends
        self._ids = list(prompt.ids)
        self._candidates: tuple[Candidate, ...] = ()
        self._context = prompt.rendered.context_length
        self._wished = len(self._ids) + self.params.max_new_tokens
        self.full_length = min(self._wished, self._context)
        self._stops = StopStrings(self.params.stop, checkpoint.token_bytes)
        self._decode = checkpoint.prompting.decode
        self._text = Detokeniser(self._decode, self._ids)
        self._held = HeldBack(self.params.stop, prompt.rendered.text)

    def emit(self, event: Event) -> None:
        self.ticket.emit(self.lane, event)

    def end(self, event: Finished | Failed) -> None:
        """The last event; the row leaves the batch."""
        self.emit(event)
        self.ended = True

    def inspect(self, logits: torch.Tensor) -> None:
        """Find the candidates of the token that is chosen next. logits: (vocabulary,), float32."""
        assert self.inspection
        seen = torch.zeros(len(logits), dtype=torch.bool)
        seen[[token_id for token_id in self._ids if token_id < len(logits)]] = True
        self._candidates = candidates(
            logits, self.params, seen, self.inspection, lambda i: self._decode([i])
        )

    def take(self, token_id: int, logprob: float, seconds: float) -> Token:
        """Add a chosen token; `stop_reason` is set if it was the last."""
        token = self._take(token_id, logprob, seconds)
        return replace(token, candidates=self._candidates) if self._candidates else token

    def _take(self, token_id: int, logprob: float, seconds: float) -> Token:
        self._ids.append(token_id)
        if token_id in self._ends:
            self.stop_reason = "end_of_sequence"
            return Token(token_id, "", logprob, seconds)
        text = self._text.push(token_id)
        if self._stops.ended_by(self._ids):
            self.stop_reason = "stop_string"
            shown = self._held.end(text + self._text.flush(), stopped=True)
            return Token(token_id, shown, logprob, seconds)
        if len(self._ids) >= self.full_length:
            cut = self.full_length < self._wished
            self.stop_reason = "context_length" if cut else "max_new_tokens"
        return Token(token_id, self._held.push(text), logprob, seconds)

    def finished(self, seconds: float) -> Finished:
        """The last event; it gives out text that was held back and belongs to the answer."""
        assert self.stop_reason is not None
        if self.stop_reason == "stop_string":
            return Finished("stop_string", "", seconds)
        return Finished(
            self.stop_reason, self._held.end(self._text.flush(), stopped=False), seconds
        )


def live(rows: Iterable[Row]) -> list[Row]:
    """Those that haven't ended."""
    return [row for row in rows if not row.ended]


def _one_token(params: SamplingParams) -> SamplingParams:
    return replace(params, max_new_tokens=1, stop=())
