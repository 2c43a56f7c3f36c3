"""A signal ends the server within five seconds, whatever its clients do."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from tests.amounts import every
from tests.hostile.driver import Visitor
from tests.serving import running

MOST = 5.0  # seconds
MESSAGES = [{"id": "1", "role": "user", "text": "!slow !long", "images": []}]


@contextmanager
def never_reading(url: str, path: str) -> Iterator[None]:
    """A connection that asks and then takes nothing."""
    where = urlsplit(url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect((where.hostname, where.port))
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        yield


@pytest.mark.parametrize("kind", every(2, ["never reads", "reads"]))
def test_a_signal_ends_a_server_in_mid_run(kind: str):
    with running("--engine", "scripted") as server:
        visitor = Visitor(server.url)
        stream = f"gradio_api/queue/data?session_hash={visitor.session}"
        assert visitor.join(visitor.page.event("run-1", "click"), messages=MESSAGES).status == 200
        with never_reading(server.url, f"gradio_api/heartbeat/{visitor.session}"):
            if kind == "never reads":
                with never_reading(server.url, stream):
                    sleep(2)  # the run goes on, and its values fill the connection
                    seconds = ended_within(server.process)
            else:
                with visitor.stream() as messages:
                    next(one for one in messages if one["msg"] == "process_generating")
                    seconds = ended_within(server.process)
        assert seconds < MOST
        assert "Traceback" not in server.log
        print(f"{kind}: {seconds:.1f} s")


def ended_within(process) -> float:
    began = monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    return monotonic() - began
