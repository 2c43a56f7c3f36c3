"""A server of OpenAI's protocol: its address, its key and how it is called."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.errors import InvalidInput
from core.runs.servers import LONGEST_KEY, LONGEST_NAME, LONGEST_URL
from engine.remote.answer import CONNECT_SECONDS, WHOLE_SECONDS, Answer
from engine.remote.reach import CONNECTED, check_host, checking

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
        self.silence, self.line_seconds = silence, line
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
        """connected: called with the connection as soon as there is one, before TLS. Raises
        InvalidInput for an address that this server may not have.
        """
        check = None
        if self._inner is not None:
            check_host(self._host, self._inner)
            check = checking(self._inner)

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if check:
                check(event, info)
            if event == CONNECTED:
                connected(info["return_value"].get_extra_info("socket"))

        request.extensions["trace"] = trace
        return self._client.send(request, stream=True)

    def without_key(self, text: str) -> str:
        """Some servers repeat a wrong key in their refusals."""
        return text.replace(self._key, "[key]") if self._key else text


def _host_of(url: str) -> tuple[str, str]:
    """The host, and with its port. Raises InvalidInput, never with the text: a key may be in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        parts, port = urlsplit(""), None
    usable = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    more = "@" in parts.netloc or "?" in url or "#" in url or port == 0
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
            f"The key of {name or url} is missing: the name after # is that of the environment "
            "variable that holds it, and no such variable is set. Set it."
        )
    return RemoteServer(url, variables[variable] if variable else "", name)
