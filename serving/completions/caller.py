"""Who may call /v1: whoever has the key; without one, only programs on this machine."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

from core.completions.body import NotAnswered
from serving.hosts import LOOPBACK_NAMES, host_name

SHORTEST_KEY = 16  # characters, as nothing else bounds how many may be tried
FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
NO_KEY = "This playground has no key for programs, so only those on its own machine may call /v1."


class Callers:
    """key: empty for none. local: whether this machine may call where there is none."""

    def __init__(self, key: str = "", local: bool = True) -> None:
        """Raises ValueError with a sentence for a key that can't be used."""
        if key and (len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable()):
            raise ValueError(
                f"The key has {len(key)} characters; it must have at least {SHORTEST_KEY} "
                "ASCII characters. "
                '`python -c "import secrets; print(secrets.token_urlsafe())"` makes one.'
            )
        self._key = key.encode()
        self._local = local

    def check(self, scope: Mapping[str, Any]) -> None:
        """Raises NotAnswered for a caller who may not."""
        headers = Headers(raw=scope["headers"])
        if not self._key:
            if not self._local or not _is_local(scope, headers):
                raise NotAnswered(f"{NO_KEY} Its owner can start it with --api-key.", 403)
            return
        kind, _, given = headers.get("authorization", "").partition(" ")
        right = secrets.compare_digest(given.strip().encode("utf-8", "replace"), self._key)
        if kind.lower() != "bearer" or not right:
            raise NotAnswered(
                "The key is missing or wrong. Send the playground's --api-key as "
                "`Authorization: Bearer KEY`.",
                401, "invalid_api_key",
            )  # fmt: skip


def _is_local(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Whether the other end is on this machine, and is no proxy for somebody else."""
    address = (scope.get("client") or ("",))[0]
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
    named = host_name(headers.get("host", "")) in LOOPBACK_NAMES
    return loopback and named and not any(name in headers for name in FORWARDING)
