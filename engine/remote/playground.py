"""Another LFM Playground: it takes all that a lane has, and says so itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.completions.openai_body import UrlOf
from core.completions.sending import chat_body, events_of
from core.runs.events import Event
from core.workspace import Request
from engine.remote.kind import CHAT, Ids, Kind, at, ids_of
from engine.remote.remote_server import RemoteServer


class PlaygroundReader:
    def __init__(self, server: str) -> None:
        self._server = server

    def read(self, chunk: Any, seconds: float) -> Iterator[Event]:
        return events_of(chunk, self._server, seconds)


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    """It tells them with an answer, here of one token."""
    body = {**chat_body(request, model, url_of), "max_tokens": 1, "stream": False}
    del body["stream_options"]
    with server.post(CHAT, body) as answer:
        return ids_of(at(answer.json(), "prompt_token_ids"), server)


PLAYGROUND = Kind(
    name="LFM Playground", body=chat_body, reader=PlaygroundReader, prompt_ids=prompt_ids,
    draws_alike=True,
)  # fmt: skip
