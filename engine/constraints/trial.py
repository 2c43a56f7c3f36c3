"""A grammar compiled by a child process first, where time and memory can be taken from it.

llguidance bounds the work of a step, but not what it takes to intersect regular expressions: ten
lines of a schema can ask for 10 GB, and a failed allocation ends the process.
"""

from __future__ import annotations

import subprocess
import sys

SECONDS = 2  # of the processor: on a busy machine a harmless grammar may wait for longer
PATIENCE = 20.0  # seconds by the clock
BYTES = 1 << 30  # of address space; the child needs 100 MB of it for itself
CHILD = f"""
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({BYTES}, {BYTES}))
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS + 1}))
except ImportError:
    pass
from llguidance import LLMatcher, LLTokenizer
matcher = LLMatcher(LLTokenizer("byte"), sys.stdin.read(), log_level=0)
if not matcher.is_error():
    matcher.compute_bitmask()
sys.stdout.write(matcher.get_error())
"""


class TooLarge(Exception):
    """The child needed more time or memory than it may take."""


class TooBusy(Exception):
    """The machine gave it too little time to find out."""


def compile_apart(grammar: str) -> str:
    """llguidance's own words about what is wrong with the grammar; empty where nothing is.

    Raises TooLarge or TooBusy.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-c", CHILD],
            input=grammar, capture_output=True, encoding="utf-8", errors="replace",
            timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TooBusy from None
    if child.returncode:
        raise TooLarge
    return child.stdout
