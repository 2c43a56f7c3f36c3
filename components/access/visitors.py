"""Who sent an event, what they may do, and whether they are still connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import gradio as gr
from gradio.context import LocalContext

from core.access.access import Access, Visitor
from core.access.run_gate import VERIFICATIONS, RunGate, most_runs

META = '<meta name="playground-demo" content="1">'  # demo_address.js looks for it


class Visitors:
    """The visitors of one server. A page opened with `?demo=1` is a demo on any server.

    is_connected: whether the client with a session hash is still connected. runs: what all runs of
    the server pass; None: one for the page alone.
    """

    def __init__(
        self, access: Access, is_connected: Callable[[str], bool], runs: RunGate | None = None
    ) -> None:
        self._access = access
        self._is_connected = is_connected
        self._demo_pages: set[str] = set()
        most = most_runs(access)
        self.runs = runs or RunGate(most)
        verifications = (
            VERIFICATIONS if most.each_address else replace(VERIFICATIONS, each_address=0)
        )
        self.verifications = RunGate(verifications, "verifications")

    def of(self, request: gr.Request) -> Visitor:
        user, page = request.username or "", page_of(request)
        return Visitor(
            page=page,
            address=request.client.host if request.client else "",
            user=user,
            demo=self._access.demo or page in self._demo_pages,
            owner=self._access.owns(user),
            private=self._access.private,
        )

    def open(self, request: gr.Request) -> Visitor:
        """A page was opened."""
        if request.query_params.get("demo") == "1":
            self._demo_pages.add(page_of(request))
        return self.of(request)

    def current(self) -> Visitor | None:
        """The sender of the current event; None outside of one."""
        request = LocalContext.request.get(None)
        return self.of(request) if isinstance(request, gr.Request) else None

    def is_demo(self) -> bool:
        """Whether the sender of the current event looks at a demo."""
        visitor = self.current()
        return visitor is not None and visitor.demo

    def leave(self, request: gr.Request) -> None:
        self._demo_pages.discard(page_of(request))

    def still(self, request: gr.Request) -> Callable[[], bool]:
        """A function that returns whether the sender of this event is still connected."""
        session = request.session_hash or ""
        return lambda: self._is_connected(session)


def page_of(request: gr.Request) -> str:
    """One visit of one tab; the user is part of it, because a browser chooses its session hash."""
    return f"{request.username or ''}/{request.session_hash or ''}"


def current_user() -> str:
    """The login name of the sender of the current event; empty without one."""
    request = LocalContext.request.get(None)
    return (request.username if isinstance(request, gr.Request) else None) or ""
