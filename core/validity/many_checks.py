"""Many texts against schemas or expressions, a reply a line: a child process of `apart.py`.

One text can cost no more than its own reply: each has its time, and what was replied before the
process ends counts.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from core.validity.schema_check import (
    BYTES,
    UNREADABLE,
    Refused,
    bounded,
    compiled,
    first_problem,
    validator_of,
)

EACH_SECONDS = 0.5  # of the processor
TOO_SLOW = f"Checking it takes more than {EACH_SECONDS:g} seconds."
TOO_LARGE = f"Checking it takes more than {BYTES >> 20} MB."
Reply = tuple[bool | None, str, bool]  # whether it passes, why not, and whether it took too long


class _TookTooLong(Exception):
    pass


def replies(question: Mapping[str, Any]) -> Iterator[Reply]:
    """To each of its `pairs`: a schema, or an expression that may match any part, and a text. It
    passes, or fails, or that can't be said (None).
    """
    asked = _matching(question["ignore_case"]) if question["kind"] == "regex" else _fitting()
    for wanted, text in question["pairs"]:
        yield _reply(asked, wanted, text)


def _reply(asked: Callable[[str, str], str], wanted: str, text: str) -> Reply:
    try:
        with _in_time():
            why = asked(wanted, text)
        return not why, why, False
    except _TookTooLong:
        return None, TOO_SLOW, True
    except MemoryError:
        return None, TOO_LARGE, True
    except Refused as error:
        return None, str(error), False
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None, UNREADABLE, False  # a schema may be anything


def _matching(ignore_case: bool) -> Callable[[str, str], str]:
    expression = lru_cache(compiled)

    def asked(wanted: str, text: str) -> str:
        found = expression(wanted, re.IGNORECASE * ignore_case).search(text)
        return "" if found else "Nothing in it matches the expression."

    return asked


def _fitting() -> Callable[[str, str], str]:
    validator = lru_cache(lambda schema: validator_of(json.loads(schema)))
    return lambda wanted, text: first_problem(validator(wanted), json.loads(text))


@contextmanager
def _in_time() -> Iterator[None]:
    """Raises _TookTooLong inside, also from an expression: Python looks for signals while one is
    matched. Windows knows no such timer; only the clock of the parent bounds it there.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGPROF, _end)
    signal.setitimer(signal.ITIMER_PROF, EACH_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _end(number: int, frame: object) -> None:
    raise _TookTooLong


def main() -> None:
    bounded()
    for reply in replies(json.load(sys.stdin)):
        print(json.dumps(reply), flush=True)
