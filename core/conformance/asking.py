"""The two sides of a conformance check, and how both are asked: a few calls at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Protocol

from core.errors import InvalidInput
from core.runs.engine import Engine, EventStream, ModelDescription
from core.runs.events import Event, Failed
from core.runs.run import Run, fold_all
from core.runs.scores import Distribution, Scored
from core.workspace import Request

IN_FLIGHT = 8  # calls at a time


class Streams(Protocol):
    def stream(self, requests: Sequence[Request], visitor: str = "") -> EventStream: ...


class Served(Streams, Protocol):
    """A server's side; None wherever it doesn't tell. All raise InvalidInput where it fails."""

    @property
    def description(self) -> ModelDescription | None: ...

    @property
    def kind(self) -> str: ...

    @property
    def draws_alike(self) -> bool:
        """Whether a seed draws there what it draws here."""
        ...

    def prompt_ids(self, request: Request) -> tuple[int, ...] | None: ...

    def prompt_count(self, request: Request) -> int | None:
        """How many tokens the prompt has."""
        ...

    def text_logprobs(self, request: Request, ids: Sequence[int]) -> list[float | None] | None:
        """The logprob of each of these tokens, of prompt and answer, before any sampler."""
        ...


def answers(engine: Streams, requests: Iterable[Request]) -> Iterator[Run]:
    """In their order; a batch is asked for when its first one is taken."""
    waiting = iter(requests)
    while batch := list(islice(waiting, IN_FLIGHT)):
        lanes = [replace(one, lane=str(place)) for place, one in enumerate(batch)]
        events: dict[str, list[Event]] = {one.lane: [] for one in lanes}
        with closing(engine.stream(lanes)) as stream:
            for lane, event in stream:
                events[lane].append(event)
        yield from (fold_all(Run(one), events[one.lane]) for one in lanes)


def scored(
    engine: Engine, request: Request, continuation: Sequence[int], whole: bool = True
) -> Scored:
    """Raises InvalidInput where it fails."""
    with closing(engine.score(request, continuation, whole)) as events:
        *_, found = events
    if isinstance(found, Scored):
        return found
    raise _failed(found)


def distribution(engine: Engine, request: Request, ids: Sequence[int] = ()) -> Distribution:
    """Raises InvalidInput where it fails."""
    with closing(engine.distribution(request, ids)) as events:
        *_, found = events
    if isinstance(found, Distribution):
        return found
    raise _failed(found)


def _failed(found: object) -> InvalidInput:
    return InvalidInput(found.message if isinstance(found, Failed) else "The model did not answer.")
