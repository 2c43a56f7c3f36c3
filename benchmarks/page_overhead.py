"""What the page costs beside the model: the server's own work for each token that it streams."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any, cast

from benchmarks.subject import Subject
from benchmarks.waiting import usual_step

ROOT = Path(__file__).parents[1]
LANES = 4
RATE = 10.0  # tokens/s of each lane; more would let several share one redraw
PATIENCE = 60.0  # seconds
LONG = [{"id": "m1", "role": "user", "text": "!long", "images": []}]  # 600 scripted tokens


def page_overhead(subject: Subject) -> float:
    """Processor's seconds of the server per streamed token / seconds of a decoding step.

    The page runs in a process of its own, over an engine without a model, and streams to four
    clients that press Run and read on. Counted are all its threads but the engine's share: folding
    events, the lane's value, Gradio's queue and the writing to four connections, from the moment
    when all four stream. The step is the one of the shape at four rows, measured here and now.
    """
    with _served() as server, server.streams():
        first = server.count()
        sleep(subject.sizes.streamed / RATE)
        last = server.count()
    per_token = (last["seconds"] - first["seconds"]) / (last["tokens"] - first["tokens"])
    return per_token / usual_step(subject, LANES)


@dataclass(frozen=True)
class _Server:
    url: str
    process: subprocess.Popen[str]

    def count(self) -> dict[str, float]:
        """Tokens streamed and processor's seconds spent outside the engine, since the start."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        while line := self.process.stdout.readline():
            if line.startswith("{"):  # Gradio says where it runs, too
                return json.loads(line)
        raise RuntimeError("The page's server ended; it says why above.")

    @contextmanager
    def streams(self) -> Iterator[None]:
        """Four clients that read; the context begins when each has got a first token."""
        answers = [self._run(f"client{number}") for number in range(LANES)]
        streaming = [Event() for _ in answers]
        readers = [
            Thread(target=_read, args=pair) for pair in zip(answers, streaming, strict=True)
        ]  # fmt: skip
        for reader in readers:
            reader.start()
        try:
            assert all(event.wait(PATIENCE) for event in streaming)
            yield
        finally:
            self.process.kill()  # it would stream for another minute
            for reader in readers:
                reader.join()

    def _run(self, session: str) -> HTTPResponse:
        """Press Run as the browser does, with the page's first values and a message."""
        config = json.loads(self._get("config").read())
        parts = {part["id"]: part["props"] for part in config["components"]}
        run = next(number for number, props in parts.items() if props.get("elem_id") == "run-1")
        event = next(e for e in config["dependencies"] if [run, "click"] in e["targets"])
        values = [
            LONG if parts[number].get("elem_id") == "messages" else parts[number].get("value")
            for number in event["inputs"]
        ]
        asked = {"data": values, "fn_index": event["id"], "session_hash": session}
        self._get("gradio_api/queue/join", asked).close()
        return self._get(f"gradio_api/queue/data?session_hash={session}")

    def _get(self, path: str, sent: Any = None) -> HTTPResponse:
        body = None if sent is None else json.dumps(sent).encode()
        asked = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        return cast(HTTPResponse, urllib.request.urlopen(asked, timeout=PATIENCE))


def _read(answer: HTTPResponse, streaming: Event) -> None:
    """Read to the end of the connection, which is the server's."""
    with answer:
        try:
            for line in answer:
                if b'"process_generating"' in line and b'"streaming"' in line:
                    streaming.set()
        except OSError:
            return


@contextmanager
def _served() -> Iterator[_Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.page_server", str(port), str(RATE)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            server = _Server(f"http://127.0.0.1:{port}/", process)
            server.count()  # answers once the page is served
            yield server
        finally:
            process.kill()
