"""Many clients of OpenAI's protocol at once: our server against `transformers serve`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any

from transformers import AutoTokenizer

from benchmarks.measure import Figure, NotMeasured
from benchmarks.page_window import ROOT, free_port
from benchmarks.subject import POCKET, Subject

PATIENCE = 120.0  # seconds
SERVE = "from transformers.cli.transformers import main; main()"
ASKED = "Tell me a short story about a fox, number {}."


def clients(count: int) -> Callable[[Subject], float]:
    """Tokens/s of so many clients that ask at the same time / of as many by `transformers serve`.

    The weights are saved once; each server has the machine for itself, and answers one short call
    before. `transformers serve` answers LFM2 one call after the other, as its continuous batching
    doesn't know convolutions.
    """

    def once(subject: Subject) -> float:
        if find_spec("openai") is None:
            raise NotMeasured("Needs openai")
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "shape"
            _save(subject, model)
            ours = [sys.executable, "app.py", "--model", str(model), "--data-dir", folder]
            theirs = [sys.executable, "-c", SERVE, "serve", str(model), "--dtype", "bfloat16"]
            speeds: list[float] = []
            servers = (
                (ours, "shape", "v1/models", b'"id"'), (theirs, str(model), "health", b"ok"),
            )  # fmt: skip
            for command, named, path, sign in servers:
                with _served(command, path, sign) as port:
                    asyncio.run(_tokens_per_second(port, named, 1, 2))
                    new = subject.sizes.new
                    speeds.append(asyncio.run(_tokens_per_second(port, named, count, new)))
            return Figure(speeds[0] / speeds[1], f"{speeds[0]:.1f} and {speeds[1]:.1f} tokens/s")

    return once


def _save(subject: Subject, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(POCKET)
    settings = subject.plain.generation_config
    usual, settings.eos_token_id = settings.eos_token_id, tokenizer.eos_token_id
    try:
        subject.plain.save_pretrained(folder)
    finally:
        settings.eos_token_id = usual
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    values.pop("processor_class", None)  # of the shipped model, which reads images
    file.write_text(json.dumps(values), encoding="utf-8")


@contextmanager
def _served(command: list[str], path: str, sign: bytes) -> Iterator[int]:
    """The port of a server that has its model in memory, as the sign at the path says."""
    port = free_port()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(
        [*command, "--port", str(port)], cwd=ROOT, env=environment, **quiet
    ) as process:
        try:
            end = monotonic() + PATIENCE
            while not _answers(port, path, sign):
                if monotonic() > end or process.poll() is not None:
                    raise NotMeasured(f"{Path(command[1]).name} didn't start")
                sleep(0.3)
            yield port
        finally:
            process.kill()


def _answers(port: int, path: str, sign: bytes) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
            return sign in answer.read()
    except OSError:
        return False


async def _tokens_per_second(port: int, model: str, count: int, new: int) -> float:
    """What all clients get together, from the first one's call to the last one's answer."""
    openai: Any = import_module("openai")  # a requirement of development only
    base = f"http://127.0.0.1:{port}/v1"
    async with openai.AsyncOpenAI(base_url=base, api_key="none", timeout=1800.0) as client:

        async def tokens(number: int) -> int:
            messages = [{"role": "user", "content": ASKED.format(number)}]
            answer = await client.chat.completions.create(
                model=model, messages=messages, max_tokens=new, temperature=1, seed=number
            )
            return answer.usage.completion_tokens

        began = perf_counter()
        total = sum(await asyncio.gather(*map(tokens, range(count))))
        return total / (perf_counter() - began)
