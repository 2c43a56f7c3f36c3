"""Processes that end when the process that started them is gone, however it ended.

A test run that is killed can put nothing away. Each child therefore reads its standard input, a
pipe that nobody writes to: the system closes it with the process that holds the other end.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def started(*program: str, **options: Any) -> subprocess.Popen[Any]:
    """A program of this Python, in the project's folder. program: its file, or "-c" and its text,
    then its flags. options: of Popen.
    """
    command = [sys.executable, "-u", "-m", "tests.child", *program]
    return subprocess.Popen(command, stdin=subprocess.PIPE, **{"cwd": ROOT, **options})


def ended(process: subprocess.Popen[Any], seconds: float) -> None:
    """Ask it to end, and wait. Raises TimeoutExpired."""
    process.terminate()
    process.wait(seconds)
    if process.stdin:
        process.stdin.close()


def _end_with_the_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def main() -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    program, *flags = sys.argv[1:]
    if program == "-c":
        text, *flags = flags
        sys.argv = [program, *flags]
        exec(compile(text, program, "exec"), {"__name__": "__main__"})
    else:
        sys.argv = [program, *flags]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
