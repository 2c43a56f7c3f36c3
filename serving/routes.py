"""The routes of Gradio that the page and its API use; all others are closed.

Gradio has more: a proxy, links that keep a session's state, streams, statistics, an editor.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from core.access.file_access import is_named_inside

READ = ("GET", "HEAD")
API = "/gradio_api"
JOIN, CANCEL, COMPONENT = f"{API}/queue/join", f"{API}/cancel", f"{API}/component_server"
RUN = re.compile(rf"{API}/run/\w+/?")  # events that don't wait in Gradio's queue
DATA, UPLOAD, LOGIN = f"{API}/queue/data", f"{API}/upload", "/login"
CALL = re.compile(rf"{API}/call/(?P<name>\w+)/?")
RESULT = re.compile(rf"{API}/call/\w+/(?P<event>\w+)")
FILE = f"{API}/file="
MODELS = re.compile(r"/v1/models(/.+)?")
COMPLETIONS = ("/v1/chat/completions", "/v1/completions", "/v1/tokenize")
PAGES = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon(/\d+)?|logout)/?"
    r"|/(assets|static)/.+"
    r"|/scripts/[0-9a-f]+/[a-z_/]+\.(js|css)"
    rf"|{API}/(info|login_check|user|app_id|startup-events|upload_progress|queue/status)/?"
    rf"|{API}/heartbeat/[\w-]+"
)


def is_api(path: str) -> bool:
    """Whether programs call it, and it belongs to no page."""
    return path == "/v1" or path.startswith("/v1/")


def is_open(method: str, path: str, uploads: str, api: bool = True) -> bool:
    """uploads: the folder that files are served from; no other and no address on the network is.
    api: whether programs may call.
    """
    if is_api(path):
        known = MODELS.fullmatch(path) if method in READ else method == "POST" and (
            path in COMPLETIONS
        )  # fmt: skip
        return api and bool(known)
    if not api and (CALL.fullmatch(path) or RESULT.fullmatch(path)):
        return False
    if method in READ:
        if path.startswith(FILE):
            file = path.removeprefix(FILE)
            return is_named_inside(file, [Path(uploads)]) and not _is_no_file(file)
        return path == DATA or bool(PAGES.fullmatch(path) or RESULT.fullmatch(path))
    if method != "POST":
        return False
    exact = {JOIN, CANCEL, COMPONENT, UPLOAD, LOGIN}
    return path.rstrip("/") in exact or bool(CALL.fullmatch(path) or RUN.fullmatch(path))


def _is_no_file(path: str) -> bool:
    """Such as a pipe, which would be an error once the answer has begun; not what isn't there."""
    try:
        return not (stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.R_OK))
    except FileNotFoundError:
        return False
    except OSError:
        return True
