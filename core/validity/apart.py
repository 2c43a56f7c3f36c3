"""Asks `schema_check.py` and `many_checks.py` in a child process, where time and memory can be
taken from them.

A pattern of a schema can hold Python's own lock for years, and twenty lines of references ask for
more steps than there is time; a thread can't be ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schema_check.py")
MANY = (  # as a script would be without the folder that it imports from
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from core.validity.many_checks import main; main()"
)
SECONDS = (
    10.0  # by the clock, for a busy machine; of the processor the child takes 2, and usually 0.15
)
TOO_MUCH = "It takes more than 2 seconds or 512 MB."
AT_ONCE = 200  # pairs that one child is asked about
MOST_SLOW = 5  # of them; then no more are tried, as the check is too slow rather than the answer
GIVEN_UP = f"Not checked: {MOST_SLOW} of {AT_ONCE} answers took too long. Simplify the check."


class Unchecked(Exception):
    """Says in a sentence why there is no answer to the question."""


@dataclass(frozen=True, slots=True)
class Reply:
    """passes: None where that can't be said. why: it does not. is_slow: it took too long."""

    passes: bool | None
    why: str = ""
    is_slow: bool = False


def ask(question: dict[str, Any]) -> dict[str, Any]:
    """The answer of `schema_check.answered`. Raises Unchecked."""
    output, ended = _child([str(FILE)], question)
    if ended:
        raise Unchecked(ended)
    found = json.loads(output)
    if "refused" in found:
        raise Unchecked(found["refused"])
    return found


def ask_each(question: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> list[Reply]:
    """A reply to each pair, as of `many_checks.replies`. A pair that takes too long, or breaks the
    child, has no other reply for it.
    """
    found: list[Reply] = []
    for start in range(0, len(pairs), AT_ONCE):
        found += _batch(question, pairs[start : start + AT_ONCE])
        if found[-1].why == GIVEN_UP:
            break
    return found + [Reply(None, GIVEN_UP, True)] * (len(pairs) - len(found))


def _batch(question: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> list[Reply]:
    found: list[Reply] = []
    while len(found) < len(pairs):
        if sum(reply.is_slow for reply in found) >= MOST_SLOW:
            return [*found, Reply(None, GIVEN_UP, True)]
        code = ["-c", MANY, str(FILE.parents[2])]
        output, ended = _child(code, {**question, "pairs": pairs[len(found) :]})
        lines = output[: output.rfind("\n") + 1].splitlines()
        # One without a line before it ended the child; the next child begins with it otherwise.
        found += [Reply(*json.loads(line)) for line in lines] or [Reply(None, ended, True)]
    return found


def _child(arguments: Sequence[str], question: dict[str, Any]) -> tuple[str, str]:
    """What it wrote, and why it ended early, in a sentence; empty where it did not."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", *arguments], input=json.dumps(question),
            capture_output=True, encoding="utf-8", timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:  # the machine is busy, or can't bound a child
        written = error.stdout or b""
        text = written if isinstance(written, str) else written.decode("utf-8", "replace")
        return text, f"It took more than {SECONDS:.0f} seconds."
    return child.stdout, TOO_MUCH if child.returncode else ""
