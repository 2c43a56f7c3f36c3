"""Which network addresses a server may have that a person names on the page.

Checked for all addresses of its name before it is called, and again for the one that a call has
reached: a name may lead elsewhere the next time (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
CONNECTED = "connection.connect_tcp.complete"  # of httpcore's traces
LAST_32 = 2**32 - 1


def check_host(host: str, inner: bool) -> None:
    """inner: whether this machine and inner networks are allowed. Raises InvalidInput."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InvalidInput(
            f"No address is known for {host}. Check the spelling of the server's host."
        ) from error
    for *_, address in found:
        check_address(str(address[0]), inner)


def check_address(text: str, inner: bool) -> None:
    """text: an IP address, with or without a zone. Raises InvalidInput."""
    address = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise InvalidInput(
            f"The server's address {address} can't be used: link-local, multicast and unspecified "
            "addresses are never called. Name another one."
        )
    if not (inner or address.is_global):
        raise InvalidInput(
            f"The server's address {address} is in a private network, and everybody who reaches "
            "this page may add servers. Start the playground with --server for this one, or with "
            "--auth, so that only owners add servers."
        )


def checking(inner: bool) -> Callable[[str, Mapping[str, Any]], None]:
    """A trace for httpx: ends a connection to a forbidden address before anything is sent."""

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event == CONNECTED:
            stream = info["return_value"]
            try:
                check_address(stream.get_extra_info("server_addr")[0], inner)
            except InvalidInput:
                stream.close()
                raise

    return trace


def _meant(address: Address) -> Address:
    """The IPv4 address that one of IPv6 stands for, else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & LAST_32)
    return address.ipv4_mapped or address.sixtofour or address
