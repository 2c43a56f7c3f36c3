"""Why two lanes part: the engine is asked for both lanes' candidates at the token that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from core.compare.differences import Divergence, first_divergence
from core.compare.explanation import Side, explain
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.runs.events import Failed, Started, Token
from core.runs.run import Run
from core.workspace import Inspection

TOP = 8  # candidates of each lane


def sides_of(
    engine: Engine, first: Run, run: Run, parting: Divergence, visitor: str
) -> tuple[Side, Side]:
    """Raises InvalidInput where a model that answered is gone or has no candidates to show, or the
    engine fails.
    """
    for one in (first, run):
        if reason := no_candidates(one):
            raise InvalidInput(reason)
    mine, other = parting.reference_token.token_id, parting.token.token_id
    if mine is None or other is None:
        raise InvalidInput("One of these answers came without token ids. Run the lanes again.")
    place = parting.position
    return (
        _side(engine, first, mine, other, place, visitor),
        _side(engine, run, other, mine, place, visitor),
    )


def no_candidates(run: Run) -> str:
    """Why it can't be said what else this lane could have chosen; empty where it can."""
    can = run.capabilities
    if can is None or (can.candidates and run.token_ids):
        return ""
    what = "its token ids" if can.candidates else "which other tokens it could have chosen"
    return f"{run.model} doesn't tell {what}."


def sentences(engine: Engine, runs: Mapping[str, Run], visitor: str) -> Iterator[str]:
    """For each lane that parts from the first one: where, and why if that can still be found."""
    first, *others = runs.values()
    for run in others:
        parting = first_divergence(first, run)
        if parting is None:
            continue
        lane, reference = run.request.lane, first.request.lane
        where = f"{lane} parts from {reference} at token {parting.position + 1}."
        try:
            why = explain(*sides_of(engine, first, run, parting, visitor))
        except InvalidInput:
            why = ()
        yield " ".join((where, *why))


def _side(engine: Engine, run: Run, chosen: int, other: int, place: int, visitor: str) -> Side:
    """Ask for the candidates behind the tokens that both answers share."""
    most = run.capabilities.candidates if run.capabilities else TOP
    inspection = Inspection(run.token_ids[:place], min(TOP, most), about=(chosen, other))
    asked = replace(run.request, inspection=inspection)
    with closing(engine.stream([asked], visitor)) as events:
        for _, event in events:
            match event:
                case Started() if event.model != run.model:
                    raise InvalidInput(
                        f"{run.model} gave this answer, and {event.model} is in use now. "
                        "Run the lanes again."
                    )
                case Token():
                    return Side(run.request.lane, chosen, event.candidates)
                case Failed():
                    raise InvalidInput(event.message)
                case _:
                    pass
    raise InvalidInput("The engine gave no candidates. Run the lanes again.")
