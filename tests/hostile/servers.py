"""Servers under attack: their log, whether they still answer, and what they hold."""

from __future__ import annotations

import re
import resource
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep

import psutil

from tests.child import ROOT
from tests.hostile.driver import PATIENCE, Visitor
from tests.serving import Server, running

ASKED = [[{"role": "user", "content": "Hi"}], {"max_new_tokens": 1, "temperature": 0}, 1]
CRASHES = ("Traceback", "Exception in", "Task exception was never retrieved", "Segmentation fault")
RAISED = re.compile(r"^[\w.]+(?:Error|Exception|Input|Exit)\b.*", re.MULTILINE)
HEALTHY = 5.0  # seconds
LARGEST = 6_000_000_000  # bytes of a server's own memory


@dataclass(frozen=True)
class Footprint:
    """What a server process holds. memory: bytes of its own."""

    memory: int
    threads: int
    files: int

    def __str__(self) -> str:
        return f"{self.memory / 1e6:,.0f} MB, {self.threads} threads, {self.files} open files"


def footprint(server: Server) -> Footprint:
    process = psutil.Process(server.process.pid)
    return Footprint(process.memory_info().rss, process.num_threads(), process.num_fds())


def settled(server: Server, seconds: float = 10.0) -> Footprint:
    """After connections were closed: as soon as the files are no fewer than a second before."""
    end, before = monotonic() + seconds, footprint(server)
    while monotonic() < end:
        sleep(1)
        now = footprint(server)
        if (now.files, now.threads) >= (before.files, before.threads):
            return now
        before = now
    return before


@dataclass
class Attacked:
    """A server and how far its log was read. secrets: texts of this machine that nobody may see."""

    server: Server
    secrets: tuple[str, ...]
    friend: Visitor = field(init=False)
    answered: bool = True  # when it was last asked
    _read: int = 0

    def __post_init__(self) -> None:
        self.friend = Visitor(self.server.url, patience=HEALTHY)

    def visitor(self, patience: float = PATIENCE, address: str = "127.0.0.1") -> Visitor:
        visitor = Visitor(self.server.url, address, patience=patience)
        visitor.page = self.friend.page
        return visitor

    def crashes(self) -> str:
        """What was printed since the last call, where it tells of a crash; else nothing."""
        log = self.server.log
        new, self._read = log[self._read :], len(log)
        return new if any(sign in new for sign in CRASHES) else ""

    def still_answers(self) -> str:
        """Why somebody else gets no answer now; empty where they do."""
        why = self._no_answer()
        self.answered = not why
        return why

    def _no_answer(self) -> str:
        began = monotonic()
        try:
            seen = self.friend.call("generate", *ASKED)
        except OSError as error:
            return f"The next visitor gets no answer: {error!r}."
        if seen.error is not None:
            return f"The next visitor reads {seen.error!r} ({seen.status})."
        if (seconds := monotonic() - began) > HEALTHY:
            return f"The next visitor waits {seconds:.1f} s."
        return ""

    def footprint(self) -> Footprint:
        return footprint(self.server)


def raised(crashes: str) -> Counter[str]:
    """The exceptions that a log tells of."""
    return Counter(one[:200] for one in RAISED.findall(crashes))


@contextmanager
def attacked(*flags: str) -> Iterator[Attacked]:
    """A server that fails before this machine does: its memory is bounded."""
    with tempfile.TemporaryDirectory(prefix="uploads-") as uploads:
        with running(*flags, variables={"GRADIO_TEMP_DIR": uploads}) as server:
            resource.prlimit(server.process.pid, resource.RLIMIT_DATA, (LARGEST, LARGEST))
            yield Attacked(server, (str(server.data), f"{ROOT}/", "root:x:0"))


class Sound:
    """Gives a server that still answers: after a row that ended one, the next row has a new one."""

    def __init__(self, *flags: str) -> None:
        self._flags = flags
        self._held = ExitStack()
        self._last: Attacked | None = None

    def server(self) -> Attacked:
        if self._last and not self._last.answered:
            self._last.server.process.kill()
            self.close()
        if not self._last:
            self._last = self._held.enter_context(attacked(*self._flags))
        return self._last

    def close(self) -> None:
        self._held.close()
        self._last = None
