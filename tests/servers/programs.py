"""The servers themselves: whether each is installed here, and one that runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

from tests.engine.conftest import POCKET
from tests.engine.test_transformers_serve import ENVIRONMENT, SERVE
from tests.servers.text_model import save_gguf, save_text_model
from tests.serving import free_port

PATIENCE = 900.0  # seconds; vLLM takes minutes where others use the machine
CPU = {
    "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1",
    "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Running:
    url: str
    process: subprocess.Popen[bytes] = field(repr=False)

    def kill(self) -> None:
        """As if its machine were gone: it and its children end at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Program:
    """missing: a sentence where it can't be run here, else empty. files: writes the model into a
    folder and gives its path. command: to serve that at a port. breaks: what of the promises it is
    known to break itself, as docs/scaling.md says.
    """

    kind: str
    missing: Callable[[], str]
    files: Callable[[Path], Path]
    command: Callable[[Path, int], Sequence[str]]
    breaks: frozenset[str] = frozenset()


def found(name: str, variable: str) -> str:
    """The path of a program: of the variable, or one that the shell would find; else empty."""
    return os.environ.get(variable) or shutil.which(name) or ""


def _no_vllm() -> str:
    return "" if found("vllm", "VLLM") else "vLLM is not installed: set VLLM to its program."


def _no_llama() -> str:
    if not found("llama-server", "LLAMA_SERVER"):
        return "llama.cpp is not installed: set LLAMA_SERVER to its llama-server."
    return "" if find_spec("gguf") else "The package gguf is not installed: see PYTHONPATH above."


def _no_transformers() -> str:
    return "" if find_spec("openai") else "The package openai is not installed."


def _shipped(folder: Path) -> Path:
    """The whole model: its tokenizer's settings name the image processor."""
    return POCKET


def _text_folder(folder: Path) -> Path:
    save_text_model(folder)
    return folder


def _gguf(folder: Path) -> Path:
    save_gguf(folder / "pocket.gguf")
    return folder / "pocket.gguf"


def _vllm(model: Path, port: int) -> list[str]:
    return [found("vllm", "VLLM"), "serve", str(model), "--served-model-name", "pocket",
            "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32",
            "--max-model-len", "2048", "--enforce-eager"]  # fmt: skip


def _llama(model: Path, port: int) -> list[str]:
    return [found("llama-server", "LLAMA_SERVER"), "-m", str(model), "--alias", "pocket",
            "--host", "127.0.0.1", "--port", str(port), "--jinja", "-c", "8192", "-np", "4",
            "-t", "1", "--no-webui"]  # fmt: skip


def _transformers(model: Path, port: int) -> list[str]:
    return [sys.executable, "-c", SERVE, "serve", str(model), "--dtype", "float32",
            "--device", "cpu", "--port", str(port)]  # fmt: skip


PROGRAMS = {
    "transformers": Program(
        "transformers serve",
        _no_transformers,
        _shipped,
        _transformers,
        frozenset({"a stop string"}),  # the processor of a model that reads images has no get_vocab
    ),
    "llama.cpp": Program("llama.cpp", _no_llama, _gguf, _llama),
    "vllm": Program("vLLM", _no_vllm, _text_folder, _vllm),
}


@contextmanager
def running(program: Program) -> Iterator[Running]:
    """Raises AssertionError with the end of its log where it does not answer."""
    port = free_port()
    with tempfile.TemporaryDirectory() as place:
        model, log = Path(place) / "model", Path(place) / "log.txt"
        model.mkdir()
        command = program.command(program.files(model), port)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env={**ENVIRONMENT, **CPU},
            )  # fmt: skip
        server = Running(f"http://127.0.0.1:{port}", process)
        try:
            if not _healthy(server):
                raise AssertionError(log.read_text("utf-8", "replace")[-3000:])
            yield server
        finally:
            if process.poll() is None:
                server.kill()


def _healthy(server: Running) -> bool:
    end = monotonic() + PATIENCE
    while monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            sleep(0.5)
    return False
