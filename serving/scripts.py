"""The page's scripts and style sheet at addresses of their own, and the tags that load them.

The tags stand before Gradio's script, and the browser runs modules in the order of the page. So all
modules are there when Gradio shows the first component, which waits for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ADDRESS = "/scripts/{version}/{path:path}"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
BEFORE = b'<script type="module"'  # of Gradio, in its page


@dataclass(frozen=True)
class Scripts:
    """modules: their texts by path, which their imports follow; those that end in .css are style
    sheets. entry: the one that imports all others; "" for none.
    """

    modules: Mapping[str, str] = field(default_factory=dict[str, str])
    entry: str = ""

    @cached_property
    def version(self) -> str:
        """A hash of all modules. It is part of their addresses: a page never mixes two versions,
        and browsers need not ask again.
        """
        parts = (f"{path}\0{text}\0" for path, text in sorted(self.modules.items()))
        return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]

    @cached_property
    def tags(self) -> bytes:
        """HTML, with addresses relative to the page: a proxy may put it below any path."""
        folder = f"./scripts/{self.version}"
        ahead = [f'<link rel="modulepreload" href="{folder}/{path}">' for path in self._of("js")]
        last = f'<script type="module" src="{folder}/{self.entry}"></script>'
        return "".join([*ahead, last]).encode() if self.entry else b""

    @cached_property
    def looks(self) -> bytes:
        """The same for style sheets. They stand at the page's end, after Gradio's."""
        folder = f"./scripts/{self.version}"
        links = (f'<link rel="stylesheet" href="{folder}/{path}">' for path in self._of("css"))
        return "".join(links).encode()

    def _of(self, kind: str) -> list[str]:
        return [path for path in self.modules if path.endswith(f".{kind}")]

    async def answer(self, request: Request) -> Response:
        """A route: one module by its exact name, of this version alone."""
        version, path = request.path_params["version"], request.path_params["path"]
        if version != self.version or path not in self.modules:
            return PlainTextResponse("Unknown script. Reload the page.\n", 404)
        media_type = "text/css" if path.endswith(".css") else "text/javascript"
        return Response(self.modules[path], 200, FOR_EVER, media_type)


class WithScripts:
    """ASGI middleware: puts the tags into Gradio's page."""

    def __init__(self, app: ASGIApp, scripts: Scripts) -> None:
        self._app = app
        self._scripts = scripts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in ("", "/"):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []  # the start of the answer, until its length is known

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            if held:
                body = message["body"].replace(BEFORE, self._scripts.tags + BEFORE, 1)
                start, end, rest = body.rpartition(b"</body>")
                body = start + self._scripts.looks + end + rest
                headers = MutableHeaders(scope=held[0])
                more = len(body) - len(message["body"])
                headers["content-length"] = str(int(headers["content-length"]) + more)
                await send(held.pop())
                message = {**message, "body": body}
            await send(message)

        await self._app(scope, receive, sending)
