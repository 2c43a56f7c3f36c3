"""Demo mode: pages for visitors, where controls are folded away and nothing can be broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import gradio as gr

from core.errors import InvalidInput
from core.workspace import Request

DEMO_TOKENS = 256
META = '<meta name="playground-demo" content="1">'  # page.js looks for it


class Demo:
    """Which pages are demos: all of them (always), or those opened with `?demo=1`."""

    def __init__(self, always: bool = False) -> None:
        self.always = always
        self._pages: set[str] = set()

    def open(self, request: gr.Request) -> None:
        if request.query_params.get("demo") == "1":
            self._pages.add(request.session_hash or "")

    def leave(self, request: gr.Request) -> None:
        self._pages.discard(request.session_hash or "")

    def bound(self, request: gr.Request, asked: Sequence[Request]) -> tuple[Request, ...]:
        """The requests as they may run: on a demo page an answer has 256 tokens at most."""
        return tuple(_bound(one) for one in asked) if self.is_one(request) else tuple(asked)

    def refuse(self, request: gr.Request, what: str) -> None:
        """Raises InvalidInput on a demo page; `what` would touch what other visitors use."""
        if self.is_one(request):
            raise InvalidInput(f"This is a demo, so {what}. Open the playground without it first.")

    def is_one(self, request: gr.Request) -> bool:
        """Whether the event comes from a demo page."""
        return self.always or (request.session_hash or "") in self._pages


def _bound(request: Request) -> Request:
    length = min(request.params.max_new_tokens, DEMO_TOKENS)
    return replace(request, params=replace(request.params, max_new_tokens=length))
