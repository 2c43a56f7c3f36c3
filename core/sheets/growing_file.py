"""A file that only grows: a line is on the disk before it counts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from core.errors import InvalidInput, reason

LONGEST_LINE = 16 * 2**20  # bytes


class GrowingFile:
    """For one thread at a time; one process at a time writes to it. It is open only while it is
    written to, and its folder is never made. what: a line, in words, as in "The answer". full: the
    sentence where it would have more bytes than `largest`.
    """

    def __init__(self, path: Path, largest: int, what: str, full: str) -> None:
        self.path = path
        self._largest = largest
        self._what = what
        self._full = full
        self._closed = False

    def lines(self) -> Iterator[bytes]:
        """Those that are there; none without a file. The last one may be cut. Raises OSError."""
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise OSError("It is not a regular file")
        except FileNotFoundError:
            return
        with self.path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                yield line

    def add(self, line: str) -> None:
        """Returns when it is on the disk. Raises InvalidInput with what the disk said, and after
        `close`; what was there stays.
        """
        if self._closed:
            raise InvalidInput(
                f"{self._what} was not written: the sheet was deleted in the meantime."
            )
        content = line.encode("utf-8", "replace")
        try:
            with open(self.path, "a+b", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                if size + len(content) > self._largest:
                    raise InvalidInput(self._full)
                try:
                    _write(file, _separator(file, size) + content)
                    os.fsync(file.fileno())
                except OSError:
                    with suppress(OSError):
                        file.truncate(size)
                    raise
        except OSError as error:
            raise InvalidInput(
                f"{self._what} was not written: {reason(error)} Those before it are still there."
            ) from error

    def close(self) -> None:
        """For ever: its folder is about to be moved."""
        self._closed = True


def _separator(file: BinaryIO, size: int) -> bytes:
    """A line break after a line that was cut, as by a crash."""
    if not size:
        return b""
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"


def _write(file: BinaryIO, content: bytes) -> None:
    """All of it: a disk that is nearly full takes a part without a word."""
    while content:
        content = content[file.write(content) :]
