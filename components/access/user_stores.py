"""Saved presets and sessions on the server, in a folder for each user."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from components.access.visitors import current_user
from components.uploads import upload_folder
from core.library.library import Library
from core.library.own_presets import OwnPresets, with_own
from core.sessions.session_store import SessionStore
from core.sheets.review_links import ReviewLinks
from core.sheets.store import SheetStore


class UserStores:
    """The stores of the user who sent the current event.

    data: the folder of saved work. Without logins everything is kept there, else in `users/NAME`.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._presets_of = cache(lambda user: OwnPresets(self._folder(user) / "presets"))
        self._sessions_of = cache(
            lambda user: SessionStore(self._folder(user) / "sessions", [upload_folder()])
        )
        self.review_links = ReviewLinks(data / "review-links")
        self._sheets_of = cache(
            lambda user: SheetStore(self._folder(user) / "sheets", user, [upload_folder()])
        )

    @property
    def presets(self) -> OwnPresets:
        return self._presets_of(current_user())

    @property
    def sessions(self) -> SessionStore:
        return self._sessions_of(current_user())

    @property
    def sheets(self) -> SheetStore:
        return self._sheets_of(current_user())

    def library(self, shipped: Library) -> Library:
        """`shipped` with this user's own presets, as they are now. Read once per event."""
        return with_own(shipped, self.presets)

    def sheets_of(self, user: str) -> SheetStore:
        """Those of another user, for what that one has shared."""
        return self._sheets_of(user)

    def library_of(self, shipped: Library, user: str) -> Library:
        """The same with the presets of another user."""
        return with_own(shipped, self._presets_of(user))

    def _folder(self, user: str) -> Path:
        return self._data / "users" / user if user else self._data
