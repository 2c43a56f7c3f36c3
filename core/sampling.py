"""Sampling parameters: one annotated class that sliders, validation, presets and docs come from.

Names and meaning are those of Transformers' `GenerationConfig`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, cast, get_args, get_type_hints

from core.errors import InvalidInput

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Setting:
    """What a person needs to know about a number: its range, its step and the value that is off.

    `off` is None where a number has no off value (a length, a seed); presets leave those alone.
    """

    label: str
    minimum: float
    maximum: float
    step: float
    help: str
    off: float | None = None


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the next token is chosen. The defaults are the off values: the model's own distribution.

    seed: None draws a fresh one for each run. stop: the answer ends before any of these strings.
    """

    temperature: Annotated[
        float,
        Setting(
            "Temperature", 0.0, 2.0, 0.01,
            "Randomness. 0 always takes the likeliest token; 0.1 to 0.7 is steady, "
            "0.8 to 1.5 is varied. Off: 1, the model's own probabilities.",
            off=1.0,
        ),
    ] = 1.0  # fmt: skip
    top_k: Annotated[
        int,
        Setting(
            "Top-k", 0, 200, 1,
            "Keeps only the k likeliest tokens. 10 to 50 is focused, 50 to 100 varied. Off: 0.",
            off=0,
        ),
    ] = 0  # fmt: skip
    top_p: Annotated[
        float,
        Setting(
            "Top-p", 0.0, 1.0, 0.01,
            "Keeps the likeliest tokens whose probabilities add up to p. "
            "0.1 to 0.5 is focused, 0.7 to 0.95 varied. Off: 1.",
            off=1.0,
        ),
    ] = 1.0  # fmt: skip
    min_p: Annotated[
        float,
        Setting(
            "Min-p", 0.0, 1.0, 0.01,
            "Drops tokens less likely than this share of the likeliest one. Off: 0.",
            off=0.0,
        ),
    ] = 0.0  # fmt: skip
    repetition_penalty: Annotated[
        float,
        Setting(
            "Repetition penalty", 0.5, 2.0, 0.01,
            "Above 1, tokens already in the prompt or the answer become less likely. Off: 1.",
            off=1.0,
        ),
    ] = 1.0  # fmt: skip
    max_new_tokens: Annotated[
        int,
        Setting("Max new tokens", 1, 8192, 1, "The answer ends after this many tokens."),
    ] = 512  # fmt: skip
    seed: Annotated[
        int | None,
        Setting(
            "Seed", 0, LARGEST_SEED, 1,
            "The same seed and settings give the same answer. Empty: a new seed for each run.",
        ),
    ] = None  # fmt: skip
    stop: tuple[str, ...] = ()

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken, as `do_sample=False` does."""
        return self.temperature == 0


@cache
def settings() -> dict[str, Setting]:
    """The annotated numbers by name, in the order in which the page shows them."""
    hints = get_type_hints(SamplingParams, include_extras=True)
    return {
        field.name: next(a for a in get_args(hints[field.name]) if isinstance(a, Setting))
        for field in fields(SamplingParams)
        if field.name != "stop"
    }


def sampling_params(values: Mapping[str, Any]) -> SamplingParams:
    """Read untrusted values by Transformers' names; what is not named stays at its default.

    Raises InvalidInput for an unknown name, a value of the wrong kind or out of range.
    """
    known = {*settings(), "stop"}
    for name in values:
        if name not in known:
            raise InvalidInput(
                f"There is no sampling parameter {name!r}; use {', '.join(sorted(known))}."
            )
    read: dict[str, Any] = {n: _number(n, values[n]) for n in settings() if n in values}
    if "stop" in values:
        read["stop"] = _stop(values["stop"])
    return SamplingParams(**read)


def under(current: SamplingParams, values: Mapping[str, Any]) -> SamplingParams:
    """`current` with these values set and other samplers off; a length, seed and stop stay.

    Raises InvalidInput as `sampling_params` does.
    """
    kept = {name: getattr(current, name) for name, one in settings().items() if one.off is None}
    return sampling_params({**kept, "stop": current.stop, **values})


def _number(name: str, value: Any) -> float | int | None:
    setting = settings()[name]
    if value is None and name == "seed":
        return None
    span = f"{setting.minimum:g} to {setting.maximum:.10g}"
    not_a_number = value != value  # as only NaN is; math.isnan can't take a huge whole number
    if isinstance(value, bool) or not isinstance(value, int | float) or not_a_number:
        shown = "empty" if value is None else repr(value)
        raise InvalidInput(f"{name} is {shown}; it must be a number from {span}.")
    if not setting.minimum <= value <= setting.maximum:
        raise InvalidInput(f"{name} is {value}; the allowed range is {span}.")
    if isinstance(setting.step, int):
        if value != int(value):
            raise InvalidInput(f"{name} is {value}; it must be a whole number from {span}.")
        return int(value)
    return float(value)


def _stop(value: Any) -> tuple[str, ...]:
    strings: Any = [value] if isinstance(value, str) else value
    if not isinstance(strings, list | tuple) or not all(isinstance(s, str) for s in strings):
        raise InvalidInput(f"stop is {value!r}; it must be a text or a list of texts.")
    return tuple(dict.fromkeys(string for string in cast(Sequence[str], strings) if string))
