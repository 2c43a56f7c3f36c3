"""The scripts for OpenAI's protocol against a real server: `transformers serve` on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.conversation import Conversation, Image, message
from core.sampling import SamplingParams
from core.scripts.script import Subject
from core.scripts.targets import make_script
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from tests.amounts import every
from tests.child import ended, started
from tests.engine.conftest import POCKET
from tests.engine.test_exported_scripts import answered
from tests.serving import free_port

STORY = Conversation((message("user", "Tell me a short story about a fox."),))
ENVIRONMENT = {
    **os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
}  # fmt: skip
SERVE = "from transformers.cli.transformers import main; main()"


@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    return LocalEngine(str(POCKET), device="cpu", weights="float32")


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of a server with the pocket model, as the script's own comment starts it."""
    port = free_port()
    flags = ["models/pocket", "--dtype", "float32", "--device", "cpu", "--port", str(port)]
    process = started("-c", SERVE, "serve", *flags, env=ENVIRONMENT)
    try:
        assert answers(port, process)
        yield port
    finally:
        ended(process, 60)


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    return False


def subject(engine: LocalEngine, talk: Conversation, **params) -> Subject:
    settings = SamplingParams(**{"max_new_tokens": 40, "seed": 5, **params})
    run = answered(engine, Request("A", talk, settings, VisionBudget(16, 64, False)))
    assert run.status == "done", run.error
    return Subject(run.request, engine.description, "models/pocket", run.prompt, run)


def printed(key: str, what: Subject, port: int, folder: Path) -> str:
    """What the script writes, with the server's port in the place of the usual one."""
    made = make_script(key, what)
    for picture in what.call.pictures:
        (folder / picture.file).write_bytes(Path(picture.path).read_bytes())
    text = made.text.replace("localhost:8000", f"127.0.0.1:{port}")
    (folder / made.file).write_text(text, encoding="utf-8", newline="")
    run = [sys.executable] if made.language == "python" else ["bash"]
    done = subprocess.run(
        [*run, made.file], cwd=folder, env=ENVIRONMENT, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout.decode()


@pytest.mark.thorough
def test_openais_client_and_curl_give_the_greedy_answer(server, engine, tmp_path) -> None:
    what = subject(engine, STORY, temperature=0.0)
    assert printed("openai", what, server, tmp_path) == f"{what.run.text}\n"
    body = json.loads(printed("curl", what, server, tmp_path))
    assert body["choices"][0]["message"]["content"] == what.run.text
    assert body["usage"]["completion_tokens"] == len(what.run.tokens)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", every(3, (1, 2, 3)))
def test_transformers_serve_draws_what_the_lane_drew(server, engine, tmp_path, seed) -> None:
    what = subject(engine, STORY, temperature=0.9, min_p=0.02, repetition_penalty=1.1, seed=seed)
    assert printed("transformers-server", what, server, tmp_path) == f"{what.run.text}\n"


@pytest.mark.thorough
def test_transformers_serve_reads_images_with_the_budget(server, engine, picture, tmp_path) -> None:
    shape = picture(300, 200, "green")
    talk = Conversation((message("user", "What is this?", [Image(shape.path, "my shape.png")]),))
    what = subject(engine, talk, temperature=0.7)
    assert printed("transformers-server", what, server, tmp_path) == f"{what.run.text}\n"
    plain = json.loads(printed("curl", what, server, tmp_path))  # with the server's own budget
    assert plain["usage"]["prompt_tokens"] > len(what.prompt.tokens)
