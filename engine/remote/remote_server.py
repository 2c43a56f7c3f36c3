"""A server of OpenAI's protocol, read by bounds: its answers may be of any kind and any length."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.errors import InvalidInput
from core.runs.servers import LONGEST_KEY, LONGEST_NAME, LONGEST_URL
from engine.remote.reach import check_host, checking

LARGEST_ANSWER = 4_000_000  # bytes of an answer that is read whole, or of one line
CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0  # for an answer that is read whole
SILENCE_SECONDS = 120.0  # without a byte: a playground sends a comment while its callers wait
LINE_SECONDS = 30.0  # for the rest of a line that has begun


class RemoteServer:
    """url: with or without /v1. key: sent with each call, never told. name: empty for its host
    and port. Safe to use from threads.

    silence: seconds without a byte after which it counts as gone. line: seconds that the rest of a
    line may take. inner: whether it may be in an inner network; None: anywhere, as for whoever
    starts the program. Raises InvalidInput for an address, name or key that can't be used.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        name: str = "",
        silence: float = SILENCE_SECONDS,
        line: float = LINE_SECONDS,
        inner: bool | None = None,
    ) -> None:
        self._host, place = _host_of(url)
        _check_name(name)
        if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise InvalidInput(
                f"The key of {name or place} must be at most {LONGEST_KEY:,} printable ASCII "
                "characters. Copy it again."
            )
        self.name = name or place
        self.url = url
        self.line_seconds = line
        self._key = key
        self._inner = inner
        self._base = url.rstrip("/").removesuffix("/v1")
        timeout = httpx.Timeout(silence, connect=CONNECT_SECONDS)
        # No proxies or passwords of this machine's settings, and no redirects into other networks.
        headers = {"Accept-Encoding": "identity"}  # a small answer could unpack to a huge one
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(
            timeout=timeout, headers=headers, follow_redirects=False, trust_env=False,
            # A kept connection may be one that the server has closed: the next call would fail.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )  # fmt: skip

    def get(self, path: str) -> Any:
        """The JSON at a path. Raises InvalidInput."""
        url, timeout = f"{self._base}{path}", httpx.Timeout(WHOLE_SECONDS, connect=CONNECT_SECONDS)
        with Answer(self, self._client.build_request("GET", url, timeout=timeout)) as answer:
            return answer.json()

    def post(self, path: str, body: Mapping[str, Any], lines: bool = False) -> Answer:
        """A call that has yet to be sent. lines: as in `Answer`."""
        url = f"{self._base}{path}"
        return Answer(self, self._client.build_request("POST", url, json=body), lines)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Raises InvalidInput for an address that this server may not have."""
        if self._inner is not None:
            check_host(self._host, self._inner)
            request.extensions = {**request.extensions, "trace": checking(self._inner)}
        return self._client.send(request, stream=True)

    def without_key(self, text: str) -> str:
        """Some servers repeat a wrong key in their refusals."""
        return text.replace(self._key, "[key]") if self._key else text


def _host_of(url: str) -> tuple[str, str]:
    """The host, and with its port. Raises InvalidInput, never with the text: a key may be in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    usable = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    more = parts.username or parts.password or parts.query or parts.fragment
    if not usable or parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise InvalidInput(
            "The address of the server must be like http://127.0.0.1:7860 or https://host/v1, "
            "without a name, a password, ? or # in it."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.hostname, host if port is None else f"{host}:{port}"


def _check_name(name: str) -> None:
    """Raises InvalidInput."""
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"The name of a server has {len(name):,} characters; at most {LONGEST_NAME} are "
            "allowed, in one line. Shorten it."
        )


def named_server(text: str, variables: Mapping[str, str]) -> RemoteServer:
    """Reads [NAME=]URL[#VARIABLE]. The page knows the server by its name; the variable of the
    environment holds its key. Raises InvalidInput, never with what may be a key.
    """
    name, named, rest = text.partition("=")
    if not named or "://" in name:
        name, rest = "", text
    url, _, variable = rest.partition("#")
    if variable and not variables.get(variable):
        raise InvalidInput(
            f"The key of {name or url} is missing: after # stands the name of a variable of the "
            "environment that holds it, and there is none of that name. Set it."
        )
    return RemoteServer(url, variables[variable] if variable else "", name)


class Answer:
    """A call, and what comes back. `close` ends it from any thread. lines: each line is JSON, and
    the end of them the end; else they are server-sent events.
    """

    def __init__(self, server: RemoteServer, request: httpx.Request, lines: bool = False) -> None:
        self._json_lines = lines
        self._server = server
        self._request = request
        self._response: httpx.Response | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Answer:
        """Sends the call. Raises InvalidInput where it can't be reached or refuses."""
        name = self._server.name
        try:
            response = self._server.send(self._request)
        except httpx.ConnectTimeout as error:
            raise InvalidInput(f"{name} did not answer within {CONNECT_SECONDS:g} s.") from error
        except (httpx.HTTPError, OSError) as error:
            raise InvalidInput(
                f"{name} can't be reached: {_reason(error)}. Check the address, and that it runs."
            ) from error
        with self._lock:
            self._response = response
        if self._closed:
            self.close()
        if response.status_code != 200:
            try:
                raise InvalidInput(self._refusal(response.status_code))
            finally:
                response.close()
        return self

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()

    def json(self) -> Any:
        """The whole answer. Raises InvalidInput for one that is too long or not JSON."""
        content, began = bytearray(), monotonic()
        for piece in self._pieces():
            content += piece
            if monotonic() - began > WHOLE_SECONDS:
                raise InvalidInput(f"{self._server.name} sends too slowly. Try again later.")
            if len(content) > LARGEST_ANSWER:
                raise InvalidInput(self._too_long)
        return self._value(bytes(content))

    def data(self) -> Iterator[Any]:
        """The values of an event stream. Raises InvalidInput for what is none, and where it breaks
        off before its end.
        """
        for line in self._lines():
            if line == b"data: [DONE]":
                return
            if self._json_lines and line:
                yield self._value(line)
            elif line.startswith(b"data: "):
                yield self._value(line.removeprefix(b"data: "))
        if not self._closed:
            raise InvalidInput(f"{self._server.name} broke off in the middle of the answer.")

    def close(self) -> None:
        """A read that waits in another thread ends at once, and the server sees it."""
        with self._lock:
            self._closed = True
            response = self._response
        if response is not None and (stream := response.extensions.get("network_stream")):
            with suppress(OSError):  # it has ended
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def failure(self, error: object) -> str:
        """A sentence of an error that it sends in the middle of an answer."""
        message = error.get("message") if isinstance(error, dict) else error
        said = message if isinstance(message, str) else "no reason was given."
        return _sentence(f"{self._server.name} failed: {self._server.without_key(said)[:1000]}")

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
                raise InvalidInput(f"{self._server.name} sends too slowly. Try again later.")

    def _pieces(self) -> Iterator[bytes]:
        assert self._response is not None
        try:
            yield from self._response.iter_raw()
        except httpx.TimeoutException as error:
            raise InvalidInput(f"{self._server.name} has been silent for too long.") from error
        except (httpx.HTTPError, OSError) as error:
            if not self._closed:
                raise InvalidInput(f"{self._server.name} broke off: {_reason(error)}.") from error

    def _value(self, content: bytes) -> Any:
        try:
            value = json.loads(content)
            json.dumps(value, ensure_ascii=False).encode()  # fails for halves of characters
            return value
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                f"{self._server.name} sent what is not JSON. Check its address and its version."
            ) from error

    def _refusal(self, status: int) -> str:
        """What it says itself, in the form of OpenAI, Ollama or FastAPI."""
        name = self._server.name
        if 300 <= status < 400:
            return f"{name} sends its callers elsewhere, which is not followed. Name that address."
        try:
            told = self.json()
            error = told.get("error", told.get("detail"))
            message = error.get("message") if isinstance(error, dict) else error
        except (InvalidInput, AttributeError):
            message = None
        if isinstance(message, str) and message:
            return _sentence(f"{name} says: {self._server.without_key(message)[:1000]}")
        return f"{name} answered with the status {status}, and no reason."

    @property
    def _too_long(self) -> str:
        return f"{self._server.name} sent more than {LARGEST_ANSWER:,} bytes at a time."


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."


def _reason(error: Exception) -> str:
    """Short, and without what was sent."""
    said = re.sub(r"^\[Errno -?\d+\] ", "", str(error))
    return said.rstrip(". ")[:200] or type(error).__name__
