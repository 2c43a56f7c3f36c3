"""The exact shares of an answer's first token, and the settings by which a parameter shows most."""

from __future__ import annotations

import random
from array import array
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from core.conformance.asking import distribution
from core.conformance.goodness import Shares, distance, power, spread
from core.runs.engine import Engine
from core.runs.run import Run
from core.runs.scores import Distribution
from core.sampling import SamplingParams, samplers
from core.workspace import Request

LISTED = 100  # tokens that are told apart; all others are one
REST = None  # the key of those
# Values that are tried, for those that are most unlike without the parameter.
VALUES: Mapping[str, Sequence[float]] = {
    "temperature": (0.4, 0.6, 2.0),
    "top_k": (1, 2, 3, 4, 6, 8, 12),
    "top_p": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "min_p": (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9),
    "typical_p": (0.2, 0.3, 0.5, 0.7, 0.9),
    "repetition_penalty": (2.0, 1.5),
}
TEMPERATURES = (1.0, 2.0)  # around the other parameters: the second where a model is too sure
SURE = 0.99  # how surely it must be noticed that a parameter has no effect
LEAST_APART = 0.1  # the share of draws that are others without the parameter
MOST_TRIED = 12  # settings
ROUNDING = 0.03  # nats by which logits differ between number formats


class Place:
    """Where answers to a request begin. by_text: tokens are known by their texts, not ids."""

    def __init__(self, engine: Engine, request: Request, by_text: bool) -> None:
        self.request = request
        self._engine = engine
        self._found = distribution(engine, request)
        listed = engine.sampler_steps(self._found, SamplingParams(), LISTED)
        self._ids = listed.token_ids
        described = engine.description
        ends = described.capabilities.ends if described else frozenset[int]()
        texts = ("" if i in ends else text for i, text in zip(self._ids, listed.texts, strict=True))
        self._keys: Mapping[int, Hashable] = dict(
            zip(self._ids, texts if by_text else self._ids, strict=True)
        )
        self._end = next((self._keys[one] for one in self._ids if one in ends), REST)
        self._known = {*self._keys.values()}

    def shares(self, params: SamplingParams) -> dict[Hashable, float]:
        """Shares of the first token with these samplers."""
        return self._of(self._found, params)

    @property
    def spread(self) -> float:
        """The probability that two draws differ."""
        return spread(self.shares(SamplingParams()))

    def key_of(self, run: Run) -> Hashable:
        """The key of an answer of at most one token."""
        if not run.tokens:
            return self._end
        token = run.tokens[0]
        key = run.text if token.token_id is None else self._keys.get(token.token_id, REST)
        return key if key in self._known else REST

    def is_steady(self, params: SamplingParams) -> bool:
        """Whether the same tokens are left where the logits are rounded otherwise."""
        left = self._left(self._found, params)
        return all(self._left(other, params) == left for other in self._rounded)

    @cached_property
    def _rounded(self) -> Sequence[Distribution]:
        chance = random.Random(0)
        copies: list[Distribution] = []
        for _ in range(2):
            logits = array("f", self._found.logits)
            moved = array("f", (one + chance.gauss(0, ROUNDING) for one in logits))
            copies.append(replace(self._found, logits=moved.tobytes()))
        return copies

    def _left(self, found: Distribution, params: SamplingParams) -> set[Hashable]:
        return {key for key, share in self._of(found, params).items() if share > 0}

    def _of(self, found: Distribution, params: SamplingParams) -> dict[Hashable, float]:
        steps = self._engine.sampler_steps(found, params, 1, self._ids)
        by_id = dict(zip(steps.token_ids, steps.steps[-1].probabilities, strict=True))
        shares: dict[Hashable, float] = {}
        for token_id in self._ids:
            key = self._keys[token_id]
            shares[key] = shares.get(key, 0.0) + by_id[token_id]
        rest = 1 - sum(shares.values())
        return {**shares, REST: rest if rest > 1e-6 else 0.0}


@dataclass(frozen=True)
class Probe:
    """A setting by which a parameter shows. shares: with it; without: were it ignored.

    noticed: the probability that draws of the one do not fit the other.
    """

    name: str
    place: Place
    params: SamplingParams
    shares: Shares
    without: Shares
    noticed: float

    @property
    def setting(self) -> str:
        value = f"{self.name} {getattr(self.params, self.name):g}"
        around = self.params.temperature
        return value if self.name == "temperature" or around == 1 else f"{value} at temperature 2"


def best_probe(name: str, places: Sequence[Place], draws: int, level: float) -> Probe | None:
    """The setting that leaves most to draw from, of those by which it shows surely: then the
    shares of what is left are tested, too. None where no place shows it.
    """
    for around in TEMPERATURES[:1] if name == "temperature" else TEMPERATURES:
        tried = sorted(_tried(name, places, around), key=lambda one: -spread(one[2]))
        for place, params, shares, other in tried[:MOST_TRIED]:
            noticed = power(shares, other, draws, level)
            if noticed >= SURE and place.is_steady(params):
                return Probe(name, place, params, shares, other, noticed)
    return None


def _tried(
    name: str, places: Sequence[Place], around: float
) -> Iterator[tuple[Place, SamplingParams, Shares, Shares]]:
    whole = isinstance(samplers()[name].setting.step, int)
    for place in places:
        without = SamplingParams(temperature=around)
        other = place.shares(without)
        for value in VALUES[name]:
            params = replace(without, **{name: int(value) if whole else value})
            shares = place.shares(params)
            if distance(shares, other) >= LEAST_APART:
                yield place, params, shares, other
