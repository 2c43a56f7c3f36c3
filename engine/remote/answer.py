"""One call of a server, and its answer, which may be of any kind and any length."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx

from core.errors import InvalidInput

if TYPE_CHECKING:
    from engine.remote.remote_server import RemoteServer

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0  # for an answer that is read whole
LARGEST_ANSWER = 4_000_000  # bytes of an answer that is read whole, or of one line
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a character, escaped
EMPTY_LINES = 10_000  # in a row: comments every 10 seconds for half a day


class Answer:
    """A call, and what comes back. `close` ends it from any thread. lines: each line is JSON, and
    the end of them the end; else they are server-sent events. seconds: for all of it; None: as long
    as bytes come.
    """

    def __init__(
        self, server: RemoteServer, request: httpx.Request, lines: bool = False,
        seconds: float | None = None,
    ) -> None:  # fmt: skip
        self._json_lines = lines
        self._server = server
        self._request = request
        self._seconds = seconds
        self._response: httpx.Response | None = None
        self._lock = threading.RLock()  # a dropped stream closes its calls wherever that is
        self._connection: socket.socket | None = None  # a second handle of it, to shut it down
        self._closed = False
        self._late = False
        self._clock: threading.Timer | None = None

    def __enter__(self) -> Answer:
        """Sends the call. Raises InvalidInput where it can't be reached or refuses. One that is
        closed meanwhile has no values.
        """
        try:
            self._send(self._seconds or self._server.silence)
            if self._response is not None and self._response.status_code != 200:
                raise InvalidInput(self._refusal(self._response.status_code))
        except BaseException:
            self.__exit__()
            raise
        return self

    def _send(self, seconds: float) -> None:
        name = self._server.name
        self._end_after(seconds)  # a timeout of httpx's begins anew with each byte
        try:
            self._response = self._server.send(self._request, self._connected)
        except httpx.ConnectTimeout as error:
            raise InvalidInput(f"{name} did not answer within {CONNECT_SECONDS:g} s.") from error
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            if self._late or isinstance(error, httpx.TimeoutException):
                raise InvalidInput(f"{name} did not answer within {seconds:g} s.") from error
            if not self._closed:
                raise InvalidInput(
                    f"{name} can't be reached: {_reason(error)}. Check the address, and that the "
                    "server is running."
                ) from error
        if self._seconds is None:
            self._end_after(None)

    def _connected(self, connection: socket.socket) -> None:
        """`close` must reach it before the server has answered, and TLS takes the socket over."""
        with self._lock:
            self._connection = connection.dup()
        if self._closed:
            self.close()

    def __exit__(self, *_: object) -> None:
        self._end_after(None)
        if self._response is not None:
            self._response.close()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def json(self) -> Any:
        """The whole answer. Raises InvalidInput for one that is too long or not JSON."""
        if self._seconds is None:
            self._end_after(WHOLE_SECONDS)
        content = bytearray()
        for piece in self._pieces():
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise InvalidInput(self._too_long)
        return self._value(bytes(content))

    def data(self) -> Iterator[Any]:
        """The values of an event stream. Raises InvalidInput for what is none, where it breaks
        off before its end, and where it goes on without a value.
        """
        empty = 0
        for line in self._lines():
            content = line if self._json_lines else _data_of(line)
            if content == b"[DONE]":
                return
            empty = 0 if content else empty + 1
            if empty > EMPTY_LINES:
                raise InvalidInput(
                    f"{self._server.name} sent {EMPTY_LINES:,} lines without a part of an answer. "
                    "Check its address and its version."
                )
            if content:
                yield self._value(content)
        if not self._closed:
            raise InvalidInput(f"{self._server.name} stopped in the middle of the answer.")

    def close(self) -> None:
        """Whatever waits for the server in another thread ends at once, and the server sees it.
        Only a connection that is being made takes up to CONNECT_SECONDS.
        """
        with self._lock:
            self._closed = True
            if self._connection is not None:
                with suppress(OSError):  # it has ended
                    self._connection.shutdown(socket.SHUT_RDWR)

    def failure(self, error: object) -> str:
        """A sentence of an error that it sends in the middle of an answer."""
        message = error.get("message") if isinstance(error, dict) else error
        said = message if isinstance(message, str) else "no reason was given."
        return _sentence(f"{self._server.name} failed: {self._server.without_key(said)[:1000]}")

    def _end_after(self, seconds: float | None) -> None:
        """Close the call then, as one that is late; None: don't."""
        if self._clock is not None:
            self._clock.cancel()
        self._clock = None
        if seconds is not None:
            self._clock = threading.Timer(seconds, self._expire)
            self._clock.daemon = True
            self._clock.start()

    def _expire(self) -> None:
        self._late = True
        self.close()

    def _lines(self) -> Iterator[bytes]:
        rest, began = b"", monotonic()
        for piece in self._pieces():
            *lines, rest = (rest + piece).split(b"\n")
            if lines:
                began = monotonic()
            yield from (line.rstrip(b"\r") for line in lines)
            if len(rest) > LARGEST_ANSWER:
                raise InvalidInput(self._too_long)
            if rest and monotonic() - began > self._server.line_seconds:
                raise InvalidInput(self._too_slow)

    def _pieces(self) -> Iterator[bytes]:
        if self._response is None:  # closed before it came
            return
        try:
            yield from self._response.iter_raw()
        except httpx.TimeoutException as error:
            raise InvalidInput(f"{self._server.name} has been silent for too long.") from error
        except (httpx.HTTPError, OSError) as error:
            if not self._closed:
                raise InvalidInput(f"{self._server.name} broke off: {_reason(error)}.") from error
        if self._late:
            raise InvalidInput(self._too_slow)

    def _value(self, content: bytes) -> Any:
        try:
            text = content.decode()
            value = json.loads(text)
            if HALF.search(text):
                json.dumps(value, ensure_ascii=False).encode()  # fails where it is not a pair
            return value
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                f"{self._server.name} sent something that is not JSON. Check its address and its "
                "version."
            ) from error

    def _refusal(self, status: int) -> str:
        """What it says itself, in the form of OpenAI, Ollama or FastAPI."""
        name = self._server.name
        if 300 <= status < 400:
            return f"{name} redirects elsewhere, which is not followed. Enter that address."
        try:
            told = self.json()
            error = told.get("error", told.get("detail"))
            message = error.get("message") if isinstance(error, dict) else error
        except (InvalidInput, AttributeError):
            message = None
        if isinstance(message, str) and message:
            return _sentence(f"{name} says: {self._server.without_key(message)[:1000]}")
        return f"{name} answered with status {status}, without a reason."

    @property
    def _too_slow(self) -> str:
        return f"{self._server.name} sends too slowly. Try again later."

    @property
    def _too_long(self) -> str:
        return f"{self._server.name} sent more than {LARGEST_ANSWER:,} bytes at a time."


def _data_of(line: bytes) -> bytes:
    """What a line of an event stream brings; one space after the colon is no part of it."""
    name, _, value = line.partition(b":")
    return value.removeprefix(b" ") if name == b"data" else b""


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."


def _reason(error: Exception) -> str:
    """Short, and without what was sent."""
    said = re.sub(r"^\[Errno -?\d+\] ", "", str(error))
    return said.rstrip(". ")[:200] or type(error).__name__
