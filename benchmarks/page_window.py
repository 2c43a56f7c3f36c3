"""The real page as a person has it: `app.py` in a process of its own, and a headless Chromium."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import NotMeasured
from benchmarks.sizes import Sizes
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict

ROOT = Path(__file__).parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
PATIENCE = 120_000  # milliseconds; a busy machine is slow, not broken


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A process that listens. Its model may still be loading."""

    url: str
    process: subprocess.Popen[str]

    def wait_for(self, words: str) -> None:
        """Read what it prints, up to a line with these words."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            if words in line:
                return
        raise RuntimeError(f"The server ended without having said {words!r}.")

    def wait_for_model(self) -> None:
        self.wait_for("loaded in")

    def address_of(self, workspace: Workspace) -> str:
        """A link to it, as the page makes them."""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)  # deflate without a header
        packed = packer.compress(json.dumps(workspace_to_dict(workspace)).encode())
        text = base64.urlsafe_b64encode(packed + packer.flush()).decode().rstrip("=")
        return f"{self.url}#workspace={text}"


@contextmanager
def served() -> Iterator[Server]:
    """The shipped model behind a server that has just begun to listen."""
    with TemporaryDirectory() as data:
        port = free_port()
        flags = ["--port", str(port), "--model", "models/pocket", "--data-dir", data]
        with subprocess.Popen(
            [sys.executable, "-u", "app.py", *flags],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            try:
                server = Server(f"http://127.0.0.1:{port}/", process)
                server.wait_for("Running on")
                yield server
            finally:
                process.kill()  # a run may be going on


@dataclass(frozen=True)
class Browser:
    """What the measures of the page are taken with. program: a Chromium or Chrome."""

    program: str
    sizes: Sizes

    def new_round(self) -> None:
        """Nothing is kept from round to round."""

    @contextmanager
    def window(self) -> Iterator[Page]:
        """In a browser that has kept nothing."""
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=self.program, args=QUIET)
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE)
            yield page
            chromium.close()


def browser(sizes: Sizes) -> Browser:
    """Raises NotMeasured where there is none."""
    named = os.environ.get("PLAYGROUND_CHROMIUM")
    if found := named or next(filter(None, map(shutil.which, NAMES)), None):
        return Browser(found, sizes)
    raise NotMeasured("Needs Chromium; `python dev.py test` installs it")
