"""The last thing that an engine's work says, while no thread of the server waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from core.errors import InvalidInput
from core.runs.engine import Readable

Item = TypeVar("Item")
PAUSE_SECONDS = 0.02


async def last_said(
    work: Readable[Item], seconds: float | None, is_here: Callable[[], bool]
) -> Item | None:
    """None if it says nothing. The work is closed in any case.

    seconds: the longest that it may take; None: no limit. is_here: whether the client is still
    connected. Raises InvalidInput if the work was given up.
    """
    end = perf_counter() + (seconds or float("inf"))
    last: Item | None = None
    try:
        await asyncio.to_thread(work.start)
        while True:
            said, ended = work.drain()
            last = said[-1] if said else last
            if ended:
                return last
            if perf_counter() > end:
                raise InvalidInput(
                    f"This took longer than the {seconds:.0f} seconds allowed here. Shorten the "
                    "messages or the text."
                )
            if not is_here():
                raise InvalidInput("The page was closed.")
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        work.close()
