"""Sampling parameters by name: the rows of the table, and untrusted values read by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, cast, get_args, get_type_hints

from core.errors import InvalidInput
from core.sampler_row import SamplerRow, Setting
from core.samplers import LARGEST_SEED, SamplingParams

__all__ = [
    "LARGEST_SEED", "SamplingParams", "Setting", "in_use", "in_order", "is_on", "sampling_params",
    "samplers", "settings", "under",
]  # fmt: skip


@cache
def samplers() -> Mapping[str, SamplerRow]:
    """The rows of the table by name, in the order in which the page shows them."""
    return {n: row for n, row in _annotations().items() if isinstance(row, SamplerRow)}


@cache
def in_order() -> tuple[str, ...]:
    """The samplers' names in the order in which they are applied, Transformers' own."""
    return tuple(sorted(samplers(), key=lambda name: samplers()[name].order))


@cache
def settings() -> Mapping[str, Setting]:
    """All numbers by name, in the order in which the page shows them."""
    return {n: a.setting if isinstance(a, SamplerRow) else a for n, a in _annotations().items()}


def _annotations() -> dict[str, SamplerRow | Setting]:
    hints = get_type_hints(SamplingParams, include_extras=True)
    kinds = SamplerRow | Setting
    return {
        field.name: next(a for a in get_args(hints[field.name]) if isinstance(a, kinds))
        for field in fields(SamplingParams)
        if field.name != "stop"
    }


def is_on(params: SamplingParams, name: str) -> bool:
    """Whether a sampler's value is another than its off value, heeded or not."""
    return getattr(params, name) != samplers()[name].setting.off


def in_use(params: SamplingParams) -> tuple[str, ...]:
    """The samplers that are heeded, off or on: with temperature 0 those that work then too."""
    return tuple(
        name for name, row in samplers().items() if not (params.greedy and row.ignored_when_greedy)
    )


def sampling_params(values: Mapping[str, Any]) -> SamplingParams:
    """Read untrusted values by Transformers' names; what is not named stays at its default.

    Raises InvalidInput for an unknown name, a value of the wrong kind or out of range.
    """
    known = {*settings(), "stop"}
    for name in values:
        if name not in known:
            raise InvalidInput(
                f"Unknown sampling parameter {name!r}; use {', '.join(sorted(known))}."
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
        raise InvalidInput(f"stop is {value!r}; it must be a string or a list of strings.")
    return tuple(dict.fromkeys(string for string in cast(Sequence[str], strings) if string))
