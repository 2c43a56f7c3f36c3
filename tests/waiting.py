"""Waits for what other threads do."""

from collections.abc import Callable
from time import monotonic, sleep

import pytest

PATIENCE = 60.0  # seconds


def until(holds: Callable[[], bool]) -> None:
    """Fails the test where it does not come to it."""
    end = monotonic() + PATIENCE
    while not holds():
        if monotonic() > end:
            pytest.fail("It never came to it.")
        sleep(0.01)
