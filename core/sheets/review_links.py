"""Links to the review of a sheet for those to whom it does not belong, where users log in.

A link is an unguessable word. A table next to the users' folders says which sheet it means, and
only as long as that sheet has the same word in its own folder.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from pathlib import Path

from core.errors import InvalidInput, reason
from core.sessions.data_folder import read_regular, write_atomically
from core.sheets.store import SheetStore

MARK = "~"  # begins a link; no key of a sheet does
LINK = re.compile(r"~[\w-]{32}", re.ASCII)
FILE = "review-link"  # in a sheet's folder
LARGEST = 1_000  # bytes


class ReviewLinks:
    """folder: of the table. Safe to use from many threads. Methods raise InvalidInput."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def link_to(self, store: SheetStore, key: str) -> str:
        """Always the same of a sheet."""
        with self._lock:
            try:
                link = self._link_of(store, key)
                if not link:
                    link = MARK + secrets.token_urlsafe(24)
                    store.keep_text(key, FILE, link)
                if self._meant(link) != (store.owner, key):  # a new one, or it was undeleted
                    entry = json.dumps({"owner": store.owner, "sheet": key})
                    write_atomically(self._folder / f"{link[1:]}.json", entry)
            except OSError as error:
                raise InvalidInput(f"The link was not saved: {reason(error)} Try again.") from error
            return link

    def owner_of(self, link: str) -> tuple[str, str]:
        """The login name of the owner, and the sheet's key; `check` is still to be asked."""
        if LINK.fullmatch(link) and (found := self._meant(link)):
            return found
        raise _gone()

    def check(self, link: str, store: SheetStore, key: str) -> None:
        """Whether the sheet is still the one that the link was made for."""
        if not secrets.compare_digest(self._link_of(store, key), link):
            raise _gone()

    def _meant(self, link: str) -> tuple[str, str] | None:
        try:
            said = json.loads(read_regular(self._folder / f"{link[1:]}.json", LARGEST))
            return str(said["owner"]), str(said["sheet"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _link_of(self, store: SheetStore, key: str) -> str:
        """Empty where it has none yet."""
        try:
            link = read_regular(store.path(key) / FILE, LARGEST).decode("ascii", "replace")
        except (OSError, InvalidInput):
            return ""
        return link if LINK.fullmatch(link) else ""


def _gone() -> InvalidInput:
    return InvalidInput("This link no longer opens a review. Ask for a new one.")
