"""Starts the real app in a process of its own, as a person does, for tests that talk to it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep

import app
from core.runs.engine import Engine, Loading
from engine.remote.servers import RemoteServers
from engine.starting import StartingEngine
from serving.server import Serving
from serving.users import read_users
from tests.child import ended, started

STARTED = re.compile("loaded in|goes on without a model")
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
        command = ["app.py", "--port", str(port), "--data-dir", str(data), *flags]
        inherited = {name: one for name, one in os.environ.items() if name != "GRADIO_TEMP_DIR"}
        with log.open("wb") as output:
            process = started(
                *command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**inherited, **(variables or {})},
            )
        server = Server(f"http://127.0.0.1:{port}/", process, data, log)
        try:
            if not answers(server.url, process) or not ("scripted" in flags or has_model(server)):
                raise AssertionError(f"{command} did not start:\n{server.log}")
            yield server
        finally:
            ended(process, PATIENCE)


@contextmanager
def served_here(
    engine: Engine,
    demo: bool = False,
    data: Path | None = None,
    key: str = "",
    servers: RemoteServers | None = None,
) -> Iterator[str]:
    """The address of the page over an engine of this process. data: None for a folder of its own.
    key: of its API. servers: of the engine, which the page may change.

    A browser must have left the page before the context ends, else the server waits for it.
    """
    with tempfile.TemporaryDirectory() as folder:
        how = Serving(port=0, key=key)
        server = app.make_server(engine, data or Path(folder), how, demo, servers)
        server.start()
        yield server.url
        server.close()


@contextmanager
def served_with(*flags: str) -> Iterator[str]:
    """The address of the page as the program with these flags serves it, in this process: much
    sooner there than `served`. With its first model in memory.
    """
    options = app.flags([*flags])
    users = read_users(options.auth) if options.auth else None
    servers = app.named_servers(options.server, os.environ)
    engine = app.make_engine(options, servers)
    with tempfile.TemporaryDirectory() as folder:
        how = replace(app.serving(options, users), port=0)
        server = app.make_server(engine, Path(folder), how, options.demo, servers)
        server.start()
        if isinstance(engine, StartingEngine):
            engine.start()
            while isinstance(engine.starting, Loading):
                sleep(0.05)
            assert engine.description, engine.starting
        yield server.url
        server.close()


def has_model(server: Server) -> bool:
    """Waits until its first model is in memory, or could not be loaded."""
    end = monotonic() + PATIENCE
    while monotonic() < end and server.process.poll() is None:
        if STARTED.search(server.log):
            return True
        sleep(0.1)
    return False


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    end = monotonic() + PATIENCE
    while monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            sleep(0.2)
    return False
