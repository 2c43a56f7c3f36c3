"""Which names a server answers to, and whether a request comes from its own page.

A browser sends the name in its address bar, so a website whose own name points here (DNS rebinding)
gives itself away; one that sends requests across does so by their origin.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    address = _address(host)
    return host == "localhost" or bool(address and address.is_loopback)


class Hosts:
    """bound: the address that is listened on. names: also trusted, as are loopback names."""

    def __init__(self, bound: str, names: Collection[str] = ()) -> None:
        self._names = {*LOOPBACK_NAMES, bound.lower(), *(name.lower() for name in names)}
        self._any_address = bound in EVERY_ADDRESS
        if self._any_address:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def trusts(self, header: str) -> bool:
        """header: the value of `Host`. An address in digits can't be a rebound name, so all are
        trusted where every address of the machine is listened on.
        """
        name = host_name(header)
        return name in self._names or (self._any_address and _address(name) is not None)


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a page at `origin` is one of the server that the request names as its host."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def host_name(header: str) -> str:
    """The name in a `Host` header, without its port; empty for a wrong one."""
    try:
        parts = urlsplit(f"//{header}")
        return (parts.hostname or "").rstrip(".") if parts.port != 0 else ""  # raises for letters
    except ValueError:
        return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None
