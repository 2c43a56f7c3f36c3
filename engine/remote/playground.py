"""Another LFM Playground: it takes all that a lane has, and says so itself."""

from __future__ import annotations

from dataclasses import replace

from core.completions.openai_body import UrlOf, playground_body
from core.completions.told_prompt import read_prompt
from core.prompt import RenderedPrompt
from core.workspace import Request
from engine.remote.answer import WHOLE_SECONDS
from engine.remote.kind import CHAT, Ids, Kind, at, ids_of
from engine.remote.remote_server import RemoteServer


def prompt_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids:
    """It tells them with an answer, here of one token."""
    body = {**playground_body(request, model, url_of), "max_tokens": 1, "stream": False}
    del body["stream_options"]
    with server.post(CHAT, body) as answer:
        return ids_of(at(answer.json(), "prompt_token_ids"), server)


def prompt(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> RenderedPrompt:
    free = replace(request, constraint=None, tool_choice="auto")
    body = {**playground_body(free, model, url_of), "stream": False}
    del body["stream_options"]
    with server.post("/v1/tokenize", body, seconds=WHOLE_SECONDS) as answer:
        return read_prompt(answer.json(), len(request.conversation.messages), server.name)


PLAYGROUND = Kind(
    name="LFM Playground", body=playground_body, prompt_ids=prompt_ids, prompt=prompt,
    draws_alike=True,
)  # fmt: skip
