"""Users and their hashed passwords, one a line: `name:role:salt:hash`.

The hash is scrypt (RFC 7914) with n = 2**14, r = 8, p = 1; salt and hash are in base64.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import getpass
import hashlib
import os
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")  # each user's folder has this name
ROLES = ("owner", "user")
SHORTEST_PASSWORD = 8
USAGE = "usage: python dev.py user NAME [--owner]"


class BadUsers(ValueError):
    """The entries can't be read; the message is a sentence with the line."""


@dataclass(frozen=True, slots=True)
class User:
    owner: bool
    salt: bytes
    digest: bytes


class Users:
    """The users of one server. `allows` is what Gradio's login page asks."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users

    @property
    def owners(self) -> frozenset[str]:
        return frozenset(name for name, user in self._users.items() if user.owner)

    async def allows(self, name: str, password: str) -> bool:
        """Takes as long for an unknown name as for a wrong password."""
        user = self._users.get(name)
        salt = user.salt if user else b"nobody has this"
        digest = await asyncio.to_thread(_digest, password[:1000], salt)
        return user is not None and secrets.compare_digest(digest, user.digest)


def read_users(given: str) -> Users:
    """given: the path of a file, or the entries themselves, as the secret of a Space holds them.

    Raises BadUsers.
    """
    text = given
    if ":" not in given or "\n" not in given and Path(given).is_file():
        try:
            text = Path(given).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadUsers(f"The users file {given} can't be read: {error}.") from error
    users: dict[str, User] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            name, user = _entry(line.strip(), number)
            if name in users:
                raise BadUsers(f"Line {number} of the users repeats {name}. Keep one line.")
            users[name] = user
    if not users:
        raise BadUsers(f"No users were given. Make an entry with `{USAGE.partition(' ')[2]}`.")
    return Users(users)


def entry_of(name: str, password: str, owner: bool) -> str:
    """A line for the file of users. Raises BadUsers for a name or password that can't be used."""
    if not NAME.fullmatch(name):
        raise BadUsers(
            f"The name {name!r} can't be used. Use up to 32 lower-case letters a-z, digits, "
            "hyphens and underscores, beginning with a letter or digit."
        )
    if len(password) < SHORTEST_PASSWORD:
        raise BadUsers(
            f"The password has {len(password)} characters; use at least {SHORTEST_PASSWORD}."
        )
    salt = os.urandom(16)
    coded = (base64.b64encode(part).decode() for part in (salt, _digest(password, salt)))
    return ":".join((name, ROLES[not owner], *coded))


def _entry(line: str, number: int) -> tuple[str, User]:
    name, role, *coded = line.split(":")[:5] if line.count(":") == 3 else ("", "")
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in coded)
    except (ValueError, binascii.Error):
        salt = digest = b""
    if not NAME.fullmatch(name) or role not in ROLES or len(digest) != 32:
        raise BadUsers(
            f"Line {number} of the users is not an entry. Make one with "
            f"`{USAGE.removeprefix('usage: ')}`."
        )
    return name, User(role == "owner", salt, digest)


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(errors="replace"), salt=salt, n=2**14, r=8, p=1, dklen=32)


def main() -> None:
    """Ask for a password and print the entry; the questions go to the terminal."""
    names = [flag for flag in sys.argv[1:] if flag != "--owner"]
    if len(names) != 1:
        sys.exit(USAGE)
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        sys.exit("The two passwords differ. Nothing was made.")
    try:
        print(entry_of(names[0], password, "--owner" in sys.argv))
    except BadUsers as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
