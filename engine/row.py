"""One answer while it grows: which tokens so far, what may be shown, and whether it has ended."""

from __future__ import annotations

import torch

from core.events import Finished, StopReason, Token
from core.workspace import Request
from engine.checkpoint import Checkpoint
from engine.detokeniser import Detokeniser
from engine.prompting import Prompt
from engine.stopping import HeldBack, StopStrings


class Row:
    """Everything of a lane that doesn't depend on the other lanes.

    generator and seen live on the model's device: the random numbers of this row alone, and which
    tokens of the vocabulary are in prompt or answer (for the repetition penalty).
    """

    def __init__(self, request: Request, prompt: Prompt, checkpoint: Checkpoint) -> None:
        self.lane = request.lane
        self.params = request.params
        self.prompt = prompt
        self.stop_reason: StopReason | None = None
        self.generator = torch.Generator(checkpoint.model.device)
        self.generator.manual_seed(request.params.seed or 0)
        self.seen: torch.Tensor | None = None
        self._ends = checkpoint.ends
        self._ids = list(prompt.rendered.token_ids)
        self._full = len(self._ids) + self.params.max_new_tokens
        self._context = prompt.rendered.context_length
        self._stops = StopStrings(self.params.stop, checkpoint.token_bytes)
        self._text = Detokeniser(checkpoint.prompting.decode, self._ids)
        self._held = HeldBack(self.params.stop, prompt.rendered.text)

    def see(self, vocabulary: int, device: torch.device) -> torch.Tensor:
        """`seen`, made at first use; ids beyond the output vocabulary are left out."""
        if self.seen is None:
            ids = torch.tensor(sorted({i for i in self._ids if i < vocabulary}), dtype=torch.long)
            self.seen = torch.zeros(vocabulary, dtype=torch.bool, device=device)
            self.seen[ids.to(device)] = True
        return self.seen

    def take(self, token_id: int, logprob: float, seconds: float) -> Token:
        """Add a chosen token; `stop_reason` is set if it was the last."""
        self._ids.append(token_id)
        if token_id in self._ends:
            self.stop_reason = "end_of_sequence"
            return Token(token_id, "", logprob, seconds)
        text = self._text.push(token_id)
        if self._stops.ended_by(self._ids):
            self.stop_reason = "stop_string"
            shown = self._held.end(text + self._text.flush(), stopped=True)
            return Token(token_id, shown, logprob, seconds)
        if len(self._ids) >= self._full:
            self.stop_reason = "max_new_tokens"
        elif len(self._ids) >= self._context:
            self.stop_reason = "context_length"
        return Token(token_id, self._held.push(text), logprob, seconds)

    def finished(self, seconds: float) -> Finished:
        """The last event; it gives out text that was held back and belongs to the answer."""
        assert self.stop_reason is not None
        if self.stop_reason == "stop_string":
            return Finished("stop_string", "", seconds)
        return Finished(
            self.stop_reason, self._held.end(self._text.flush(), stopped=False), seconds
        )
