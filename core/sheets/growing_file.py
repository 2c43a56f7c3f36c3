"""A file that only grows: a line is on the disk before it counts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import InvalidInput, reason

LONGEST_LINE = 16 * 2**20  # bytes


class GrowingFile:
    """For one thread at a time; one process at a time writes to it. what: a line, in words, as in
    "The answer". full: the sentence where it would have more bytes than `largest`.
    """

    def __init__(self, path: Path, largest: int, what: str, full: str) -> None:
        self.path = path
        self._largest = largest
        self._what = what
        self._full = full
        self._file: BinaryIO | None = None

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
        """Returns when it is on the disk. Raises InvalidInput with what the disk said; what was
        there stays.
        """
        content = line.encode("utf-8", "replace")
        try:
            file = self._file or self._opened()
            size = os.fstat(file.fileno()).st_size
            try:
                if size + len(content) > self._largest:
                    raise InvalidInput(self._full)
                file.write(content)
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise
        except OSError as error:
            raise InvalidInput(
                f"{self._what} was not written: {reason(error)} Those before it are still there."
            ) from error

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _opened(self) -> BinaryIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = open(self.path, "a+b", buffering=0)  # noqa: SIM115, `close` closes it
        if size := file.seek(0, os.SEEK_END):
            file.seek(size - 1)
            if file.read(1) != b"\n":  # a line that was cut
                file.write(b"\n")
        self._file = file
        return file
