"""What an engine says of text that it is given, and of one place: no token is chosen for either."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from core.runs.events import Failed, Queued
from core.runs.traces import Candidate


@dataclass(frozen=True, slots=True)
class Scoring:
    """So many tokens are read of those that have to be."""

    done: int
    expected: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token that was given.

    text: what became visible with it. logprob: natural logarithm of the probability that the model
    gave it before any sampler; None for the first token, for an image's, and where only the
    continuation was asked for. rank: among all tokens, 1 is the likeliest. entropy: of the place's
    distribution, in nats. Both None where logprob is.
    """

    token_id: int
    text: str
    logprob: float | None = None
    rank: int | None = None
    entropy: float | None = None


@dataclass(frozen=True)
class Scored:
    """tokens: of prompt and continuation. prompt_tokens: how many of them are the prompt's.
    cached_tokens: how many were known from an earlier prefill.
    """

    model: str
    tokens: tuple[ScoredToken, ...] = field(repr=False)
    prompt_tokens: int
    cached_tokens: int
    seconds: float

    @property
    def prompt(self) -> tuple[ScoredToken, ...]:
        return self.tokens[: self.prompt_tokens]

    @property
    def continuation(self) -> tuple[ScoredToken, ...]:
        return self.tokens[self.prompt_tokens :]


@dataclass(frozen=True)
class Distribution:
    """All that a model says of one place, before any sampler.

    logits: one float32 for each id, in the machine's order. seen: the ids before it, which a
    repetition penalty counts. allowed: a byte for each id, 0 where the constraint forbids it; empty
    where there is none, or where it allows all.
    """

    model: str
    logits: bytes = field(repr=False)
    seen: frozenset[int] = field(repr=False)
    allowed: bytes = field(repr=False)
    cached_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SamplerStep:
    """The distribution after a sampler.

    name: the sampler's, or "constraint"; empty for the model's own distribution. survivors: how
    many tokens can be chosen. removed: the probability, before this step, of what it took out.
    probabilities: of the tokens that `SamplerSteps` lists; 0 for one that is out.
    """

    name: str
    survivors: int
    removed: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SamplerSteps:
    """How the samplers turn one distribution into what is drawn from, step by step in their order.

    token_ids, texts: likeliest first: those that lead before the samplers and after them, and those
    that were asked about. removed_by: of each, as in `Candidate`.
    """

    token_ids: tuple[int, ...]
    texts: tuple[str, ...]
    steps: tuple[SamplerStep, ...]
    removed_by: tuple[str, ...]

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        before, after = self.steps[0].probabilities, self.steps[-1].probabilities
        columns = (self.token_ids, self.texts, map(_log, before), after, self.removed_by)
        return tuple(map(Candidate, *columns))


def _log(share: float) -> float:
    return math.log(share) if share else -math.inf


ScoreEvent = Queued | Scoring | Scored | Failed
DistributionEvent = Queued | Distribution | Failed
