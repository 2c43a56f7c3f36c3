"""The samplers by another program's names, and what has to be said about them there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.sampler_row import PROGRAMS, Program
from core.sampling import SamplingParams, in_order, in_use, is_on, samplers

SERVERS: tuple[Program, ...] = ("vllm", "sglang")  # take more than OpenAI's names


def is_set(params: SamplingParams, name: str) -> bool:
    """Whether a program has to be told a sampler's value; temperature 0 makes it greedy."""
    return name in in_use(params) or name == "temperature"


def their_values(
    params: SamplingParams, program: Program, penalties: bool | None = None
) -> dict[str, Any]:
    """The values of all samplers that the program has, off or on: its own defaults are others.

    penalties: only those that work with temperature 0 too, or only the others.
    """
    values: dict[str, Any] = {}
    for name, row in samplers().items():
        theirs = row.name_in(program)
        if theirs is None or not is_set(params, name) or penalties is row.ignored_when_greedy:
            continue
        value = getattr(params, name)
        if value == row.setting.off and theirs.off is not None:
            value = theirs.off
        elif theirs.smallest is not None:
            value = max(value, theirs.smallest)
        values |= {theirs.name: value, **dict(theirs.with_it)}
    return values


def llama_order() -> list[str]:
    """llama.cpp's names of the samplers, in Transformers' order."""
    named = (samplers()[name].elsewhere.llama_order for name in in_order())
    return [name for name in named if name]


def sampler_notes(params: SamplingParams, program: Program) -> Iterator[str]:
    """What is left out, does something else, or is another value there; of what is on."""
    for name in in_use(params):
        if not is_on(params, name):
            continue
        theirs, value = samplers()[name].name_in(program), getattr(params, name)
        if theirs is None:
            yield _left_out(name, program)
            continue
        if theirs.trap:
            yield theirs.trap
        if theirs.smallest is not None and value < theirs.smallest:
            yield (
                f"{PROGRAMS[program]} does not take {theirs.name} {value:g} as the lane does; "
                f"{theirs.smallest:g} leaves the same tokens."
            )


def _left_out(name: str, program: Program) -> str:
    sentence = f"{PROGRAMS[program]} has no {name}: it is left out."
    knowing = [PROGRAMS[one] for one in SERVERS if samplers()[name].name_in(one)]
    if program != "openai" or not knowing:
        return sentence
    known = " and ".join(knowing)
    return f"{sentence} Servers that know it take it in extra_body; see {known}."
