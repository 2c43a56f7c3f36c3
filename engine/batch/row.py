"""One answer while it grows: which tokens so far, what may be shown, and whether it has ended."""

from __future__ import annotations

import math
from typing import Any

import torch

from core.errors import InvalidInput
from core.runs.events import Finished, StopReason, Token
from core.workspace import Request
from engine.batch.beginnings import check_ids, constraint_after
from engine.batch.member import Member
from engine.batch.run_handle import RunHandle
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import Prompt
from engine.sampling.detokeniser import Detokeniser
from engine.sampling.stopping import HeldBack, StopStrings
from engine.sampling.tracing import Told

NOT_FINITE = (
    "The model returned numbers that are not finite, so no token can be chosen. "
    "Try float32 weights, or another model."
)


class Row(Member):
    """Everything of a lane that doesn't depend on the other lanes.

    prompt: with the tokens that the answer begins with.
    """

    decodes = True

    def __init__(
        self, request: Request, prompt: Prompt, checkpoint: Checkpoint, handle: RunHandle
    ) -> None:
        super().__init__(request.lane, prompt, handle)
        check_ids(prompt.after, checkpoint)
        self.params = request.params
        self.stop_reason: StopReason | None = None
        self.text_of = checkpoint.prompting.text_of
        self._ends = checkpoint.ends
        self._ids = list(prompt.ids)
        self._context = prompt.rendered.context_length
        self._wished = len(self._ids) + self.params.max_new_tokens
        self.full_length = min(self._wished, self._context)
        self.least_length = len(self._ids) + 1
        self._stops = StopStrings(self.params.stop, checkpoint.token_bytes)
        self._text = Detokeniser(checkpoint.prompting.decode, prompt.rendered.token_ids)
        self._held = HeldBack(self.params.stop, prompt.rendered.text)
        self._given = [self._held.push(self._text.push(token_id)) for token_id in prompt.after]
        self._constraint = constraint_after(request, prompt, checkpoint)

    def begin(self, event: Any) -> None:
        """Its prefill begins. Tokens that the request gives count as written by the model."""
        self.emit(event)
        for token_id, text in zip(self.prompt.after, self._given, strict=True):
            self.emit(Token(token_id, text, None, event.seconds, given=True))

    def allowed(self) -> torch.Tensor | None:
        """The tokens that the constraint lets through next; None: all of them."""
        return self._constraint.allowed() if self._constraint else None

    @property
    def incomplete(self) -> bool:
        """Whether the constraint asks for more than there is."""
        return self._constraint is not None and not self._constraint.complete

    def advance(self, told: Told) -> None:
        """Tell of a chosen token, and of the end if it was the last."""
        if not math.isfinite(told.logprob):
            raise InvalidInput(NOT_FINITE)
        seconds = self.handle.seconds
        self.emit(self._token(told, seconds))
        if self.stop_reason:
            self.end(self.finished(seconds))

    def _token(self, told: Told, seconds: float) -> Token:
        shown = self._take(told.token_id)
        return Token(told.token_id, shown, told.logprob, seconds, told.trace)

    def _take(self, token_id: int) -> str:
        """What is shown of it; `stop_reason` is set if it is the last."""
        self._ids.append(token_id)
        if self._constraint:
            self._constraint.take(token_id)
        if token_id in self._ends:
            self.stop_reason = "end_of_sequence"
            return ""
        text = self._text.push(token_id)
        if self._stops.ended_by(self._ids):
            self.stop_reason = "stop_string"
            return self._held.end(text + self._text.flush(), stopped=True)
        if len(self._ids) >= self.full_length:
            cut = self.full_length < self._wished
            self.stop_reason = "context_length" if cut else "max_new_tokens"
        return self._held.push(text)

    def finished(self, seconds: float) -> Finished:
        """The last event; it gives out text that was held back and belongs to the answer."""
        assert self.stop_reason is not None
        if self.stop_reason == "stop_string":
            return Finished("stop_string", "", seconds, self.incomplete)
        text = self._held.end(self._text.flush(), stopped=False)
        return Finished(self.stop_reason, text, seconds, self.incomplete)
