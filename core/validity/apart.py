"""Asks `schema_check.py` in a child process, where time and memory can be taken from it.

A pattern of a schema can hold Python's own lock for years, and twenty lines of references ask for
more steps than there is time; a thread can't be ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schema_check.py")
SECONDS = (
    10.0  # by the clock, for a busy machine; of the processor the child takes 2, and usually 0.15
)
TOO_MUCH = "It takes more than 2 seconds or 512 MB."


class Unchecked(Exception):
    """Says in a sentence why there is no answer to the question."""


def ask(question: dict[str, Any]) -> dict[str, Any]:
    """The answer of `schema_check.answered`. Raises Unchecked."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(FILE)], input=json.dumps(question),
            capture_output=True, encoding="utf-8", timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:  # the machine is busy, or can't bound a child
        raise Unchecked(f"It took more than {SECONDS:.0f} seconds.") from None
    if child.returncode:
        raise Unchecked(TOO_MUCH)
    found = json.loads(child.stdout)
    if "refused" in found:
        raise Unchecked(found["refused"])
    return found
