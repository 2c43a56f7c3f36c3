"""One call of a server: every wait has an end, and `close` ends it at once."""

from __future__ import annotations

import json
import threading
from time import monotonic, sleep

import pytest

from core.errors import InvalidInput
from core.runs.events import Finished
from engine.remote.remote_server import RemoteServer
from tests.engine.remote import hostile_servers as bad
from tests.engine.remote.test_remote_engine import answered, asked, remote


def dripping_headers() -> bad.Pieces:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"a: b\r\n"
        sleep(0.02)


def dripping_body() -> bad.Pieces:
    yield bad.JSON
    while True:
        yield b" "
        sleep(0.02)


def comments() -> bad.Pieces:
    yield bad.STREAM
    while True:
        yield b": wait\n\n" * 500


def waiting_long() -> bad.Pieces:
    yield bad.STREAM + b": waiting\n\n" * 4_000 + bad.token("Hi")
    yield b": waiting\n\n" * 4_000 + bad.END


@pytest.mark.parametrize("lane", ["A", ""])
def test_a_lane_that_waits_for_its_headers_is_stopped_at_once(lane):
    """The connection was known only once the headers had come: up to two minutes later."""
    called, done = threading.Event(), threading.Event()

    def answer() -> bad.Pieces:
        called.set()
        done.wait(60)
        yield bad.STREAM

    with bad.serving(answer) as url:
        stream = remote(url).stream([asked()])
        stream.start()
        assert called.wait(30)
        began = monotonic()
        threading.Timer(0.1, (lambda: stream.stop(lane)) if lane else stream.close).start()
        events = [event for _, event in stream]
        assert monotonic() - began < 30
        done.set()
    assert [type(event) for event in events] == ([Finished] if lane else [])
    assert all(event.stop_reason == "stopped" for event in events)


def test_a_stream_that_is_dropped_ends_its_call():
    """Its thread held it, so the server went on writing for nobody."""
    begun, gone = threading.Event(), threading.Event()

    def answer() -> bad.Pieces:
        try:
            yield bad.STREAM
            while True:
                begun.set()
                yield bad.token()
                sleep(0.01)
        finally:
            gone.set()

    with bad.serving(answer) as url:
        stream = remote(url).stream([asked(params={"max_new_tokens": 100_000})])
        stream.start()
        assert begun.wait(30)
        del stream
        assert gone.wait(30)


def test_a_call_that_is_closed_before_it_begins_has_no_values():
    with bad.serving(bad.silence) as url:
        call = RemoteServer(url).post("/x", {})
        call.close()
        began = monotonic()
        with call as answer:
            assert list(answer.data()) == []
        assert monotonic() - began < 30


@pytest.mark.parametrize("pieces", [dripping_headers, dripping_body])
def test_one_deadline_holds_for_all_of_an_answer(pieces):
    """Bytes that drip never let a timeout pass, as it counts from the last of them."""
    with bad.serving(pieces) as url:
        began = monotonic()
        with pytest.raises(InvalidInput, match=r"within 0\.3 s|too slowly"):
            with RemoteServer(url).post("/x", {}, seconds=0.3) as answer:
                answer.json()
        assert monotonic() - began < 30


def test_headers_that_drip_fail_a_lane():
    with bad.serving(dripping_headers) as url:
        (run,) = answered(remote(url, silence=0.5), asked())
        assert "did not answer within 0.5 s" in run.error


def test_a_server_that_says_nothing_but_comments_is_left_and_one_that_waits_is_not():
    with bad.serving(comments) as url:
        (run,) = answered(remote(url), asked())
        assert "10,000 lines without" in run.error
    with bad.serving(waiting_long) as url:
        (run,) = answered(remote(url), asked())
        assert (run.status, run.text) == ("done", "Hi"), run.error


@pytest.mark.parametrize(
    "content",
    [rb'{"a": "\ud83d"}', rb'{"a": ["\uDE00"]}', rb'{"\ud83d\n": 1}', b'{"a": "\xed\xa0\xbd"}',
     b'\xff\xfe{\0}\0', b"nothing"],
)  # fmt: skip
def test_halves_of_characters_are_no_json_and_whole_ones_are(content):
    whole = json.dumps({"a": "\N{GRINNING FACE} \\ud83d"}).encode()
    for sent, good in ((whole, True), (content, False)):
        with bad.serving(lambda sent=sent: bad.status(200, sent)) as url:
            with RemoteServer(url).post("/x", {}) as answer:
                if good:
                    assert answer.json()["a"] == "\N{GRINNING FACE} \\ud83d"
                else:
                    with pytest.raises(InvalidInput, match="not JSON"):
                        answer.json()
