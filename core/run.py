"""A run: the events of one lane folded into one value that the page, the API and exports draw."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal

from core.events import Event, Failed, Finished, Started, StopReason, Token
from core.prompt import RenderedPrompt
from core.workspace import Request

RunStatus = Literal["waiting", "prefill", "streaming", "done", "failed"]


@dataclass(frozen=True)
class Run:
    """One lane's answer so far. Seconds count from the moment the run was asked for."""

    request: Request
    status: RunStatus = "waiting"
    prompt: RenderedPrompt | None = None
    model: str = ""
    text: str = ""
    tokens: tuple[Token, ...] = field(default=(), repr=False)
    stop_reason: StopReason | None = None
    error: str = ""
    started_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def prefill_text(self) -> str:
        """What the person wrote of the answer; `text` is what the model added."""
        prefill = self.request.conversation.prefill
        return prefill.text if prefill else ""

    @property
    def token_ids(self) -> tuple[int, ...]:
        return tuple(token.token_id for token in self.tokens)

    @property
    def prompt_tokens(self) -> int:
        return len(self.prompt.tokens) if self.prompt else 0

    @property
    def time_to_first_token(self) -> float | None:
        """Seconds from asking to the first token, waiting included; loading never is."""
        return self.tokens[0].seconds if self.tokens else None

    @property
    def prefill_seconds(self) -> float | None:
        return self.tokens[0].seconds - self.started_seconds if self.tokens else None

    @property
    def decode_seconds(self) -> float | None:
        return self.tokens[-1].seconds - self.tokens[0].seconds if len(self.tokens) > 1 else None

    @property
    def prefill_tokens_per_second(self) -> float | None:
        return self.prompt_tokens / self.prefill_seconds if self.prefill_seconds else None

    @property
    def decode_tokens_per_second(self) -> float | None:
        """The first token belongs to the prefill, so n tokens are n - 1 decoding steps."""
        return (len(self.tokens) - 1) / self.decode_seconds if self.decode_seconds else None


def fold(run: Run, event: Event) -> Run:
    """The run after `event`. Raises TypeError for anything that is not an event."""
    match event:
        case Started():
            return replace(
                run, status="prefill", prompt=event.prompt, model=event.model,
                started_seconds=event.seconds, seconds=event.seconds,
            )  # fmt: skip
        case Token():
            return replace(
                run, status="streaming", text=run.text + event.text,
                tokens=(*run.tokens, event), seconds=event.seconds,
            )  # fmt: skip
        case Finished():
            return replace(
                run, status="done", text=run.text + event.text,
                stop_reason=event.stop_reason, seconds=event.seconds,
            )  # fmt: skip
        case Failed():
            return replace(run, status="failed", error=event.message, seconds=event.seconds)
    raise TypeError(f"{event!r} is not an event of a run")


def fold_all(request: Request, events: list[Event]) -> Run:
    return reduce(fold, events, Run(request))
