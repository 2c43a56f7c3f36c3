"""Starts the real app in a process of its own, as a person does, for tests that talk to it."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0  # seconds; a cold start imports torch and Transformers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(*flags: str, port: int = 0) -> Iterator[str]:
    """The address of `app.py` with `flags`; the process ends with the context. port 0: a free one.

    It keeps data in a folder of its own, unless the flags name one.

    Raises AssertionError with what the app printed if it does not answer.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "app.py", "--port", str(port), "--data-dir", data, *flags]
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            if not answers(url, process):
                output.seek(0)
                raise AssertionError(f"{command} did not start:\n{output.read().decode()}")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    end = monotonic() + PATIENCE
    while monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            sleep(0.2)
    return False
