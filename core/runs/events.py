"""What an engine says while it works. All seconds count from the call of the engine's verb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities
from core.runs.traces import PART, Candidate, Trace

StopReason = Literal[
    "end_of_sequence", "stop_string", "max_new_tokens", "context_length", "stopped", "time_limit"
]


@dataclass(frozen=True, slots=True)
class Queued:
    """The lane waits for room in the batch; comes again when its place changes. 1 is next."""

    place: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Started:
    """The lane has its place in the batch and its prefill begins. `model` names what answers.

    prompt: None where the engine can't know it. cached_tokens: how many of the prompt's first
    tokens are known from an earlier prefill. capabilities: of the model; None: all that is asked.
    """

    prompt: RenderedPrompt | None
    model: str
    seconds: float
    cached_tokens: int = 0
    capabilities: Capabilities | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """One chosen token, or what arrives as one where the engine doesn't see tokens.

    token_id: None where it isn't told. text: what became visible with it; empty while a character
    is incomplete or while the end of the answer may still turn out to be a stop string. logprob:
    natural logarithm of the token's probability before any sampler, None where it isn't told.
    trace: what else could have been chosen; None where it isn't told. given: the request began the
    answer with it, so that nothing was chosen.
    """

    token_id: int | None
    text: str
    logprob: float | None
    seconds: float
    trace: Trace | None = None
    given: bool = False

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Likeliest first; empty where they aren't told."""
        return self.trace.candidates if self.trace else ()

    def chosen(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The token itself among its candidates, which take time to unpack."""
        return next((one for one in candidates if one.token_id == self.token_id), None)

    def own_text(self, chosen: Candidate | None) -> str:
        """Also of a control token, and of what may still turn out to be a stop string."""
        return chosen.text if chosen and chosen.text and PART not in chosen.text else self.text


@dataclass(frozen=True, slots=True)
class Finished:
    """The lane ended. `text` was held back and belongs to the answer after all.

    incomplete: the answer was cut before it was all that its constraint asks for.
    """

    stop_reason: StopReason
    text: str
    seconds: float
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The lane can't go on; `message` is a sentence with the next step."""

    message: str
    seconds: float


Event = Queued | Started | Token | Finished | Failed
