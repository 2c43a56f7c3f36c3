"""Huge pages for the memory that weights lie in, on Linux: a step reads all of it, and each address
is looked up in a table that has room for few. A page of 2 MB takes the place of 512.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAPS = Path("/proc/self/maps")
PAGE = 2 << 20
Range = tuple[int, int]
LEAST = 4 << 20  # bytes of a mapping that is worth it
AT_ONCE = 64 << 20  # bytes between two reports: about 0.15 seconds
# Of Linux' `asm-generic/mman-common.h`; the second one is there from Linux 6.1 on.
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25


def can_be_asked_for() -> bool:
    """Whether the system leaves the choice to programs; else it gives them to all or to none."""
    try:
        return "[madvise]" in SETTING.read_text()
    except OSError:
        return False


def use_huge_pages(step: Callable[[float], None], others: Sequence[Range] = ()) -> int:
    """Move the large private memory of this process into huge pages; how many bytes were moved.

    What is moved stays readable meanwhile. step: told the share that is done; may raise to cancel.
    others: `large_memory()` of an earlier moment, which stays as it is. 0 on another system, and
    where the kernel can't.
    """
    if not can_be_asked_for():
        return 0
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    parts = [
        (start, min(start + AT_ONCE, end))
        for low, end in large_memory()
        for start in range(low, end, AT_ONCE)
    ]
    parts = [(start, end) for start, end in parts if not _overlaps(start, end, others)]
    moved = 0
    for done, (start, end) in enumerate(parts, start=1):
        madvise(start, end - start, MADV_HUGEPAGE)
        if madvise(start, end - start, MADV_COLLAPSE) == 0:
            moved += end - start
        step(done / len(parts))
    return moved


def _overlaps(start: int, end: int, others: Sequence[Range]) -> bool:
    return any(start < high and low < end for low, high in others)


def large_memory() -> list[Range]:
    """Start and end of each large anonymous mapping, in whole huge pages; empty elsewhere."""
    return list(_mappings()) if can_be_asked_for() else []


def _mappings() -> Iterator[Range]:
    for line in MAPS.read_text().splitlines():
        addresses, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights != "rw-p" or inode != "0" or (name and name[0] != "[heap]"):
            continue
        low, high = (int(address, 16) for address in addresses.split("-"))
        start, end = -(-low // PAGE) * PAGE, high // PAGE * PAGE
        if high - low >= LEAST and end > start:
            yield start, end
