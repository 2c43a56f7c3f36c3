"""Who may do what: a visitor, and what a demo allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import InvalidInput
from core.workspace import Request

DEMO_TOKENS = 256
DEMO_SECONDS = 60.0  # of a run, its wait included
DEMO_IMAGES = 4  # of a prompt


@dataclass(frozen=True, slots=True)
class Access:
    """How a server is open. demo: to strangers, with bounded answers and nothing that is kept.

    owners: login names of those who may load models; None where nobody logs in, so that everybody
    may. A demo has no owners. private: whether owners are known, by their login or because they
    are at this machine; else they name no server of an inner network.
    """

    demo: bool = False
    owners: frozenset[str] | None = None
    private: bool = True

    def owns(self, user: str) -> bool:
        return not self.demo and (self.owners is None or user in self.owners)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent an event.

    page: one visit of one browser tab or API client, which no other user can name. address: of the
    other end of the connection. user: the login name, empty without one. demo: whether the page is
    a demo. owner: whether models may be loaded. private: as of `Access`.
    """

    page: str = ""
    address: str = ""
    user: str = ""
    demo: bool = False
    owner: bool = True
    private: bool = True

    @property
    def seconds(self) -> float | None:
        """The longest that a run may take; None: no end."""
        return DEMO_SECONDS if self.demo else None

    def bound(self, requests: Sequence[Request]) -> tuple[Request, ...]:
        """The requests as they may run. Raises InvalidInput for more images than a demo answers."""
        return tuple(_bound(one) for one in requests) if self.demo else tuple(requests)

    def refuse_in_demo(self, what: str) -> None:
        """Raises InvalidInput on a demo page; `what` would touch what other visitors use."""
        if self.demo:
            raise InvalidInput(f"This is a demo, so {what}. Run your own playground to do that.")

    def must_own(self, what: str) -> None:
        """Raises InvalidInput for those who may not load models."""
        self.refuse_in_demo(what)
        if not self.owner:
            raise InvalidInput(
                f"Only owners of this playground can load models, so {what}. Ask one of them, or "
                "choose a model that is already loaded."
            )


def _bound(request: Request) -> Request:
    if (count := len(request.conversation.images)) > DEMO_IMAGES:
        raise InvalidInput(
            f"The messages have {count} images, and this demo reads at most {DEMO_IMAGES}. "
            "Remove some."
        )
    length = min(request.params.max_new_tokens, DEMO_TOKENS)
    return replace(request, params=replace(request.params, max_new_tokens=length))
