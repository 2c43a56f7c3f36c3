"""Starts the real app in a process of its own, as a person does, for tests that talk to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import app
from core.runs.engine import Engine
from serving.server import Serving

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0  # seconds; a cold start imports torch and Transformers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A running app. data: the folder of what it keeps. log: what it printed, both streams."""

    url: str
    process: subprocess.Popen[bytes]
    data: Path
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def served(*flags: str, port: int = 0) -> Iterator[str]:
    """The address of `app.py` with `flags`; the process ends with the context. port 0: a free one.

    It keeps data in a folder of its own, unless the flags name one.

    Raises AssertionError with what the app printed if it does not answer.
    """
    with running(*flags, port=port) as server:
        yield server.url


@contextmanager
def running(
    *flags: str, port: int = 0, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """The same with its process and log. variables: of its environment, beside this one's."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder) / "data", Path(folder) / "log.txt"
        command = [sys.executable, "app.py", "--port", str(port), "--data-dir", str(data), *flags]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, **(variables or {})},
            )  # fmt: skip
        server = Server(f"http://127.0.0.1:{port}/", process, data, log)
        try:
            if not answers(server.url, process):
                raise AssertionError(f"{command} did not start:\n{server.log}")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


@contextmanager
def served_here(engine: Engine, demo: bool = False) -> Iterator[str]:
    """The address of the page over an engine of this process."""
    with tempfile.TemporaryDirectory() as data:
        server = app.make_server(engine, Path(data), Serving(port=0), demo)
        server.start()
        yield server.url
        server.close()


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    end = monotonic() + PATIENCE
    while monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            sleep(0.2)
    return False
