"""The servers whose models lanes can choose: named at the start, or added on the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

from core.errors import InvalidInput
from core.runs.servers import MOST_SERVERS, ServerDescription
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer, named_server


class RemoteServers:
    """Implements `core.runs.servers.Servers`. Iterating gives those known now."""

    def __init__(self, engines: Sequence[RemoteEngine] = ()) -> None:
        self._engines = tuple(engines)
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def __iter__(self) -> Iterator[RemoteEngine]:
        return iter(self._engines)

    def __bool__(self) -> bool:
        return bool(self._engines)

    def listed(self) -> tuple[ServerDescription, ...]:
        return tuple(engine.server for engine in self._engines)

    def add(self, url: str, name: str, key: str, inner: bool) -> ServerDescription:
        server = RemoteServer(url.strip(), key.strip(), name.strip(), inner=inner)
        self._check_room(server.name)
        if not self._asking.acquire(blocking=False):
            raise InvalidInput("Another server is being asked. Wait until it has answered.")
        try:
            engine = RemoteEngine(server)
            engine.ask()
        finally:
            self._asking.release()
        if engine.trouble:
            raise InvalidInput(engine.trouble[0])
        with self._lock:
            self._check_room(server.name)
            self._engines = (*self._engines, engine)
        return engine.server

    def remove(self, name: str) -> None:
        with self._lock:
            left = tuple(one for one in self._engines if one.server.name != name)
            if len(left) == len(self._engines):
                raise InvalidInput(f"The server {name!r} no longer exists. Reload the page.")
            self._engines = left

    def _check_room(self, name: str) -> None:
        """Raises InvalidInput."""
        if any(name == one.server.name for one in self._engines):
            raise InvalidInput(
                f"There is already a server named {name}. Enter another name, or remove that one."
            )
        if len(self._engines) >= MOST_SERVERS:
            raise InvalidInput(
                f"There are {len(self._engines)} servers; the limit is {MOST_SERVERS}. Remove one."
            )


def named_servers(named: Sequence[str] | None, variables: Mapping[str, str]) -> RemoteServers:
    """Those that flags name, or else the environment.

    Raises InvalidInput for an address that is none, and for a key that is missing.
    """
    known = dict.fromkeys(named or variables.get("LFM_SERVERS", "").split())
    return RemoteServers([RemoteEngine(named_server(one, variables)) for one in known])
