"""Names that people give, as names of files, and names that are still free."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import count

LONGEST_STEM = 48
KEPT_BY_WINDOWS = re.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]")


def file_stem(name: str, otherwise: str) -> str:
    """A name as the beginning of a file name on any system: small letters, digits and dashes.

    otherwise: what stands in front of a name that can't stand alone, or in its place.
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub("[^a-z0-9]+", "-", letters)[:LONGEST_STEM].strip("-")
    return f"{otherwise}-{stem}".strip("-") if not stem or KEPT_BY_WINDOWS.fullmatch(stem) else stem


def numbered(name: str, gap: str = "-") -> Iterator[str]:
    """The name, then the same with numbers from 2, without an end."""
    yield name
    for number in count(2):
        yield f"{name}{gap}{number}"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name with the first number in brackets that makes it another one than those taken."""
    bare = re.sub(r" \(\d+\)$", "", name)
    return next(new for n in count(2) if (new := f"{bare} ({n})") not in taken)
