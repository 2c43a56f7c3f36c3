"""Servers that answer as none should: each sends bytes of its own on a socket."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import sleep

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
Pieces = Iterator[bytes]
MODELS = {
    "data": [{
        "id": "far", "max_model_len": 4096,
        "playground": {"prefill": True, "seeds": True, "roles": True, "samplers": ["temperature"]},
    }]
}  # fmt: skip


def line(**choice: object) -> bytes:
    usual = {"index": 0, "delta": {}, "finish_reason": None, "ended_by": None}
    return b"data: " + json.dumps({"choices": [{**usual, **choice}]}).encode() + b"\n\n"


def token(text: str = "a", token_id: object = 7, logprob: object = -0.5) -> bytes:
    return line(
        delta={"content": text}, token_ids=[token_id], logprobs={"content": [{"logprob": logprob}]}
    )


END = line(finish_reason="stop", ended_by="end_of_sequence") + b"data: [DONE]\n\n"


@contextmanager
def serving(answer: Callable[[], Pieces], models: object = MODELS) -> Iterator[str]:
    """The address of a server that lists these models and answers each call with these bytes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            asked = whole_request(connection)
            if asked.startswith(b"GET"):
                connection.sendall(JSON + json.dumps(models).encode())
                return
            for piece in answer():
                connection.sendall(piece)

    threading.Thread(target=work, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def whole_request(connection: socket.socket) -> bytes:
    """Its head and its body. A socket that is closed with something unread sends a reset, and the
    client may then never see the answer.
    """
    asked = b""
    while b"\r\n\r\n" not in asked and (more := connection.recv(65_536)):
        asked += more
    head, _, body = asked.partition(b"\r\n\r\n")
    told = re.search(rb"(?im)^content-length: *(\d+)", head)
    missing = (int(told[1]) if told else 0) - len(body)
    while missing > 0 and (more := connection.recv(65_536)):
        asked += more
        missing -= len(more)
    return asked


def endless() -> Pieces:
    yield STREAM
    while True:
        yield token() * 100


def endless_nothing() -> Pieces:
    yield STREAM
    while True:
        yield b'data: {"choices": []}\n\n' * 100


def endless_line() -> Pieces:
    yield STREAM
    yield b"data: "
    while True:
        yield b"x" * 65_536


def drip() -> Pieces:
    yield STREAM
    while True:
        yield b"d"
        sleep(0.05)


def silence() -> Pieces:
    yield STREAM + token()
    sleep(60)


def status(number: int, body: bytes = b"", *headers: bytes) -> Pieces:
    lines = [b"HTTP/1.1 %d X" % number, b"Content-Length: %d" % len(body), *headers, b"", body]
    yield b"\r\n".join(lines)


def stream(*pieces: bytes) -> Pieces:
    yield STREAM
    yield from pieces
