"""A test run that is killed leaves neither servers nor browsers behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from tests.amounts import every
from tests.child import ROOT

PATIENCE = 90.0  # seconds to come as far as a page in a browser
FAREWELL = 15.0  # seconds in which all of a killed run must be gone
# A server of its own process, one that was started by a session, and a browser on a page.
SMALL_RUN = """
from pathlib import Path
from time import sleep

from tests.browser.conftest import browser, open_page, window
from tests.serving import running


def test_it_is_killed_here(open_page):
    with running("--engine", "scripted") as server:
        open_page(server.url)
        Path({sign!r}).touch()
        sleep(600)
"""


@contextmanager
def small_run(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], set[int]]]:
    """A run of pytest that has a server and a browser, and the ids of all its processes."""
    sign = folder / "there"
    (folder / "test_small.py").write_text(SMALL_RUN.format(sign=str(sign)))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.conftest",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--rootdir", str(folder), *flags, str(folder / "test_small.py")],
            cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            end = monotonic() + PATIENCE
            while not sign.exists() and process.poll() is None and monotonic() < end:
                sleep(0.1)
            assert sign.exists(), (folder / "log").read_text()
            yield (
                process,
                {process.pid}
                | {child.pid for child in psutil.Process(process.pid).children(recursive=True)},
            )
        finally:
            process.kill()
            process.wait()


def alive(ids: set[int]) -> list[str]:
    """The commands of those that still run; a process that nobody has waited for does not."""
    found: list[str] = []
    for number in ids:
        try:
            process = psutil.Process(number)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline())[:200])
        except psutil.NoSuchProcess:
            pass
    return found


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="sends Unix signals")
@pytest.mark.parametrize("flags", every(2, (("-n", "1"), ())), ids=" ".join)
def test_nothing_outlives_a_run_that_is_killed(tmp_path: Path, flags: tuple[str, ...]):
    with small_run(tmp_path, *flags) as (run, ids):
        commands = alive(ids)
        assert any("app.py" in command for command in commands)
        assert any("--type=renderer" in command for command in commands)
        run.send_signal(signal.SIGKILL)
        run.wait()
        end = monotonic() + FAREWELL
        while alive(ids) and monotonic() < end:
            sleep(0.1)
        assert alive(ids) == []
