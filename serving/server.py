"""Serves a page: Gradio's application behind the guard, run by uvicorn."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route

from serving.completions.routes import Completions
from serving.guard import Guard
from serving.hosts import EVERY_ADDRESS, Hosts, is_loopback
from serving.presence import Presence
from serving.scripts import ADDRESS, Scripts, WithScripts
from serving.upload_store import clean, os_error_response
from serving.users import Users

LARGEST_FILE = "20mb"
SLOTS = 160  # events that Gradio handles at a time: more than there can be runs
SESSIONS = 500  # whose state Gradio keeps, about 300 KB each; an older one begins anew
# Seconds after which Gradio looks for new events, and for progress, which no event of the page
# tells. Its own 0.001 and 0.01 take 4% of a core from an idle server (these: 1%), and Python's
# lock from the model a thousand times a second.
EVENT_WAIT, PROGRESS_WAIT = 0.01, 1.0
COMPRESSION = 6  # of 1 to 9: the page takes 5 ms and a twelfth of its size; 9 saves 1% more
FIRST_PORT, PORTS = 7860, 100
FAREWELL = 2  # seconds that open connections have when the server ends
LOGIN_WORDS = "Log in to LFM Playground."


@dataclass(frozen=True)
class Serving:
    """How a page is served.

    port: None for the first free one from 7860. names: host names that are trusted, next to the
    address. users: None where nobody logs in. ancestors: pages that may show this one in a frame,
    as in CSP's frame-ancestors. behind_proxy: whether `X-Forwarded-For` says who asks. presence: of
    the clients; the page asks it. look: Gradio's theme, css, head and js. scripts: the page's own.
    api: whether programs may call. key: the one that they need; empty: only those on this machine
    may call /v1, and none where users log in.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    names: Collection[str] = ()
    users: Users | None = None
    ancestors: str = "'self'"
    behind_proxy: bool = False
    presence: Presence = field(default_factory=Presence)
    look: dict[str, Any] = field(default_factory=dict[str, Any])
    scripts: Scripts = field(default_factory=Scripts)
    api: bool = True
    key: str = field(default="", repr=False)

    @property
    def is_private(self) -> bool:
        """Whether only users who log in, or people at this machine, can reach the page."""
        alone = is_loopback(self.host) and not self.names and not self.behind_proxy
        return self.users is not None or alone


class Server:
    """Listens from the beginning; answers while `run` runs, or after `start` until `close`."""

    def __init__(
        self, page: gr.Blocks, serving: Serving, completions: Completions | None = None
    ) -> None:
        """completions: None where programs may not call. Raises OSError with a sentence where no
        port is free.
        """
        self._socket = _bound(serving.host, serving.port)
        name = "localhost" if serving.host in EVERY_ADDRESS else serving.host
        port = self._socket.getsockname()[1]
        self.url = f"http://{f'[{name}]' if ':' in name else name}:{port}/"
        config = uvicorn.Config(
            _application(page, serving, completions),
            log_level="warning",
            timeout_graceful_shutdown=FAREWELL,
            proxy_headers=serving.behind_proxy,
            forwarded_allow_ips="*" if serving.behind_proxy else None,
            server_header=False,
            ws="none",
        )
        logging.getLogger("uvicorn.error").addFilter(_is_no_farewell)
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Answer until a signal ends it."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Answer in a thread of its own."""
        self._thread = threading.Thread(target=self.run, daemon=True, name="server")
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        if self._thread:
            self._thread.join(timeout=2 * FAREWELL + 5)


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """Whether it isn't one of the streams that are cut off when the server ends: no crash."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _application(
    page: gr.Blocks, serving: Serving, completions: Completions | None = None
) -> FastAPI:
    page.max_threads = page._queue.max_thread_count = (
        SLOTS  # launch() has a parameter, mounting none
    )
    page.state_session_capacity = SESSIONS
    page._queue.sleep_when_free = EVENT_WAIT
    page._queue.progress_update_sleep_when_free = PROGRESS_WAIT
    uploads = get_upload_folder()
    clean(uploads)
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    application.routes.append(Route(ADDRESS, serving.scripts.answer))
    application.routes.extend(completions.routes if completions else [])
    gr.mount_gradio_app(
        application,
        page,
        "/",
        auth=serving.users.allows if serving.users else None,
        auth_message=LOGIN_WORDS if serving.users else None,
        max_file_size=LARGEST_FILE,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        **serving.look,
    )
    for route in application.routes:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            route.app.add_exception_handler(OSError, os_error_response)
            # The innermost one: what lies around it may compress the page.
            route.app.user_middleware.append(Middleware(WithScripts, scripts=serving.scripts))
    application.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=COMPRESSION)
    application.add_middleware(
        Guard,
        page=page,
        hosts=Hosts(serving.host, serving.names),
        presence=serving.presence,
        uploads=uploads,
        ancestors=serving.ancestors,
        callers=completions.callers if completions else None,
    )
    return application


def _bound(host: str, port: int | None) -> socket.socket:
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    ports = range(FIRST_PORT, FIRST_PORT + PORTS) if port is None else [port]
    reason: OSError | None = None
    for number in ports:
        listening = socket.socket(kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host.strip("[]"), number))
            listening.listen(128)
            return listening
        except OSError as error:
            listening.close()
            reason = error
    tried = str(port) if port is not None else f"{ports[0]} to {ports[-1]}"
    raise OSError(f"Can't listen on {host} at port {tried}: {reason}.") from reason
