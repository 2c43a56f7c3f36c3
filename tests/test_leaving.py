"""Clients of the API that go away give their place in the queue back at once."""

import json
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from time import sleep

import pytest
from gradio_client import Client

from tests.serving import served_here
from tests.watched import Crowded

ASKED = [[{"role": "user", "content": "Hi"}], {}, 1]
PATIENCE = 5.0  # seconds


@pytest.fixture
def crowded() -> Iterator[tuple[Crowded, str]]:
    """An engine in whose queue all wait for ever, and the address of its page."""
    engine = Crowded()
    with served_here(engine) as url:
        yield engine, url


def streamed(url: str) -> HTTPResponse:
    """The events of a run as a client without any library reads them."""
    call = f"{url}gradio_api/call/generate"
    body = json.dumps({"data": ASKED}).encode()
    asked = urllib.request.Request(call, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        event = json.load(answer)["event_id"]
    return urllib.request.urlopen(f"{call}/{event}", timeout=PATIENCE)


def test_a_dropped_connection_ends_a_run_that_waits_in_the_queue(crowded):
    """Gradio looks for a client that is gone only between two values of a run."""
    engine, url = crowded
    with streamed(url) as events:
        line = next(line for line in events if b'"place"' in line)
        assert json.loads(line.removeprefix(b"data: "))[0]["place"] == 1
        assert engine.waiting.acquire(timeout=PATIENCE)
    assert engine.left.acquire(timeout=PATIENCE)


@pytest.mark.thorough
def test_a_cancelled_job_ends_a_run_that_waits_in_the_queue(crowded):
    engine, url = crowded
    client = Client(url, verbose=False)
    job = client.submit(*ASKED, api_name="/generate")
    assert engine.waiting.acquire(timeout=PATIENCE)
    assert job.cancel()
    assert engine.left.acquire(timeout=PATIENCE)
    client.close()


def test_a_client_that_leaves_ends_only_its_own_run(crowded):
    engine, url = crowded
    with streamed(url) as stays:
        assert engine.waiting.acquire(timeout=PATIENCE)
        with streamed(url):
            assert engine.waiting.acquire(timeout=PATIENCE)
        assert engine.left.acquire(timeout=PATIENCE)
        assert not engine.left.acquire(timeout=1.5)
        assert any(b"generating" in line for line in stays)
    assert engine.left.acquire(timeout=PATIENCE)


def test_a_client_that_comes_back_late_for_its_answer_reads_it_whole(scripted_app: str):
    """It was taken for gone and stopped at its first token."""
    call = f"{scripted_app}gradio_api/call/generate"
    data = {"data": [[{"role": "user", "content": "!long"}], {"max_new_tokens": 20}, 1]}
    asked = urllib.request.Request(
        call, json.dumps(data).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        event = json.load(answer)["event_id"]
    sleep(1.0)  # a slow network
    with urllib.request.urlopen(f"{call}/{event}", timeout=PATIENCE) as events:
        last = [line for line in events if line.startswith(b"data: ")][-1]
    assert json.loads(last.removeprefix(b"data: "))[0]["stop_reason"] == "max_new_tokens"
