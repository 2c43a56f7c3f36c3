"""A server of OpenAI's protocol: its address, its key and how it is called."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.errors import InvalidInput
from engine.remote.answer import CONNECT_SECONDS, WHOLE_SECONDS, Answer

CONNECTED = "connection.connect_tcp.complete"  # of httpcore's traces
LONGEST_NAME = 40
SILENCE_SECONDS = 120.0  # without a byte: a playground sends a comment while its callers wait
LINE_SECONDS = 30.0  # for the rest of a line that has begun


class RemoteServer:
    """url: with or without /v1. key: sent with each call, never told. name: empty for its host
    and port. Safe to use from threads.

    silence: seconds without a byte after which it counts as gone. line: seconds that the rest of a
    line may take. Raises InvalidInput for an address that is none.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        name: str = "",
        silence: float = SILENCE_SECONDS,
        line: float = LINE_SECONDS,
    ) -> None:
        place = _place_of(url)
        self.name = name or place
        self.url = url
        self.silence, self.line_seconds = silence, line
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
        request = self._client.build_request("GET", f"{self._base}{path}")
        with Answer(self, request, seconds=WHOLE_SECONDS) as answer:
            return answer.json()

    def post(
        self, path: str, body: Mapping[str, Any], lines: bool = False, seconds: float | None = None
    ) -> Answer:
        """A call that has yet to be sent. lines, seconds: as in `Answer`."""
        request = self._client.build_request("POST", f"{self._base}{path}", json=body)
        return Answer(self, request, lines, seconds)

    def send(
        self, request: httpx.Request, connected: Callable[[socket.socket], None]
    ) -> httpx.Response:
        """connected: called with the connection as soon as there is one, before TLS."""

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event == CONNECTED:
                connected(info["return_value"].get_extra_info("socket"))

        request.extensions["trace"] = trace
        return self._client.send(request, stream=True)


def _place_of(url: str) -> str:
    """Host and port. Raises InvalidInput, never with the text: a key may be in it."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        parts, known = urlsplit(""), False
    if not known or "@" in parts.netloc or any(sign in url for sign in " ?#"):
        raise InvalidInput(
            "The address of the server must be like http://127.0.0.1:7860 or https://host/v1, "
            "without a name, a password, ? or # in it."
        )
    return parts.netloc


def named_server(text: str, variables: Mapping[str, str]) -> RemoteServer:
    """Reads [NAME=]URL[#VARIABLE]. The page knows the server by its name; the variable of the
    environment holds its key. Raises InvalidInput, never with what may be a key.
    """
    name, named, rest = text.partition("=")
    if not named or "://" in name:
        name, rest = "", text
    url, _, variable = rest.partition("#")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"The name of a server has at most {LONGEST_NAME} characters.")
    if variable and not variables.get(variable):
        raise InvalidInput(
            f"The key of {name or url} is missing: after # stands the name of a variable of the "
            "environment that holds it, and there is none of that name. Set it."
        )
    key = variables[variable] if variable else ""
    if not (key.isascii() and key.isprintable()):
        raise InvalidInput(f"The key of {name or url} must be of printable ASCII characters.")
    return RemoteServer(url, key, name)
