"""Why two lanes diverge: asks the engine for both lanes' candidates at that token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from components.distributions import distribution_at
from core.access.access import Visitor
from core.compare.differences import Divergence, first_divergence
from core.compare.explanation import Side, explain
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.runs.run import Run

TOP = 8  # candidates of each lane


async def sides_of(
    engine: Engine, first: Run, run: Run, divergence: Divergence, visitor: Visitor,
    is_here: Callable[[], bool],
) -> tuple[Side, Side]:  # fmt: skip
    """Raises InvalidInput if a model is no longer in memory or tells no distributions, or the
    engine fails.
    """
    for one in (first, run):
        if reason := no_candidates(one):
            raise InvalidInput(reason)
    mine, other = divergence.reference_token.token_id, divergence.token.token_id
    if mine is None or other is None:
        raise InvalidInput("One of these answers has no token ids. Run the lanes again.")

    async def side(run: Run, chosen: int, other: int) -> Side:
        found = await distribution_at(engine, run, divergence.position, visitor, is_here)
        params, about = run.sent.params, (chosen, other)
        steps = await asyncio.to_thread(engine.sampler_steps, found, params, TOP, about)
        return Side(run.request.lane, chosen, steps.candidates, _held_to(run))

    return await side(first, mine, other), await side(run, other, mine)


def no_candidates(run: Run) -> str:
    """Why this lane's other candidates can't be shown; empty if they can."""
    can = run.capabilities
    if can is None or (can.distributions and run.token_ids):
        return ""
    what = "token ids" if can.distributions else "the other tokens it could have chosen"
    return f"{run.model} doesn't report {what}."


async def sentences(
    engine: Engine, runs: Mapping[str, Run], visitor: Visitor, is_here: Callable[[], bool]
) -> tuple[str, ...]:
    """For each lane that diverges from the first one: where, and why if that can still be found."""
    first, *others = runs.values()
    found: list[str] = []
    for run in others:
        divergence = first_divergence(first, run)
        if divergence is None:
            continue
        lane, reference = run.request.lane, first.request.lane
        where = f"{lane} diverges from {reference} at token {divergence.position + 1}."
        try:
            why = explain(*await sides_of(engine, first, run, divergence, visitor, is_here))
        except InvalidInput:
            why = ()
        found.append(" ".join((where, *why)))
    return tuple(found)


def _held_to(run: Run) -> str:
    """Calls of tools are all that an answer without a constraint can be held to."""
    constraint = run.sent.constraint
    return constraint.in_words if constraint else "tool_choice"
