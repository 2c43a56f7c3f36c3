"""A small Hub on this machine: one model to download, one gated, one slow, nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "a" * 40
CHUNK = 20_000
SECONDS_PER_CHUNK = 0.05


def _handler(folder: Path, stopping: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, format: str, *args: object) -> None:
            return None

        def _answer(self, body: bool) -> None:
            path = self.path.partition("?")[0]
            if "/gated" in path:
                return self._refuse(403, "GatedRepo")
            for name in ("tiny/model", "tiny/slow"):
                if path == f"/api/models/{name}/revision/main":
                    return self._json({"id": name, "sha": COMMIT, "siblings": []})
                if path == f"/api/models/{name}/tree/{COMMIT}":
                    return self._json([self._entry(file) for file in sorted(folder.iterdir())])
                if path.startswith(f"/{name}/resolve/{COMMIT}/"):
                    return self._file(folder / path.rsplit("/", 1)[1], body, slow="slow" in name)
            return self._refuse(404, "RepoNotFound")

        def _entry(self, file: Path) -> dict[str, object]:
            return {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0" * 40}

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _json(self, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _file(self, file: Path, body: bool, slow: bool) -> None:
            data = file.read_bytes()
            self.send_response(200)
            self.send_header("ETag", f'"{file.name}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            for start in range(0, len(data) if body else 0, CHUNK):
                if slow and stopping.wait(SECONDS_PER_CHUNK):
                    return
                try:
                    self.wfile.write(data[start : start + CHUNK])
                except OSError:  # the reader has gone
                    return

    return Hub


@contextmanager
def hub(folder: Path) -> Iterator[str]:
    """Serves the files of `folder` as tiny/model, and slowly as tiny/slow; yields the address."""
    stopping = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, stopping))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
