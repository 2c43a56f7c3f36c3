"""What page and API add to the model's time: the server's own work for each streamed token."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from threading import Event, Thread
from time import sleep
from typing import Any, cast

from benchmarks.page_window import ROOT, free_port
from benchmarks.subject import Subject
from benchmarks.waiting import usual_step

LANES = 4
RATE = 10.0  # tokens/s of each lane; more would let several share one redraw
PATIENCE = 60.0  # seconds
PAGE = (b'"process_generating"', b'"streaming"')  # in what tells of a token
API = b'"delta":{"content":"'
LONG = [{"id": "m1", "role": "user", "text": "!long", "images": []}]  # 600 scripted tokens


def page_overhead(subject: Subject) -> float:
    """Processor's seconds of the server per streamed token / seconds of a decoding step.

    The page runs in a process of its own, over an engine without a model, and streams to four
    clients that press Run and read on. Counted are all its threads but the engine's share: folding
    events, the lane's value, Gradio's queue and the writing to four connections, from the moment
    when all four stream. The step is the one of the shape at four rows, measured here and now.
    """
    return _overhead(subject, _Server.run)


def api_overhead(subject: Subject) -> float:
    """The same for four clients of /v1."""
    return _overhead(subject, _Server.complete)


def _overhead(subject: Subject, ask: Callable[[_Server, str], HTTPResponse]) -> float:
    with _served() as server, server.streams(ask):
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
    def streams(self, ask: Callable[[_Server, str], HTTPResponse]) -> Iterator[None]:
        """Four clients that read; the context begins when each has got a first token."""
        answers = [ask(self, f"client{number}") for number in range(LANES)]
        streaming = [Event() for _ in answers]
        readers = [Thread(target=_read, args=pair) for pair in zip(answers, streaming, strict=True)]
        for reader in readers:
            reader.start()
        try:
            assert all(event.wait(PATIENCE) for event in streaming)
            yield
        finally:
            self.process.kill()  # it would stream for another minute
            for reader in readers:
                reader.join()

    def complete(self, client: str) -> HTTPResponse:
        """Ask as OpenAI's clients do."""
        messages = [{"role": row["role"], "content": row["text"]} for row in LONG]
        asked = {"messages": messages, "stream": True, "max_tokens": 600, "user": client}
        return self._get("v1/chat/completions", asked)

    def run(self, session: str) -> HTTPResponse:
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
                if all(sign in line for sign in PAGE) or API in line:
                    streaming.set()
        except OSError:
            return


@contextmanager
def _served() -> Iterator[_Server]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.page_server", str(port), str(RATE)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            server = _Server(f"http://127.0.0.1:{port}/", process)
            server.count()  # answers once the page is served
            yield server
        finally:
            process.kill()
