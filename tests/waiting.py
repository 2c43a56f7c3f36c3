"""Waits for coroutines, whatever runs in the thread of the test, and for what other threads do.

Playwright keeps an event loop running in the main thread once a browser was opened, and
`asyncio.run` raises wherever one runs already.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest

Value = TypeVar("Value")
PATIENCE = 60.0  # seconds


class OwnLoop:
    """An event loop in a thread of its own; make it by `own_loop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@contextmanager
def own_loop() -> Iterator[OwnLoop]:
    made: Future[asyncio.AbstractEventLoop] = Future()
    over = asyncio.Event()

    async def stay() -> None:
        made.set_result(asyncio.get_running_loop())
        await over.wait()

    thread = threading.Thread(target=asyncio.run, args=[stay()], daemon=True)
    thread.start()
    loop = made.result()
    try:
        yield OwnLoop(loop)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


def run(work: Coroutine[Any, Any, Value]) -> Value:
    """What `work` returns or raises."""
    with own_loop() as loop:
        return loop.run(work)


def steps(values: AsyncGenerator[Value, None]) -> Iterator[Value]:
    """The values one by one, each made when it is asked for; closing this closes the generator."""
    with own_loop() as loop:
        try:
            while True:
                try:
                    yield loop.run(_next(values))
                except StopAsyncIteration:
                    return
        finally:
            loop.run(values.aclose())


async def _next(values: AsyncGenerator[Value, None]) -> Value:
    return await anext(values)


def until(holds: Callable[[], bool]) -> None:
    """Fails the test where it does not come to it."""
    end = monotonic() + PATIENCE
    while not holds():
        if monotonic() > end:
            pytest.fail("It never came to it.")
        sleep(0.01)
