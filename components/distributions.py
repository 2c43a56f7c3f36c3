"""All that may follow the first tokens of a lane's answer, as its own model says it."""

from __future__ import annotations

from collections.abc import Callable

from components.last_said import last_said
from core.access.access import Visitor
from core.errors import InvalidInput
from core.runs.engine import Engine
from core.runs.events import Failed
from core.runs.run import Run
from core.runs.scores import Distribution


async def distribution_at(
    engine: Engine, run: Run, place: int, visitor: Visitor, is_here: Callable[[], bool]
) -> Distribution:
    """Raises InvalidInput if the model is no longer in use, or fails."""
    work = engine.distribution(run.request, run.token_ids[:place], visitor.page)
    match await last_said(work, visitor.seconds, is_here):
        case Distribution() as found if found.model == run.model:
            return found
        case Distribution(model=model):
            raise InvalidInput(
                f"{run.model} gave this answer, but {model} is now in use. Run the lane again."
            )
        case Failed(message=message):
            raise InvalidInput(message)
        case _:
            raise InvalidInput("The engine returned no distribution. Run the lane again.")
