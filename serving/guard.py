"""The gate in front of Gradio: hosts, origins, routes, sizes of bodies, and headers of answers."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import nullcontext
from time import monotonic
from urllib.parse import parse_qs

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.completions.body import NotAnswered
from serving.completions.caller import Callers
from serving.completions.refusal import refusal
from serving.event_bodies import BadRequest, check_body, completed
from serving.hosts import Hosts, is_same_origin
from serving.presence import Presence
from serving.routes import DATA, LOGIN, READ, RESULT, RUN, UPLOAD, is_api, is_open
from serving.upload_store import clean

FORWARDED = "x-forwarded-host"
LARGEST_EVENT = 16_000_000  # bytes
LARGEST_UPLOAD = 21_000_000  # bytes: a file of 20 MB and what is written around it
BODY_PATIENCE = 30.0  # seconds for the next piece of a body, or until a piece was taken
MOST_LOGINS, LOGIN_SECONDS = 10, 60.0  # of one address
CONTENT_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors {ancestors}"
)


class Refused(Exception):
    """The answer's status and its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Guard:
    """ASGI middleware. ancestors: pages that may show this one in a frame, as CSP writes them.
    callers: of /v1; None: there is no API.
    """

    def __init__(
        self, app: ASGIApp, *, page: gr.Blocks, hosts: Hosts, presence: Presence, uploads: str,
        ancestors: str, callers: Callers | None = None,
    ) -> None:  # fmt: skip
        self._app = app
        self._page = page
        self._hosts = hosts
        self._presence = presence
        self._uploads = uploads
        self._callers = callers
        self._logins: defaultdict[str, deque[float]] = defaultdict(deque)
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Content-Security-Policy": CONTENT_POLICY.format(ancestors=ancestors),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, self._with_headers(send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(scope)
            if scope["method"] not in READ:
                receive = await self._checked(scope, receive)
        except (Refused, BadRequest, NotAnswered) as refused:
            status = 422 if isinstance(refused, BadRequest) else refused.status
            said = refusal(refused, status) if is_api(scope["path"]) else _said(
                scope, str(refused), status
            )  # fmt: skip
            await said(scope, receive, send)
            return
        if is_api(scope["path"]):
            await self._app(scope, receive, _impatient(send))
            return
        reader = _reader(scope)
        with self._presence.reading(reader) if reader else nullcontext():
            if reader:
                send = _impatient(send)
            elif RUN.fullmatch(scope["path"]):
                send = _with_refusals(send)
            await self._app(scope, receive, send)
        if scope["path"] == UPLOAD:
            await asyncio.to_thread(clean, self._uploads)

    def _check(self, scope: Scope) -> None:
        headers = MutableHeaders(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.trusts(headers.get(FORWARDED, host)):
            del headers[FORWARDED]  # Gradio would write it into the page's own addresses
        if not self._hosts.trusts(host):
            raise Refused(
                421,
                "This playground does not answer to that host name. Open it by its own address, or "
                "start it with --allow-host NAME.",
            )
        origin = headers.get("origin")
        foreign = (
            not is_same_origin(origin, host)
            if origin is not None
            else (headers.get("sec-fetch-site") == "cross-site" and scope["method"] not in READ)
        )
        if foreign:
            raise Refused(403, "Requests from other websites are not answered.")
        if not is_open(scope["method"], scope["path"], self._uploads, self._callers is not None):
            raise Refused(404, "Nothing is here. Open the playground at its first page.")
        if self._callers and is_api(scope["path"]):
            self._callers.check(scope)
        reader = _reader(scope)
        if reader and reader not in self._page._queue.pending_messages_per_session:
            raise Refused(404, "Nothing was asked for under this name. Reload the page.")
        if scope["method"] == "POST" and scope["path"].rstrip("/") == LOGIN:
            self._count_login(scope["client"][0] if scope.get("client") else "")

    def _count_login(self, address: str) -> None:
        now, times = monotonic(), self._logins[address]
        while times and times[0] < now - LOGIN_SECONDS:
            times.popleft()
        if len(times) >= MOST_LOGINS:
            raise Refused(
                429, f"{MOST_LOGINS} logins were tried within a minute. Try again in a minute."
            )
        times.append(now)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """What the application reads the body from, which has been checked as far as it may be."""
        path = scope["path"].rstrip("/")
        uploading = path == UPLOAD
        most = LARGEST_UPLOAD if uploading else LARGEST_EVENT
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            raise _too_large(most)
        pieces = _pieces(receive, most)
        if uploading:
            return _replay(pieces)
        content = b"".join([piece async for piece in pieces])
        if path != LOGIN and not is_api(path):
            session = await asyncio.to_thread(check_body, path, content, self._page, self._uploads)
            self._presence.expect(session)
            content = await asyncio.to_thread(completed, path, content, self._page)

        async def whole() -> AsyncIterator[bytes]:
            yield content

        return _replay(whole(), receive)

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        return sending


def _said(scope: Scope, sentence: str, status: int) -> Response:
    """A refusal, in the form in which Gradio's page and client show it."""
    if scope["method"] in READ:
        return PlainTextResponse(f"{sentence}\n", status)
    return JSONResponse({"detail": sentence, "error": sentence, "title": "Please check"}, status)


def _with_refusals(send: Send) -> Send:
    """Events that don't wait in the queue answer 500 to whatever a handler raises; what it raised
    on purpose has a title, and is a refusal.
    """
    held: list[Message] = []

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 500:
            held.append(message)
            return
        if held:
            start = held.pop()
            refused = b'"title":' in message.get("body", b"")
            await send({**start, "status": 422 if refused else 500})
        await send(message)

    return sending


def _reader(scope: Scope) -> str:
    """Who reads events by this request: a session hash, or the event of a plain call."""
    if scope["path"] == DATA:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        return query.get("session_hash", [""])[0]
    result = RESULT.fullmatch(scope["path"])
    return result["event"] if result and scope["method"] == "GET" else ""


def _impatient(send: Send) -> Send:
    """A client that stopped reading would hold its place for ever."""

    async def sending(message: Message) -> None:
        await asyncio.wait_for(send(message), BODY_PATIENCE)

    return sending


async def _pieces(receive: Receive, most: int) -> AsyncIterator[bytes]:
    """The body's pieces. Raises Refused where it is too large, too slow, or breaks off."""
    total, more = 0, True
    while more:
        try:
            message = await asyncio.wait_for(receive(), BODY_PATIENCE)
        except TimeoutError as error:
            raise Refused(408, "The request came too slowly. Send it again.") from error
        if message["type"] == "http.disconnect":
            raise Refused(400, "The request broke off.")
        body: bytes = message.get("body", b"")
        total, more = total + len(body), message.get("more_body", False)
        if total > most:
            raise _too_large(most)
        yield body


def _replay(pieces: AsyncIterator[bytes], after: Receive | None = None) -> Receive:
    """A `receive` that gives these pieces; then what `after` says, which is a disconnect."""

    async def receiving() -> Message:
        async for body in pieces:
            return {"type": "http.request", "body": body, "more_body": True}
        if after and receiving.ended:  # type: ignore[attr-defined]
            return await after()
        receiving.ended = True  # type: ignore[attr-defined]
        return {"type": "http.request", "body": b"", "more_body": False}

    receiving.ended = False  # type: ignore[attr-defined]
    return receiving


def _too_large(most: int) -> Refused:
    return Refused(413, f"The request is larger than {most / 1e6:g} MB. Send less at a time.")
