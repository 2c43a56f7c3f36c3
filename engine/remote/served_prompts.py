"""The prompts that a server has told, and one question at a time for those that are wanted."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from core.errors import InvalidInput, StillAsking
from core.prompt import RenderedPrompt
from core.workspace import Request

KEPT_SECONDS = 60.0  # the server may have been started anew with another template
FAILED_SECONDS = 15.0  # before what failed is asked again
SLOW_SECONDS = 2.0  # a server that fails later than this is left alone for as long
WANTED_SECONDS = 1.0  # whoever still wants it has asked again by then
MOST_SECONDS = 15.0  # that `wait` takes
MOST_KEPT, MOST_TOKENS = 16, 400_000  # prompts, and tokens of all of them
MOST_WANTED = 64
LOOK_EVERY = 0.02
Key = tuple[Any, ...]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Told:
    """until: by the clock `monotonic`."""

    value: RenderedPrompt | str
    until: float


class ServedPrompts:
    """Safe to use from threads. ask: takes seconds; raises InvalidInput where it fails."""

    def __init__(self, name: str, ask: Callable[[Request], RenderedPrompt]) -> None:
        self._name = name
        self._ask = ask
        self._lock = threading.Lock()
        self._kept = OrderedDict[Key, _Told]()
        self._wanted: dict[Key, tuple[Request, float]] = {}  # and when it was last asked for
        self._asked: Key | None = None  # what the server is asked now
        self._is_asking = False
        self._left_alone = _Told("", 0.0)

    def now(self, request: Request) -> RenderedPrompt:
        """Never waits. Raises StillAsking until the server has answered; call again to have it
        still wanted. Raises InvalidInput where it failed.
        """
        key = _key(request)
        with self._lock:
            for told in (self._kept.get(key), self._left_alone):
                if told and monotonic() < told.until:
                    if isinstance(told.value, str):
                        raise InvalidInput(told.value)
                    return told.value
            self._want(key, request)
        raise StillAsking(f"Asking {self._name} for the prompt …")

    def wait(self, request: Request) -> RenderedPrompt:
        """Raises InvalidInput where it fails or takes too long."""
        end = monotonic() + MOST_SECONDS
        while monotonic() < end:
            try:
                return self.now(request)
            except StillAsking:
                sleep(LOOK_EVERY)
        raise InvalidInput(
            f"{self._name} has too many unanswered questions. Try again in a few seconds."
        )

    def _want(self, key: Key, request: Request) -> None:
        if key == self._asked:
            return
        if key in self._wanted or len(self._wanted) < MOST_WANTED:
            self._wanted[key] = (request, monotonic())
        if not self._is_asking:
            self._is_asking = True
            name = f"prompts of {self._name}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while (request := self._next()) is not None:
            began = monotonic()
            value = self._answer(request)
            now = monotonic()
            failed = isinstance(value, str)
            told = _Told(value, now + (FAILED_SECONDS if failed else KEPT_SECONDS))
            with self._lock:
                self._asked = None
                self._keep(_key(request), told)
                if failed and now - began > SLOW_SECONDS:
                    self._left_alone = told

    def _next(self) -> Request | None:
        """What was wanted first and still is."""
        with self._lock:
            latest = monotonic() - WANTED_SECONDS
            while self._wanted:
                key = next(iter(self._wanted))
                request, at = self._wanted.pop(key)
                if at >= latest:
                    self._asked = key
                    return request
            self._is_asking = False
            return None

    def _answer(self, request: Request) -> RenderedPrompt | str:
        try:
            return self._ask(request)
        except InvalidInput as error:
            return str(error)
        except Exception as error:  # a bug; the next question is asked all the same
            log.exception("Reading the prompt of a server failed")
            kind = type(error).__name__
            return f"Reading the prompt of {self._name} failed: {kind}. See the log."

    def _keep(self, key: Key, told: _Told) -> None:
        self._kept.pop(key, None)
        self._kept[key] = told
        while len(self._kept) > MOST_KEPT or (len(self._kept) > 1 and self._tokens > MOST_TOKENS):
            self._kept.popitem(last=False)

    @property
    def _tokens(self) -> int:
        kept = (told.value for told in self._kept.values())
        return sum(len(one.tokens) for one in kept if isinstance(one, RenderedPrompt))


def _key(request: Request) -> Key:
    """All that a prompt depends on."""
    return request.model, request.conversation, request.budget, request.template_options
