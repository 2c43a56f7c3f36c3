"""Sends the answer of one call, as a stream of chunks or whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Send

from core.completions.answer import Choice, Delta
from core.completions.asked import Asked
from core.completions.body import NotAnswered, error_body
from core.completions.forms import Form
from core.runs.engine import EventStream
from core.runs.events import Event, Finished

PAUSE = 0.01  # seconds between looks at the events: a third of a fast step on a CPU
DONE = b"data: [DONE]\n\n"
WAITING = b": waiting\n\n"  # a comment, which clients leave out
COMMENT_SECONDS = 10.0  # without anything else: proxies cut silent connections
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]  # fmt: skip


class Answering:
    """seconds: the longest that it may take, its wait included; None: no end."""

    def __init__(
        self, stream: EventStream, asked: Asked, seconds: float | None, receive: Receive, send: Send
    ) -> None:
        self._stream = stream
        self._asked = asked
        self._seconds = seconds
        self._receive = receive
        self._send = send
        self._form = Form(asked)
        self._choices = [Choice(asked, place) for place in range(len(asked.requests))]
        self._begun = False  # whether a part of the answer was sent
        self._named: set[int] = set()  # choices that something was sent of
        self._said_at = monotonic()

    async def run(self) -> None:
        """Returns when all is sent, or the client has gone: then its rows leave the batch.

        Raises NotAnswered where it fails before anything was sent.
        """
        gone = asyncio.create_task(self._hung_up())
        try:
            with suppress(TimeoutError):  # the client stopped reading
                await (self._streamed if self._asked.stream else self._whole)(gone)
        finally:
            self._stream.close()
            gone.cancel()

    async def _hung_up(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _whole(self, gone: asyncio.Task[None]) -> None:
        deltas = [Delta() for _ in self._choices]
        async for news in self._news(gone):
            for choice, delta in news:
                deltas[choice.place] += delta
                if choice.failure:
                    raise _failed(choice)
        if not gone.done():
            whole = JSONResponse(self._form.whole(self._choices, deltas))
            await whole({"type": "http"}, self._receive, self._send)

    async def _streamed(self, gone: asyncio.Task[None]) -> None:
        async for news in self._news(gone):
            lines: list[bytes] = []
            for choice, delta in news:
                if choice.failure:
                    if not self._begun:
                        raise _failed(choice)
                    await self._say(*lines, _line(error_body(_failed(choice))), end=True)
                    return
                lines += self._chunks(choice, delta)
            if lines or (news and not self._begun):  # in the queue it has begun, too
                await self._say(*lines)
            elif self._begun and monotonic() - self._said_at > COMMENT_SECONDS:
                await self._say(WAITING)
        if not gone.done():
            last = [_line(self._form.last_chunk(self._choices))] * self._asked.include_usage
            await self._say(*last, end=True)

    def _chunks(self, choice: Choice, delta: Delta) -> list[bytes]:
        """The first one of a chat comes before its text: clients wait for the role."""
        lines: list[bytes] = []
        if choice.started and self._asked.chat and self._is_first(choice):
            lines.append(_line(self._form.chunk(choice, Delta(), first=True)))
        last = Delta(finish_reason=delta.finish_reason, ended_by=delta.ended_by)
        news = replace(delta, finish_reason="", ended_by="")
        if self._asked.token_ids and last != Delta() and not delta.tokens:
            last, news = delta, Delta()  # its text was held back: it is no token's own
        if news != Delta() and self._tells(news):
            lines.append(_line(self._form.chunk(choice, news, self._is_first(choice))))
        if last.finish_reason:
            lines.append(_line(self._form.chunk(choice, last, self._is_first(choice))))
        return lines

    def _is_first(self, choice: Choice) -> bool:
        """Whether nothing was sent of it; from now on something was."""
        told = choice.place in self._named
        self._named.add(choice.place)
        return not told

    def _tells(self, delta: Delta) -> bool:
        """Whether there is anything to see in it."""
        shows = delta.text or delta.thought or delta.calls
        return bool(shows or self._asked.logprobs or self._asked.token_ids)

    async def _say(self, *lines: bytes, end: bool = False) -> None:
        if not self._begun:
            self._begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        body = b"".join((*lines, *([DONE] if end else [])))
        await self._send({"type": "http.response.body", "body": body, "more_body": not end})
        self._said_at = monotonic()

    async def _news(self, gone: asyncio.Task[None]) -> AsyncIterator[list[tuple[Choice, Delta]]]:
        """What is new, again and again until all have ended or the client has gone; often nothing.

        No thread waits meanwhile: there may be more calls than threads.
        """
        began, starting = monotonic(), asyncio.create_task(asyncio.to_thread(self._stream.start))
        ended = False
        while not ended and not gone.done():
            await asyncio.sleep(PAUSE)
            events: list[tuple[str, Event]] = []
            if starting.done():
                starting.result()  # a bug in it is raised here
                events, ended = self._stream.drain()
            if self._seconds is not None and monotonic() - began > self._seconds:
                late = Finished("time_limit", "", monotonic() - began)
                events += [(choice.request.lane, late) for choice in self._choices]
                ended = True
            yield self._taken(events)

    def _taken(self, events: Sequence[tuple[str, Event]]) -> list[tuple[Choice, Delta]]:
        of_lane: dict[str, list[Event]] = {}
        for lane, event in events:
            of_lane.setdefault(lane, []).append(event)
        return [
            (choice, choice.take(of_lane[choice.request.lane]))
            for choice in self._choices
            if choice.request.lane in of_lane and not choice.ended
        ]


def _failed(choice: Choice) -> NotAnswered:
    """Clients send again what has failed with 500, so that is only for what may go well then: not
    for a prompt that can't be built, nor for a constraint that can't be followed.
    """
    request = choice.request
    held = request.constraint is not None or request.tool_choice != "auto"
    return NotAnswered(choice.failure, 500 if choice.started and not held else 400)


def _line(value: dict[str, Any]) -> bytes:
    """ASCII, as some clients take other separators of lines than the protocol's for ends."""
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
