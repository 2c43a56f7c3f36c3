"""What an engine says while it works. All seconds count from the call of the engine's verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities

StopReason = Literal[
    "end_of_sequence", "stop_string", "max_new_tokens", "context_length", "stopped", "time_limit"
]  # fmt: skip


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
class Candidate:
    """A token that could have been chosen.

    logprob: natural logarithm of its probability before any sampler. probability: after all of
    them, 0 to 1. removed_by: the sampling parameter that took it out, such as "top_p"; empty where
    none did, so that only the draw decides.
    """

    token_id: int
    text: str
    logprob: float
    probability: float
    removed_by: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """One chosen token, or what arrives as one where the engine doesn't see tokens.

    token_id: None where it isn't told. text: what became visible with it; empty while a character
    is incomplete or while the end of the answer may still turn out to be a stop string. logprob:
    natural logarithm of the token's probability before any sampler, None where it isn't told.
    candidates: likeliest first, where an inspection asked for them.
    """

    token_id: int | None
    text: str
    logprob: float | None
    seconds: float
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The lane ended. `text` was held back and belongs to the answer after all."""

    stop_reason: StopReason
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The lane can't go on; `message` is a sentence with the next step."""

    message: str
    seconds: float


Event = Queued | Started | Token | Finished | Failed
