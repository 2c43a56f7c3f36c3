"""Another LFM Playground: it takes all that a lane has, and says so itself."""

from __future__ import annotations

from core.completions.openai_body import UrlOf, playground_body
from core.workspace import Request
from engine.remote.kind import CHAT, Ids, Kind, at, ids_of
from engine.remote.remote_server import RemoteServer


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    """It tells them with an answer, here of one token."""
    body = {**playground_body(request, model, url_of), "max_tokens": 1, "stream": False}
    del body["stream_options"]
    with server.post(CHAT, body) as answer:
        return ids_of(at(answer.json(), "prompt_token_ids"), server)


PLAYGROUND = Kind(
    name="LFM Playground", body=playground_body, prompt_ids=prompt_ids, draws_alike=True
)
