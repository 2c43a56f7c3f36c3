"""The routes below /v1: a body is read, its requests join the batch, and its answer is sent."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.access.access import Access, Visitor
from core.access.run_gate import RunGate, TooManyRuns
from core.completions.asked import Asked, model_of, read_chat, read_text
from core.completions.body import NotAnswered, read_body
from core.completions.forms import models_list
from core.completions.model_facts import model_entry
from core.completions.told_prompt import prompt_body
from core.conversation import Image
from core.errors import InvalidInput
from core.formats.data_urls import image_of
from core.runs.engine import Engine, Loading, ModelDescription
from core.workspace import Request
from serving.completions.answering import Answering
from serving.completions.caller import Callers
from serving.completions.refusal import refusal

Read = Callable[[Mapping[str, Any], ModelDescription], Asked]
Answer = Callable[[Asked, Visitor], Awaitable[None]]
LOADING = "The model is still loading. Try again in a few seconds."
NO_MODEL = "No model is loaded. Choose one on the page, then call again."


class Completions:
    """gate: the one that the page's runs pass, too."""

    def __init__(self, engine: Engine, gate: RunGate, access: Access, callers: Callers) -> None:
        self._engine = engine
        self._gate = gate
        self._access = access
        self._began = int(time.time())
        self.callers = callers

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/v1/models", self._models),
            Route("/v1/models/{name:path}", self._model),
            Route("/v1/chat/completions", _Completion(self._answer, read_chat), methods=["POST"]),
            Route("/v1/completions", _Completion(self._answer, read_text), methods=["POST"]),
            Route("/v1/tokenize", _Completion(self._tokenize, read_chat), methods=["POST"]),
        ]

    async def _models(self, _: HttpRequest) -> Response:
        return JSONResponse(models_list(self._engine.models, self._began))

    async def _model(self, request: HttpRequest) -> Response:
        try:
            found = model_of({"model": request.path_params["name"]}, self._known())
        except InvalidInput as error:
            return refusal(error)
        return JSONResponse(model_entry(found, self._began))

    def _known(self) -> Sequence[ModelDescription]:
        """At least one. Raises NotAnswered while there is none."""
        if not (models := self._engine.models):
            loading = isinstance(self._engine.starting, Loading)
            raise NotAnswered(LOADING if loading else NO_MODEL, 503)
        return models

    async def _answer(self, scope: Scope, receive: Receive, send: Send, read: Read) -> None:
        async def answer(asked: Asked, visitor: Visitor) -> None:
            # All calls of a client count as one visitor, or many would get many turns.
            stream = self._engine.stream(asked.requests, f"/{visitor.address}")
            await Answering(stream, asked, visitor.seconds, receive, send).run()

        await self._take(scope, receive, send, read, answer)

    async def _tokenize(self, scope: Scope, receive: Receive, send: Send, read: Read) -> None:
        """The prompt of a chat, without an answer."""

        async def answer(asked: Asked, _: Visitor) -> None:
            prompt = await asyncio.to_thread(self._engine.render, asked.requests[0])
            await JSONResponse(prompt_body(prompt, asked.model))(scope, receive, send)

        await self._take(scope, receive, send, read, answer)

    async def _take(
        self, scope: Scope, receive: Receive, send: Send, read: Read, answer: Answer
    ) -> None:
        content = await HttpRequest(scope, receive).body()
        try:
            asked = await asyncio.to_thread(self._read, content, read)
            address = scope["client"][0] if scope.get("client") else ""
            visitor = Visitor(f"v1/{token_hex(8)}", address, demo=self._access.demo, owner=False)
            asked = replace(asked, requests=visitor.bound(asked.requests))
            with self._gate.enter(visitor), _with_files(asked) as kept:
                await answer(kept, visitor)
        except TooManyRuns as error:
            await refusal(error, 429)(scope, receive, send)
        except InvalidInput as error:
            await refusal(error)(scope, receive, send)

    def _read(self, content: bytes, read: Read) -> Asked:
        body = read_body(content)
        return read(body, model_of(body, self._known()))


class _Completion:
    """One route, as an ASGI application."""

    def __init__(self, answered: Any, read: Read) -> None:
        self._answered = answered
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answered(scope, receive, send, self._read)


@contextmanager
def _with_files(asked: Asked) -> Iterator[Asked]:
    """With the images as files, which last as long as the context. Raises NotAnswered where the
    disk takes none.
    """
    if not any(request.conversation.images for request in asked.requests):
        yield asked
        return
    with ExitStack() as held:
        try:
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="lfm-playground-v1-"))
            requests = tuple(_kept(asked.requests, Path(folder)))
        except OSError as error:
            why = error.strerror or "an error of the disk"
            sentence = f"The images were not saved: {why}. The playground's disk may be full."
            raise NotAnswered(sentence, 507) from error
        yield replace(asked, requests=requests)


def _kept(requests: Sequence[Request], folder: Path) -> Iterator[Request]:
    """With paths of files in the place of data URLs."""
    files: dict[str, Image] = {}
    for request in requests:
        talk = request.conversation
        for image in talk.images:
            if image.path not in files:
                kind, content = image_of(image.path)
                name = f"{len(files) + 1}.{kind}"
                (folder / name).write_bytes(content)
                files[image.path] = Image(str(folder / name), name)
        messages = tuple(
            replace(turn, parts=tuple(
                files[part.path] if isinstance(part, Image) else part for part in turn.parts
            ))
            for turn in talk.messages
        )  # fmt: skip
        yield replace(request, conversation=replace(talk, messages=messages))
