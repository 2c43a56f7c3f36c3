"""What the page asks of the servers whose models lanes can choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_SERVERS = 16
LONGEST_URL = 2_000  # characters
LONGEST_NAME = 40
LONGEST_KEY = 4_096


@dataclass(frozen=True, slots=True)
class ServerDescription:
    """kind: which server it is, such as vLLM; empty before it has answered. models: their ids
    there. trouble: why it may not answer now; empty where it does. Its key is told nobody.
    """

    name: str
    url: str
    kind: str
    models: tuple[str, ...]
    trouble: str


class Servers(Protocol):
    """Known until the process ends. All may be called from several threads at once."""

    def listed(self) -> Sequence[ServerDescription]: ...

    def add(self, url: str, name: str, key: str, inner: bool) -> ServerDescription:
        """Asks a server what it is, which takes seconds, and keeps it.

        name: empty for its host and port. inner: whether it may be on this machine or in an inner
        network. Raises InvalidInput for an address, name or key that can't be used, and where it
        can't be reached; never with the key.
        """
        ...

    def remove(self, name: str) -> None:
        """Answers that it gives are read to their end. Raises InvalidInput for an unknown name."""
        ...
